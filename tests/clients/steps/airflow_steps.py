"""Airflow's operator, run as a task would, without a scheduler or a database of connections."""

import os

os.environ.setdefault("AIRFLOW_HOME", os.path.join(os.environ["TMPDIR"] if "TMPDIR" in os.environ else "/tmp", "airflow-conformance"))
os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")

from airflow.providers.amazon.aws.hooks.sagemaker import SageMakerHook  # noqa: E402
from airflow.providers.amazon.aws.operators.sagemaker import SageMakerTuningOperator  # noqa: E402

from common import TAGS, expect, request, search_expression, skip, speed, step, until, versions  # noqa: E402

versions("apache-airflow", "apache-airflow-providers-amazon", "boto3")
hook = SageMakerHook(aws_conn_id=None, region_name="us-west-2")
NAME, LONG = "airflow-a", "airflow-long"
answers = {}


def described(name=NAME):
    return hook.describe_tuning_job(name)


def create():
    import boto3

    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="data", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket="data", Key="train/one.csv", Body=b"1")
    speed(10)
    operator = SageMakerTuningOperator(task_id="create", config=request(NAME), aws_conn_id=None, region_name="us-west-2", wait_for_completion=False)
    answers["create"] = operator.execute({})
    expect(described()["HyperParameterTuningJobStatus"], "InProgress")


def wait():
    speed(3000)
    job = request("airflow-wait")
    job["Tags"] = []
    operator = SageMakerTuningOperator(task_id="wait", config=job, aws_conn_id=None, region_name="us-west-2", wait_for_completion=True, check_interval=1)
    expect(operator.execute({})["Tuning"]["HyperParameterTuningJobStatus"], "Completed")
    expect(until(lambda: described()["HyperParameterTuningJobStatus"]), "Completed")


def best():
    expect(hook.describe_training_job(described()["BestTrainingJob"]["TrainingJobName"])["TrainingJobStatus"], "Completed")


def stop():
    speed(10)
    SageMakerTuningOperator(task_id="long", config=request(LONG, "500"), aws_conn_id=None, region_name="us-west-2", wait_for_completion=False).execute({})
    hook.get_conn().stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=LONG)
    speed(3000)
    expect(until(lambda: described(LONG)["HyperParameterTuningJobStatus"]), "Stopped")


def listing():
    expect(len(hook.list_training_jobs(name_contains=NAME)), 2)


def search():
    found = hook.get_conn().search(Resource="HyperParameterTuningJob", SearchExpression=search_expression())["Results"]
    expect({result["HyperParameterTuningJob"]["HyperParameterTuningJobName"] for result in found}, {NAME, LONG})


def tags():
    expect(hook.get_conn().list_tags(ResourceArn=described()["HyperParameterTuningJobArn"])["Tags"], TAGS)


step("create", create)
step("wait", wait)
step("best", best)
step("stop", stop)
step("list", listing)
step("search", search)
step("tags", tags)
skip("re-attach", "the operator has no such step")
skip("analytics", "of the SageMaker SDK only")
skip("upload", "the operator uploads nothing")
