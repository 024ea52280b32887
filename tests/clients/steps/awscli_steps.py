"""The command line, as users type it."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

from common import TAGS, expect, request, search_expression, skip, speed, step, until, versions

versions("awscli")
AWS = str(pathlib.Path(sys.executable).parent / "aws")
NAME, LONG = "awscli-a", "awscli-long"


def aws(*arguments):
    done = subprocess.run([sys.executable, AWS, *arguments, "--output", "json"], capture_output=True, text=True, env={**os.environ, "AWS_PAGER": ""})
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return json.loads(done.stdout) if done.stdout.strip() else {}


def sagemaker(operation, *arguments):
    return aws("sagemaker", operation, *arguments)


def describe(name=NAME):
    return sagemaker("describe-hyper-parameter-tuning-job", "--hyper-parameter-tuning-job-name", name)


def create(name=NAME, epochs="5"):
    speed(10)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(request(name, epochs), file)
        file.flush()
        sagemaker("create-hyper-parameter-tuning-job", "--cli-input-json", f"file://{file.name}")
    expect(describe(name)["HyperParameterTuningJobStatus"], "InProgress")


def wait():
    speed(3000)
    expect(until(lambda: describe()["HyperParameterTuningJobStatus"]), "Completed")
    jobs = sagemaker("list-training-jobs-for-hyper-parameter-tuning-job", "--hyper-parameter-tuning-job-name", NAME)
    for job in jobs["TrainingJobSummaries"]:
        sagemaker("wait", "training-job-completed-or-stopped", "--training-job-name", job["TrainingJobName"])


def best():
    best = describe()["BestTrainingJob"]
    training = sagemaker("describe-training-job", "--training-job-name", best["TrainingJobName"])
    values = {metric["MetricName"]: metric["Value"] for metric in training["FinalMetricDataList"]}
    expect(values["val_accuracy"], best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"])


def stop():
    create(LONG, "500")
    sagemaker("stop-hyper-parameter-tuning-job", "--hyper-parameter-tuning-job-name", LONG)
    speed(3000)
    expect(until(lambda: describe(LONG)["HyperParameterTuningJobStatus"]), "Stopped")


def listing():
    found = sagemaker("list-hyper-parameter-tuning-jobs", "--name-contains", "awscli-", "--page-size", "1")
    expect([job["HyperParameterTuningJobName"] for job in found["HyperParameterTuningJobSummaries"]], [NAME, LONG])


def search():
    found = sagemaker("search", "--resource", "HyperParameterTuningJob", "--search-expression", json.dumps(search_expression()))
    expect({result["HyperParameterTuningJob"]["HyperParameterTuningJobName"] for result in found["Results"]}, {NAME, LONG})


def tags():
    expect(sagemaker("list-tags", "--resource-arn", describe()["HyperParameterTuningJobArn"])["Tags"], TAGS)


def upload():
    account = aws("sts", "get-caller-identity")["Account"]
    bucket = f"sagemaker-us-west-2-{account}-cli"
    aws("s3api", "create-bucket", "--bucket", bucket, "--create-bucket-configuration", "LocationConstraint=us-west-2")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("abc")
        file.flush()
        aws("s3api", "put-object", "--bucket", bucket, "--key", "source/x", "--body", file.name)
    expect([entry["Key"] for entry in aws("s3api", "list-objects-v2", "--bucket", bucket)["Contents"]], ["source/x"])


step("create", create)
step("wait", wait)
step("best", best)
step("stop", stop)
step("list", listing)
step("search", search)
step("tags", tags)
skip("re-attach", "a command has no state: every call re-attaches")
skip("analytics", "of the SageMaker SDK only")
step("upload", upload)
