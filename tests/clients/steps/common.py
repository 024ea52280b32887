"""What the scripts of all clients share: one line of JSON per step, and the job that they tune."""

import json
import os
import sys
import time
import traceback
import urllib.request

URL = os.environ["AWS_ENDPOINT_URL"]
ROLE = "arn:aws:iam::111122223333:role/SageMakerTraining"
IMAGE = "763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39"
METRICS = [{"Name": "val_accuracy", "Regex": "- val_accuracy: ([0-9\\.]+)"}]
TAGS = [{"Key": "client", "Value": "conformance"}]
ENDED = ("Completed", "Stopped", "Failed")


def step(name, work):
    """Runs one step and says how it went; a failure does not keep the others from running."""
    try:
        work()
        outcome = {"step": name, "ok": True}
    except BaseException as error:  # an SDK may call exit
        traceback.print_exc()
        outcome = {"step": name, "ok": False, "error": f"{type(error).__name__}: {error}"[:300]}
    print(json.dumps(outcome), flush=True)


def skip(name, why):
    """Says that a client has no such step."""
    print(json.dumps({"step": name, "ok": None, "error": why}), flush=True)


def request(name, epochs="5"):
    """A create request for two training jobs."""
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": "val_accuracy"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 2, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {"ContinuousParameterRanges": [{"Name": "learning_rate", "MinValue": "0.0001", "MaxValue": "0.01"}]},
        },
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"epochs": epochs},
            "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File", "MetricDefinitions": METRICS},
            "RoleArn": ROLE,
            "InputDataConfig": [{"ChannelName": "training", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/train/"}}}],
            "OutputDataConfig": {"S3OutputPath": "s3://data/out/"},
            "ResourceConfig": {"InstanceType": "ml.p3.2xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
            "StoppingCondition": {"MaxRuntimeInSeconds": 86400},
        },
        "Tags": TAGS,
    }


def until(status_of, wanted=ENDED, seconds=60):
    """Waits for a status."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        status = status_of()
        if status in wanted:
            return status
        time.sleep(0.2)
    raise TimeoutError(f"still {status} after {seconds} s")


def expect(found, wanted):
    """Fails unless two values are equal."""
    if found != wanted:
        raise AssertionError(f"found {found!r}, expected {wanted!r}")


def speed(times):
    """Sets the emulator's clock."""
    body = json.dumps({"speed": times}).encode()
    urllib.request.urlopen(urllib.request.Request(URL + "/_emulator/clock", body)).read()


def search_expression():
    """What is searched for."""
    return {"Filters": [{"Name": "Tags.client", "Operator": "Equals", "Value": "conformance"}]}


def versions(*packages):
    """Names the versions that run."""
    from importlib.metadata import version

    print(json.dumps({"versions": {package: version(package) for package in packages}, "python": sys.version.split()[0]}), flush=True)
