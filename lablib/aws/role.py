"""The execution role that `lab.deploy` gives to a function that names none: one per lab, the same here as on AWS."""

from __future__ import annotations

import json
from typing import Any

ROLE_NAME = "lambda-lab-role"

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
"""Who may assume it: Lambda."""

PERMISSIONS = {
    "Version": "2012-10-17",
    "Statement": [
        {
            # What AWS's own policy AWSLambdaBasicExecutionRole allows: writing the function's log.
            "Sid": "Log",
            "Effect": "Allow",
            "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": "*",
        },
        {
            # What Lambda does with it: read queues and streams for a function, hand on its results, write its traces.
            "Sid": "BeInvoked",
            "Effect": "Allow",
            "Action": [
                "dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
                "kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator",
                "kinesis:ListShards", "kinesis:ListStreams", "kinesis:SubscribeToShard",
                "xray:PutTelemetryRecords", "xray:PutTraceSegments",
            ],
            "Resource": "*",
        },
        {
            # What the functions of the labs do: use data, send messages. Nothing that creates, deletes or reconfigures.
            "Sid": "UseTheLabsServices",
            "Effect": "Allow",
            "Action": [
                "cloudwatch:PutMetricData", "dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem",
                "dynamodb:DeleteItem", "dynamodb:DescribeTable", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query",
                "dynamodb:Scan", "dynamodb:UpdateItem", "events:PutEvents", "kinesis:PutRecord", "kinesis:PutRecords",
                "lambda:InvokeFunction", "s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject",
                "sns:Publish", "sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage", "ssm:GetParameter", "states:StartExecution",
            ],
            "Resource": "*",
        },
    ],
}  # fmt: skip
"""What a function of the labs may do."""


def ensure_role(iam: Any, name: str = ROLE_NAME) -> str:
    """The ARN of the lab's role; created, with its permissions, when it is not there. `iam` is a boto3 client."""
    try:
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])
    except iam.exceptions.NoSuchEntityException:
        try:
            made = iam.create_role(
                RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST), Description="Functions of Lambda Lab run as this role."
            )
        except iam.exceptions.EntityAlreadyExistsException:  # another notebook's deploy was a moment earlier
            made = iam.get_role(RoleName=name)
        iam.put_role_policy(RoleName=name, PolicyName="lambda-lab", PolicyDocument=json.dumps(PERMISSIONS))
        return str(made["Role"]["Arn"])
