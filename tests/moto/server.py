"""moto's server, with what moto does not have: `server.py PORT`.

The quotas of SageMaker come as pages of two, so that a client that stops after the first page is found out. Refused
credentials are answered in JSON, as CloudWatch Logs does; moto answers in XML. A queue of a thousand messages takes
seconds, not minutes: moto counts all messages for each one that it sends or receives. Here it does not count to
receive, and reads the clock more cheaply.
"""

import json
import sys
import time

from moto.core.exceptions import JsonRESTError
from moto.iam.access_control import IAMRequest
from moto.server import main
from moto.servicequotas.responses import ServiceQuotasResponse
from moto.sqs import models as sqs

APPLIED = {
    "ml.p3.2xlarge for training job usage": 4.0,
    "ml.g5.xlarge for training job usage": 0.0,
    "ml.m5.large for endpoint usage": 20.0,
}
DEFAULT = {"ml.p3.2xlarge for training job usage": 0.0, "ml.m5.large for training job usage": 15.0}
PAGE = 2


def page(quotas, token):
    first = int(token or 0)
    listed = [{"ServiceCode": "sagemaker", "QuotaName": name, "Value": value} for name, value in quotas.items()]
    answer = {"Quotas": listed[first : first + PAGE]}
    if first + PAGE < len(listed):
        answer["NextToken"] = str(first + PAGE)
    return json.dumps(answer)


def list_service_quotas(self):
    return page(APPLIED, json.loads(self.body).get("NextToken"))


def list_aws_default_service_quotas(self):
    return page(DEFAULT, json.loads(self.body).get("NextToken"))


def denied(self):
    raise JsonRESTError("AccessDeniedException", f"User: {self._access_key.arn} is not authorized to perform: {self._action}")


def unknown_key(self, _reason):
    raise JsonRESTError("UnrecognizedClientException", "The security token included in the request is invalid.")


def is_retained(self, queue_name, message):
    return message.sent_timestamp / 1000 + self.get_queue(queue_name).message_retention_period > time.time()


IAMRequest._raise_access_denied = denied
IAMRequest._raise_invalid_access_key = unknown_key
sqs.SQSBackend.is_message_valid_based_on_retention_period = is_retained
sqs.unix_time_millis = lambda: time.time() * 1000
ServiceQuotasResponse.list_service_quotas = list_service_quotas
ServiceQuotasResponse.list_aws_default_service_quotas = list_aws_default_service_quotas
main(["-H", "127.0.0.1", "-p", sys.argv[1]])
