"""The SageMaker Python SDK 2, as notebooks use it: a framework estimator whose script is uploaded, and a tuner."""

import pathlib
import tempfile

import boto3
import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.inputs import TrainingInput
from sagemaker.parameter import ContinuousParameter
from sagemaker.tensorflow import TensorFlow
from sagemaker.tuner import HyperparameterTuner

from common import IMAGE, METRICS, ROLE, TAGS, expect, search_expression, speed, step, until, versions

versions("sagemaker", "boto3")
# Without a name of its own for the bucket the SDK asks STS for the account, at a URL that no setting changes.
BUCKET = "sagemaker-us-west-2-111122223333"
session = sagemaker.Session(boto3.Session(region_name="us-west-2"), default_bucket=BUCKET)
client = session.sagemaker_client
NAME, LONG = "sdk2-a", "sdk2-long"
INPUTS = {"training": TrainingInput("s3://data/train/")}
RANGES = {"learning_rate": ContinuousParameter(0.0001, 0.01)}


def tuner_of(epochs):
    estimator = Estimator(image_uri=IMAGE, role=ROLE, instance_count=1, instance_type="ml.p3.2xlarge", output_path="s3://data/out/", sagemaker_session=session, hyperparameters={"epochs": epochs})
    return HyperparameterTuner(estimator, "val_accuracy", RANGES, metric_definitions=METRICS, max_jobs=2, max_parallel_jobs=2, tags=TAGS)


tuner = tuner_of(5)


def create():
    speed(10)
    tuner.fit(INPUTS, job_name=NAME, wait=False)
    expect(tuner.describe()["HyperParameterTuningJobStatus"], "InProgress")


def wait():
    speed(3000)
    tuner.wait()
    expect(tuner.describe()["HyperParameterTuningJobStatus"], "Completed")


def best():
    training = client.describe_training_job(TrainingJobName=tuner.best_training_job())
    expect(training["TrainingJobStatus"], "Completed")


def stop():
    speed(10)
    long = tuner_of(500)
    long.fit(INPUTS, job_name=LONG, wait=False)
    long.stop_tuning_job()
    speed(3000)
    expect(until(lambda: long.describe()["HyperParameterTuningJobStatus"]), "Stopped")


def listing():
    found = client.list_hyper_parameter_tuning_jobs(NameContains="sdk2-")["HyperParameterTuningJobSummaries"]
    expect([job["HyperParameterTuningJobName"] for job in found], [NAME, LONG])


def search():
    found = client.search(Resource="HyperParameterTuningJob", SearchExpression=search_expression())["Results"]
    expect({result["HyperParameterTuningJob"]["HyperParameterTuningJobName"] for result in found}, {NAME, LONG})


def tags():
    found = session.list_tags(tuner.describe()["HyperParameterTuningJobArn"])
    expect([tag for tag in found if tag["Key"] == "client"], TAGS)


def attach():
    again = HyperparameterTuner.attach(NAME, sagemaker_session=session)
    expect(again.best_training_job(), tuner.best_training_job())


def analytics():
    frame = tuner.analytics().dataframe()
    expect(len(frame), 2)
    expect(float(frame["FinalObjectiveValue"].max()) > 0, True)
    summary = tuner.analytics().training_job_summaries()
    expect(len(summary), 2)


def upload():
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "train.py").write_text("print('train')\n")
        estimator = TensorFlow(entry_point="train.py", source_dir=folder, role=ROLE, instance_count=1, instance_type="ml.p3.2xlarge", framework_version="2.9", py_version="py39", sagemaker_session=session)
        script = HyperparameterTuner(estimator, "val_accuracy", RANGES, metric_definitions=METRICS, max_jobs=1, max_parallel_jobs=1)
        script.fit({"training": "s3://data/train/"}, job_name="sdk2-script", wait=False)
    definition = script.describe()["TrainingJobDefinition"]
    source = definition["StaticHyperParameters"]["sagemaker_submit_directory"].strip('"')
    bucket, key = source.removeprefix("s3://").split("/", 1)
    expect(bucket, BUCKET)
    expect(boto3.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"] > 0, True)


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
