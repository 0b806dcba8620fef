"""Definitions that AWS refuses, each by hand, and what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.sources.machines import Machines, refused
from tests.support import CloudUnderTest

END = {"Type": "Pass", "End": True}


def only(state: dict[str, Any], **top: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state}, **top}


# A definition, and the diagnostics: code, message, location.
REFUSED: list[tuple[Any, list[tuple[str, str, str | None]]]] = [
    ({"StartAt": "A"}, [("SCHEMA_VALIDATION_FAILED", "These fields are required: [States]", "/")]),
    (only({"End": True}), [("SCHEMA_VALIDATION_FAILED", "These fields are required: [Type]", "/States/A")]),
    (only({"Type": "Foo", "End": True}), [(
        "SCHEMA_VALIDATION_FAILED",
        "The field 'Type' should have one of these values: [Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]", "/States/A/Type",
    )]),
    (only({"Type": "Task", "End": True}), [("SCHEMA_VALIDATION_FAILED", "These fields are required: [Resource]", "/States/A")]),
    (only({"Type": "Task", "Resource": "myFunction", "End": True}), [
        ("SCHEMA_VALIDATION_FAILED", "Value is not a valid resource ARN", "/States/A/Resource"),
    ]),
    (only({**END, "Catch": []}), [("SCHEMA_VALIDATION_FAILED", "Field 'Catch' is not supported", "/States/A")]),
    ({"StartAt": "pass1", "States": {"pass1": {"Type": "Pass", "Next": "pass3"}, "pass2": END}}, [
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: pass3", "/States/pass1/Next"),
        ("MISSING_TRANSITION_TARGET", 'State "pass2" is not reachable.', "/States/pass2"),
    ]),
    (only(END) | {"StartAt": "B"}, [
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: B", "/StartAt"),
        ("MISSING_TRANSITION_TARGET", 'State "A" is not reachable.', "/States/A"),
    ]),
    ({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}}, [
        ("MISSING_END_STATE", "Workflow has no terminal state", None),
    ]),
    (only({"Type": "Parallel", "End": True, "Branches": [only({"Type": "Pass", "Next": "Q", "Comment": "c"})]}), [
        ("MISSING_TRANSITION_TARGET", "Missing 'Next' target: Q", "/States/A/Branches[0]/States/A/Next"),
        ("MISSING_END_STATE", "Workflow has no terminal state", None),
    ]),
    (only({**END, "Output": "{% 1 %}"}), [(
        "SCHEMA_VALIDATION_FAILED",
        "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage", "/States/A",
    )]),
    (only({**END, "Output": {"a": "{% 1 + %}"}}, QueryLanguage="JSONata"), [
        ("SCHEMA_VALIDATION_FAILED", "Unexpected end of expression", "/States/A/Output/a"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("definition", "diagnostics"), REFUSED, ids=range(len(REFUSED)))
def test_a_definition_that_is_refused(
    cloud: CloudUnderTest, definition: Any, diagnostics: list[tuple[str, str, str | None]]
) -> None:
    machines = Machines(cloud)
    told = machines.client.validate_state_machine_definition(definition=json.dumps(definition))
    assert told["result"] == "FAIL" and told["truncated"] is False
    assert [(one["code"], one["message"], one.get("location")) for one in told["diagnostics"]] == diagnostics
    with pytest.raises(ClientError) as refused:
        machines.make(definition)
    sentences = ", ".join(f"{code}: {message} at {place or 'null'}" for code, message, place in diagnostics)
    assert refused.value.response["Error"] == {
        "Code": "InvalidDefinition", "Message": f"Invalid State Machine Definition: '{sentences}'",
    }  # fmt: skip
    good = machines.make(only(END))
    with pytest.raises(ClientError):
        machines.client.update_state_machine(stateMachineArn=good, definition=json.dumps(definition))


def test_what_is_no_json_and_what_express_does_not_have(cloud: CloudUnderTest) -> None:
    validate = Machines(cloud).client.validate_state_machine_definition
    [told] = validate(definition="no json")["diagnostics"]
    assert told["code"] == "INVALID_JSON_DESCRIPTION"
    waits = only({"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "End": True})
    assert validate(definition=json.dumps(waits))["result"] == "OK"
    [told] = validate(definition=json.dumps(waits), type="EXPRESS")["diagnostics"]
    assert told["message"] == "Express state machine does not support '.waitForTaskToken' service integration"


READER = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}
NOT_HERE: list[tuple[dict[str, Any], str]] = [
    ({"ToleratedFailurePercentage": 10}, "ToleratedFailurePercentage"),
    ({"ToleratedFailureCount": 1}, "ToleratedFailureCount"),
    ({"ItemBatcher": {"MaxItemsPerBatch": 5}}, "ItemBatcher"),
    ({"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}}, "ResultWriter"),
    ({"ItemReader": {**READER, "ReaderConfig": {"InputType": "JSONL"}}}, "ReaderConfig with InputType JSONL"),
    ({"ItemReader": {**READER, "ReaderConfig": {"InputType": "CSV", "CSVDelimiter": "TAB"}}}, "ReaderConfig with CSVDelimiter"),
]


@pytest.mark.parametrize("nested", [False, True], ids=["", "in a branch"])
@pytest.mark.parametrize(("fields", "named"), NOT_HERE, ids=[named for _, named in NOT_HERE])
def test_what_would_be_read_and_not_done(cloud: CloudUnderTest, fields: dict[str, Any], named: str, nested: bool) -> None:
    """moto's interpreter takes some of these for mistakes, and others without effect."""
    processor = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "P",
                 "States": {"P": {"Type": "Pass", "End": True}}}  # fmt: skip
    machine = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": processor, "End": True, **fields}}}
    if nested:
        machine = {"StartAt": "B", "States": {"B": {"Type": "Parallel", "Branches": [machine], "End": True}}}
    code, message = refused(Machines(cloud).make, definition=machine)
    assert (code, message) == ("NotImplemented", f"This local cloud's Step Functions has no {named} of Map states yet.")
