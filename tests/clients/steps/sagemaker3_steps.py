"""The SageMaker Python SDK 3: a ModelTrainer whose source is uploaded, a tuner, and the resources of sagemaker-core."""

import pathlib
import tempfile

import boto3
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.parameter import ContinuousParameter
from sagemaker.core.resources import HyperParameterTuningJob, TrainingJob
from sagemaker.core.training.configs import Compute, InputData, OutputDataConfig, SourceCode
from sagemaker.train.model_trainer import ModelTrainer
from sagemaker.train.tuner import HyperparameterTuner

from common import IMAGE, METRICS, ROLE, TAGS, expect, search_expression, speed, step, until, versions

versions("sagemaker-train", "sagemaker-core", "boto3")
# Without a name of its own for the bucket the SDK asks STS for the account, at a URL that no setting changes.
BUCKET = "sagemaker-us-west-2-111122223333"
session = Session(boto3.Session(region_name="us-west-2"), default_bucket=BUCKET)
client = session.sagemaker_client
NAME, LONG = "sdk3-a", "sdk3-long"
INPUTS = [InputData(channel_name="training", data_source="s3://data/train/")]


def tuner_of(epochs, **more):
    trainer = ModelTrainer(
        training_image=IMAGE,
        role=ROLE,
        sagemaker_session=session,
        compute=Compute(instance_type="ml.p3.2xlarge", instance_count=1, volume_size_in_gb=30),
        output_data_config=OutputDataConfig(s3_output_path="s3://data/out/"),
        hyperparameters={"epochs": epochs},
        **more,
    )
    ranges = {"learning_rate": ContinuousParameter(0.0001, 0.01)}
    return HyperparameterTuner(trainer, "val_accuracy", ranges, metric_definitions=METRICS, max_jobs=2, max_parallel_jobs=2, tags=TAGS)


tuner = tuner_of(5)


def status(name=NAME):
    return client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["HyperParameterTuningJobStatus"]


def create():
    speed(10)
    tuner.tune(INPUTS, job_name=NAME, wait=False)
    expect(status(), "InProgress")


def wait():
    speed(3000)
    tuner.wait()
    expect(status(), "Completed")


def best():
    training = TrainingJob.get(tuner.best_training_job(), region="us-west-2")
    values = {metric.metric_name: metric.value for metric in training.final_metric_data_list}
    expect(values["val_accuracy"] > 0, True)


def stop():
    speed(10)
    long = tuner_of(500)
    long.tune(INPUTS, job_name=LONG, wait=False)
    long.stop_tuning_job()
    speed(3000)
    expect(until(lambda: status(LONG)), "Stopped")


def listing():
    found = HyperParameterTuningJob.get_all(name_contains="sdk3-", region="us-west-2")
    expect(sorted(job.hyper_parameter_tuning_job_name for job in found), [NAME, LONG])


def search():
    found = client.search(Resource="HyperParameterTuningJob", SearchExpression=search_expression())["Results"]
    expect({result["HyperParameterTuningJob"]["HyperParameterTuningJobName"] for result in found}, {NAME, LONG})


def tags():
    arn = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=NAME)["HyperParameterTuningJobArn"]
    expect([tag for tag in client.list_tags(ResourceArn=arn)["Tags"] if tag["Key"] == "client"], TAGS)


def attach():
    again = HyperParameterTuningJob.get(NAME, region="us-west-2")
    expect(again.best_training_job.training_job_name, tuner.best_training_job())


def analytics():
    frame = tuner.analytics().dataframe()
    expect(len(frame), 2)


def upload():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "train.py").write_text("print('train')\n")
        script = tuner_of(1, source_code=SourceCode(source_dir=folder, entry_script="train.py"))
        script.tune(INPUTS, job_name="sdk3-script", wait=False)
    found = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    expect(len(found) > 0, True)


step("create", create)
step("wait", wait)
step("best", best)
step("stop", stop)
step("list", listing)
step("search", search)
step("tags", tags)
step("re-attach", attach)
step("analytics", analytics)
step("upload", upload)
