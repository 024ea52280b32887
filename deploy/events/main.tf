# The queue of `--events-queue-url` and the rule that fills it, for one region. cloudformation.yaml creates the same.
#
#   terraform init && terraform apply -var operator_role_name=modelselection-operator
#   helm upgrade ... --set eventsQueueUrl="$(terraform output -raw queue_url)"

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.0"
    }
  }
}

variable "name" {
  description = "Name of the queue and of the rule. deploy/iam/operator-events.json has the same."
  type        = string
  default     = "modelselection-events"
}

variable "operator_role_name" {
  description = "Name of the operator's role, which is allowed to read the queue. Empty: allow it elsewhere."
  type        = string
  default     = ""
}

# No dead-letter queue: an event only says that it is time to look, the operator deletes what it cannot use, and a sweep finds
# what no event tells.
resource "aws_sqs_queue" "events" {
  name = var.name
  # An operator that was away for longer looks at all jobs when it starts.
  message_retention_seconds  = 86400
  visibility_timeout_seconds = 30
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true
}

# InProgress shows the operator that events come, before the first job ends.
resource "aws_cloudwatch_event_rule" "events" {
  name        = var.name
  description = "State changes of the tuning jobs of the ModelSelection operator"
  event_pattern = jsonencode({
    source      = ["aws.sagemaker"]
    detail-type = ["SageMaker HyperParameter Tuning Job State Change"]
    detail = {
      HyperParameterTuningJobStatus = ["InProgress", "Completed", "Failed", "Stopped"]
      HyperParameterTuningJobName   = [{ prefix = "ms-" }]
    }
  })
}

resource "aws_cloudwatch_event_target" "events" {
  rule = aws_cloudwatch_event_rule.events.name
  arn  = aws_sqs_queue.events.arn
}

# Nobody but the rule may send to the queue.
resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Rule"
      Effect    = "Allow"
      Principal = { Service = "events.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.events.arn
      Condition = { ArnEquals = { "aws:SourceArn" = aws_cloudwatch_event_rule.events.arn } }
    }]
  })
}

resource "aws_iam_role_policy" "events" {
  count = var.operator_role_name == "" ? 0 : 1
  name  = var.name
  role  = var.operator_role_name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "Events"
      Effect   = "Allow"
      Action   = ["sqs:DeleteMessage", "sqs:ReceiveMessage"]
      Resource = aws_sqs_queue.events.arn
    }]
  })
}

output "queue_url" {
  description = "For --events-queue-url, or eventsQueueUrl of the chart"
  value       = aws_sqs_queue.events.url
}
