"""boto3, by its low-level client."""

import boto3

from common import TAGS, expect, request, search_expression, skip, speed, step, until, versions

versions("boto3", "botocore")
client = boto3.client("sagemaker")
NAME, LONG = "boto3-a", "boto3-long"


def status(name=NAME):
    return client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["HyperParameterTuningJobStatus"]


def create():
    speed(10)
    arn = client.create_hyper_parameter_tuning_job(**request(NAME))["HyperParameterTuningJobArn"]
    expect(arn.rsplit("/", 1)[1], NAME)
    expect(status(), "InProgress")


def wait():
    speed(3000)
    expect(until(status), "Completed")
    jobs = client.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=NAME)["TrainingJobSummaries"]
    for job in jobs:
        client.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=job["TrainingJobName"])


def best():
    best = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=NAME)["BestTrainingJob"]
    training = client.describe_training_job(TrainingJobName=best["TrainingJobName"])
    values = {metric["MetricName"]: metric["Value"] for metric in training["FinalMetricDataList"]}
    expect(values["val_accuracy"], best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def stop():
    speed(10)
    client.create_hyper_parameter_tuning_job(**request(LONG, epochs="500"))
    client.stop_hyper_parameter_tuning_job(HyperParameterTuningJobName=LONG)
    expect(status(LONG), "Stopping")
    speed(3000)
    expect(until(lambda: status(LONG)), "Stopped")


def listing():
    pages = client.get_paginator("list_hyper_parameter_tuning_jobs").paginate(NameContains="boto3-", MaxResults=1)
    names = [job["HyperParameterTuningJobName"] for page in pages for job in page["HyperParameterTuningJobSummaries"]]
    expect(names, [NAME, LONG])
    found = client.list_training_jobs(NameContains=NAME)["TrainingJobSummaries"]
    expect(len(found), 2)


def search():
    pages = client.get_paginator("search").paginate(Resource="HyperParameterTuningJob", SearchExpression=search_expression(), MaxResults=1)
    expect({result["HyperParameterTuningJob"]["HyperParameterTuningJobName"] for page in pages for result in page["Results"]}, {NAME, LONG})


def tags():
    arn = client.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=NAME)["HyperParameterTuningJobArn"]
    expect(client.list_tags(ResourceArn=arn)["Tags"], TAGS)
    client.add_tags(ResourceArn=arn, Tags=[{"Key": "more", "Value": "1"}])
    client.delete_tags(ResourceArn=arn, TagKeys=["more"])
    expect(client.list_tags(ResourceArn=arn)["Tags"], TAGS)


def upload():
    account = boto3.client("sts").get_caller_identity()["Account"]
    s3, bucket = boto3.client("s3"), f"sagemaker-us-west-2-{account}-boto3"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    s3.put_object(Bucket=bucket, Key="source/x.tar.gz", Body=b"abc")
    expect(s3.get_object(Bucket=bucket, Key="source/x.tar.gz")["Body"].read(), b"abc")
    expect([entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket, Prefix="source/")["Contents"]], ["source/x.tar.gz"])


step("create", create)
step("wait", wait)
step("best", best)
step("stop", stop)
step("list", listing)
step("search", search)
step("tags", tags)
skip("re-attach", "a client has no state: every call re-attaches")
skip("analytics", "of the SageMaker SDK only")
step("upload", upload)
