"""Other services behind a REST API's method."""

from __future__ import annotations

import json
from typing import Any

from tests.cloud.sources.rest import RestApi, responding, role_for
from tests.support import CloudUnderTest


def behind(api: RestApi, path: str, method: str, service: str, **integration: Any) -> None:
    named = api.method(path, method)
    uri = f"arn:aws:apigateway:{api.cloud.region}:{service}"
    api.client.put_integration(**named, type="AWS", uri=uri, **{"integrationHttpMethod": "POST", **integration})
    responding(api, named, {"statusCode": "200"}, {"statusCode": "400", "selectionPattern": r"[45]\d{2}"})


def test_queues_tables_and_state_machines_behind_a_method(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    sqs, table, states = cloud.client("sqs"), cloud.client("dynamodb"), cloud.client("stepfunctions")
    queue = sqs.create_queue(QueueName="orders")["QueueUrl"]
    table.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    machine = states.create_state_machine(
        name="orders", roleArn=role_for(cloud, "sns:*", "states"), type="STANDARD",
        definition=json.dumps({"StartAt": "a", "States": {"a": {"Type": "Pass", "End": True}}}),
    )["stateMachineArn"]  # fmt: skip
    behind(
        api, "/queue", "POST", "sqs:path/123456789012/orders", credentials=role_for(cloud, "sqs:SendMessage"),
        requestParameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
        requestTemplates={"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
    )  # fmt: skip
    dynamodb = role_for(cloud, "dynamodb:*")
    item = '{"TableName": "orders", "Item": {"id": {"S": "$input.params(\'id\')"}, "said": {"S": $input.json(\'$.said\')}}}'
    behind(
        api, "/table/{id}", "PUT", "dynamodb:action/PutItem", credentials=dynamodb, requestTemplates={"application/json": item}
    )
    start = f'{{"stateMachineArn": "{machine}", "input": "$util.escapeJavaScript($input.json(\'$\'))"}}'
    behind(
        api, "/machine", "POST", "states:action/StartExecution", credentials=role_for(cloud, "states:StartExecution"),
        requestTemplates={"application/json": start},
    )  # fmt: skip
    behind(api, "/refused", "POST", "dynamodb:action/Scan", credentials=role_for(cloud, "s3:GetObject"),
           requestTemplates={"application/json": '{"TableName": "orders"}'})  # fmt: skip
    behind(api, "/no-role", "POST", "dynamodb:action/Scan")
    behind(api, "/other-role", "POST", "dynamodb:action/Scan", credentials=cloud.role())
    api.deploy()
    assert api.ask("/queue", "POST", body=b'{"a": "b c"}').status == 200
    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert message["Body"] == '{"a": "b c"}'
    assert api.ask("/table/7", "PUT", body=b'{"said": "hi"}').status == 200
    assert table.get_item(TableName="orders", Key={"id": {"S": "7"}})["Item"]["said"] == {"S": "hi"}
    got = api.ask("/machine", "POST", body=b'{"n": 1}')
    assert got.status == 200 and states.describe_execution(executionArn=got.json["executionArn"])["input"] == '{"n":1}'
    got = api.ask("/refused", "POST", body=b"{}")
    assert got.status == 400 and "not authorized to perform: dynamodb:Scan" in got.text
    for path in ("/no-role", "/other-role"):
        assert api.ask(path, "POST", body=b"{}").status == 500, path


def test_an_object_of_s3_behind_a_method(cloud: CloudUnderTest) -> None:
    api = RestApi(cloud)
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="shop")
    s3.put_object(Bucket="shop", Key="a/b c.txt", Body=b"hello")
    named = api.method("/{key}", "GET", requestParameters={"method.request.path.key": True})
    api.client.put_integration(
        **named, type="AWS", integrationHttpMethod="GET", uri=f"arn:aws:apigateway:{cloud.region}:s3:path/shop/a/{{key}}",
        credentials=role_for(cloud, "s3:*"), requestParameters={"integration.request.path.key": "method.request.path.key"},
    )  # fmt: skip
    responding(api, named, {"statusCode": "200"}, {"statusCode": "404", "selectionPattern": "404"})
    api.deploy()
    assert (api.ask("/b%20c.txt").status, api.ask("/b%20c.txt").body) == (200, b"hello")
    assert api.ask("/none").status == 404
