"""What the seam replaces in moto is there: a name that moto changes would make a correction into nothing, and nobody would hear."""

from __future__ import annotations

import json
import subprocess
import sys

# By class: what moto has not and the seam adds on purpose. Two are attributes of moto's instances, which have a property instead.
ADDED = {
    ("moto.dynamodb.models.table", "Table"): "__deepcopy__",
    ("moto.dynamodb.models.table", "RestoredTable"): "__deepcopy__",
    ("moto.dynamodb.models.table", "RestoredPITTable"): "__deepcopy__",
    ("moto.dynamodb.models.table", "StreamShard"): "__deepcopy__",
    ("moto.apigatewayv2.models", "Api"): "api_endpoint",
    ("moto.apigatewayv2.responses", "ApiGatewayV2Response"): (
        "create_deployment delete_deployment get_authorizers get_deployment get_deployments import_api reset_authorizers_cache "
        "update_stage"
    ),
    ("moto.sns.models", "Topic"): "subscriptions_confimed",
    ("moto.apigateway.responses", "APIGatewayResponse"): (
        "update_gateway_response update_integration update_integration_response update_method update_method_response "
        "update_resource"
    ),
    ("moto.stepfunctions.parser.asl.eval.callback.callback", "ActivityTaskStartEndpoint"): "_outcome",
}


def test_what_is_replaced_is_there() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.cloud.moto_seam.replacing"], capture_output=True, text=True, timeout=120
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert len(told["corrected"]) > 50, "where the seam asks for corrections has changed: see replacing.py"
    assert {tuple(one) for one in told["added"]} == {(*of, name) for of, names in ADDED.items() for name in names.split()}
