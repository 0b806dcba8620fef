"""What the Amazon States Language computes: one row for each thing that it has."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cloud.sources.machines import Machines, output
from tests.support import CloudUnderTest


@pytest.fixture
def machines(cloud: CloudUnderTest) -> Machines:
    return Machines(cloud)


def choose(**rule: Any) -> dict[str, Any]:
    """A machine that ends in Yes or No."""
    return {"StartAt": "It", "States": {
        "It": {"Type": "Choice", "Choices": [{"Variable": "$.x", **rule, "Next": "Yes"}], "Default": "No"},
        "Yes": {"Type": "Pass", "Result": True, "End": True}, "No": {"Type": "Pass", "Result": False, "End": True},
    }}  # fmt: skip


EARLY, LATE = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
RULES: list[tuple[dict[str, Any], Any, Any]] = [
    ({"StringEquals": "a"}, "a", "b"),
    ({"StringLessThan": "b"}, "a", "b"),
    ({"StringGreaterThan": "a"}, "b", "a"),
    ({"StringLessThanEquals": "b"}, "b", "c"),
    ({"StringGreaterThanEquals": "b"}, "b", "a"),
    ({"StringMatches": "log-*.txt"}, "log-1.txt", "log-1.csv"),
    ({"StringEqualsPath": "$.y"}, "why", "a"),
    ({"NumericEquals": 1}, 1.0, 2),
    ({"NumericLessThan": 1}, 0.5, 1),
    ({"NumericGreaterThan": 1}, 2, 1),
    ({"NumericLessThanEquals": 1}, 1, 2),
    ({"NumericGreaterThanEquals": 1}, 1, 0),
    ({"BooleanEquals": True}, True, False),
    ({"TimestampEquals": EARLY}, EARLY, LATE),
    ({"TimestampLessThan": LATE}, EARLY, LATE),
    ({"TimestampGreaterThan": EARLY}, LATE, EARLY),
    ({"TimestampLessThanEquals": EARLY}, EARLY, LATE),
    ({"TimestampGreaterThanEquals": LATE}, LATE, EARLY),
    ({"IsNull": True}, None, 1),
    ({"IsNumeric": True}, 1, "1"),
    ({"IsString": True}, "1", 1),
    ({"IsBoolean": True}, False, 0),
    ({"IsTimestamp": True}, EARLY, "yesterday"),
]


def test_every_operator_of_a_choice(machines: Machines) -> None:
    for rule, yes, no in RULES:
        machine = machines.make(choose(**rule))
        for value, chosen in ((yes, True), (no, False)):
            assert output(machines.ended(machines.start(machine, {"x": value, "y": "why"}))) is chosen, (rule, value)


@pytest.mark.parametrize(("rule", "given", "chosen"), [
    ({"Variable": "$.x", "IsPresent": True}, {}, False),
    ({"Not": {"Variable": "$.x", "NumericEquals": 1}}, {"x": 2}, True),
    ({"And": [{"Variable": "$.x", "NumericEquals": 1}, {"Variable": "$.y", "NumericEquals": 2}]}, {"x": 1, "y": 3}, False),
    ({"Or": [{"Variable": "$.x", "NumericEquals": 1}, {"Variable": "$.y", "NumericEquals": 2}]}, {"x": 9, "y": 2}, True),
])  # fmt: skip
def test_choices_together(machines: Machines, rule: dict[str, Any], given: Any, chosen: bool) -> None:
    definition = choose()
    definition["States"]["It"]["Choices"] = [{**rule, "Next": "Yes"}]
    assert output(machines.run(definition, given)) is chosen


def test_no_choice_matches(machines: Machines) -> None:
    definition = choose(NumericEquals=1)
    del definition["States"]["It"]["Default"], definition["States"]["No"]
    told = machines.run(definition, {"x": 2})
    assert (told["status"], told["error"]) == ("FAILED", "States.NoChoiceMatched")


PASSES: list[tuple[dict[str, Any], Any, Any]] = [
    ({"Result": {"a": 1}, "ResultPath": "$.r"}, {"x": 0}, {"x": 0, "r": {"a": 1}}),
    ({"InputPath": "$.x", "OutputPath": "$[0]"}, {"x": [7]}, 7),
    ({"Parameters": {"c.$": "$$.Execution.Input.x", "s": "t"}}, {"x": 3}, {"c": 3, "s": "t"}),
    ({"Parameters": {"o.$": "States.Format('{} is {}', $.a, $.b)"}}, {"a": "x", "b": 3}, {"o": "x is 3"}),
    ({"Parameters": {"o.$": "States.Format('it\\'s {}', 'für')"}}, {}, {"o": "it's für"}),
    ({"Parameters": {"o.$": "States.StringToJson($.a)"}}, {"a": '{"k":[1]}'}, {"o": {"k": [1]}}),
    ({"Parameters": {"o.$": "States.JsonToString($.a)"}}, {"a": {"k": [1]}}, {"o": '{"k":[1]}'}),
    ({"Parameters": {"o.$": "States.Array($.a, 2, 'x')"}}, {"a": 1}, {"o": [1, 2, "x"]}),
    ({"Parameters": {"o.$": "States.ArrayPartition($.a, 2)"}}, {"a": [1, 2, 3]}, {"o": [[1, 2], [3]]}),
    ({"Parameters": {"o.$": "States.ArrayContains($.a, 2)"}}, {"a": [1, 2]}, {"o": True}),
    ({"Parameters": {"o.$": "States.ArrayRange(1, 9, 4)"}}, {}, {"o": [1, 5, 9]}),
    ({"Parameters": {"o.$": "States.ArrayGetItem($.a, 1)"}}, {"a": [1, 2]}, {"o": 2}),
    ({"Parameters": {"o.$": "States.ArrayLength($.a)"}}, {"a": [1, 2]}, {"o": 2}),
    ({"Parameters": {"o.$": "States.ArrayUnique($.a)"}}, {"a": [1, 2, 1]}, {"o": [1, 2]}),
    ({"Parameters": {"o.$": "States.Base64Encode('für')"}}, {}, {"o": "ZsO8cg=="}),
    ({"Parameters": {"o.$": "States.Base64Decode('ZsO8cg==')"}}, {}, {"o": "für"}),
    ({"Parameters": {"o.$": "States.Hash('x', 'SHA-256')"}}, {}, {"o": __import__("hashlib").sha256(b"x").hexdigest()}),
    ({"Parameters": {"o.$": "States.JsonMerge($.a, $.b, false)"}}, {"a": {"k": 1}, "b": {"l": 2}}, {"o": {"k": 1, "l": 2}}),
    ({"Parameters": {"o.$": "States.MathAdd($.a, -1)"}}, {"a": 3}, {"o": 2}),
    ({"Parameters": {"o.$": "States.StringSplit('a,b', ',')"}}, {}, {"o": ["a", "b"]}),
]


def test_what_a_pass_makes_of_its_input(machines: Machines) -> None:
    for state, given, made in PASSES:
        assert output(machines.run_one({"Type": "Pass", **state}, given)) == made, state


JSONATA: list[tuple[str, Any, Any]] = [
    ("$states.input.x * 2", {"x": 21}, 42),
    ("$sum($states.input.items.price)", {"items": [{"price": 1}, {"price": 2.5}]}, 3.5),
    ("$states.input.items[price > 1].name", {"items": [{"price": 1, "name": "a"}, {"price": 2, "name": 'b"c'}]}, 'b"c'),
    ("$states.input.none", {"none": None}, None),
    ("$states.context.StateMachine.Name", {}, "named"),
    ("$partition([1,2,3,4,5], 2)", {}, [[1, 2], [3, 4], [5]]),
    ("$range(0, 10, 5)", {}, [0, 5, 10]),
    ("$hash('x', 'SHA-256')", {}, __import__("hashlib").sha256(b"x").hexdigest()),
    ("$length($uuid())", {}, 36),
    ("$random() < 1", {}, True),
    ("$parse('{\"a\": [1, null]}')", {}, {"a": [1, None]}),
    ("$map([1..3], function($v) { $v * $v })", {}, [1, 4, 9]),
    ("{ 'a': $states.input.missing, 'b': 1 }", {}, {"b": 1}),
    ("$merge([$states.input, {'y': 2}])", {"x": 1}, {"x": 1, "y": 2}),
    ("$fromMillis($millis()) = $now()", {}, True),
]


def test_jsonata(machines: Machines) -> None:
    for expression, given, made in JSONATA:
        top = {"QueryLanguage": "JSONata"}
        name = {"name": "named"} if "context" in expression else {}
        told = machines.run_one({"Type": "Pass", "Output": f"{{% {expression} %}}"}, given, top=top, **name)
        assert output(told) == made, expression


@pytest.mark.parametrize(("expression", "cause"), [
    ("$states.input.missing", "'$states.input.missing' specified for the field 'Output' returned nothing (undefined)."),
    ("$sum", "returned an unsupported result type."),
    ("1 + 'a'", "T2002"),
    ("$none(1)", "T1006"),
    ("$eval('1')", "$eval"),
    ("($f := function($x) { $f($x + 1) + 1 }; $f(1))", "threw an error"),
])  # fmt: skip
def test_a_query_that_comes_to_nothing_fails_and_can_be_caught(machines: Machines, expression: str, cause: str) -> None:
    told = machines.run_one({"Type": "Pass", "Output": f"{{% {expression} %}}"}, top={"QueryLanguage": "JSONata"})
    assert (told["status"], told["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert cause in told["cause"] and told["cause"].startswith("An error occurred while executing the state 'It' (entered at the event id #2).")


def test_variables_in_both_languages(machines: Machines) -> None:
    path = {"StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"n.$": "$.x", "s": "t\"u"}, "Next": "B"},
        "B": {"Type": "Pass", "Parameters": {"n.$": "$n", "s.$": "$s", "f.$": "States.MathAdd($n, 1)"}, "End": True},
    }}  # fmt: skip
    assert output(machines.run(path, {"x": 3})) == {"n": 3, "s": 't"u', "f": 4}
    query = {"QueryLanguage": "JSONata", "StartAt": "A", "States": {
        "A": {"Type": "Pass", "Assign": {"o": "{% {'k': $states.input.x} %}", "s": "t\"u"}, "Next": "B"},
        "B": {"Type": "Pass", "Output": {"o": "{% $o.k %}", "s": "{% $s %}"}, "End": True},
    }}  # fmt: skip
    assert output(machines.run(query, {"x": 3})) == {"o": 3, "s": 't"u'}


def test_parallel_and_map(machines: Machines) -> None:
    def branch(value: int) -> dict[str, Any]:
        return {"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": value, "End": True}}}

    assert output(machines.run_one({"Type": "Parallel", "Branches": [branch(1), branch(2)]})) == [1, 2]
    processor = {"StartAt": "P", "States": {"P": {"Type": "Pass", "Parameters": {"v.$": "$.v", "i.$": "$.i"}, "End": True}}}
    one = {
        "Type": "Map", "ItemsPath": "$.items", "ItemSelector": {"v.$": "$$.Map.Item.Value", "i.$": "$$.Map.Item.Index"},
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, **processor},
    }  # fmt: skip
    for more in ({}, {"MaxConcurrency": 1}, {"MaxConcurrency": 7}):
        made = output(machines.run_one({**one, **more}, {"items": list(range(60))}))
        assert made == [{"v": number, "i": number} for number in range(60)]
    assert output(machines.run_one(one, {"items": []})) == []


def test_a_thousand_iterations_one_after_another(machines: Machines) -> None:
    processor = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    told = machines.run_one({"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor}, list(range(1100)))
    assert output(told) == list(range(1100))


def test_a_branch_that_fails_ends_the_others(cloud: CloudUnderTest, machines: Machines) -> None:
    fails = {"StartAt": "F", "States": {"F": {"Type": "Fail", "Error": "Mine", "Cause": "why"}}}
    waits = {"StartAt": "W", "States": {"W": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    told = machines.run_one({"Type": "Parallel", "Branches": [waits, fails]})
    assert (told["status"], told["error"], told["cause"]) == ("FAILED", "Mine", "why")
    late = {"StartAt": "T", "TimeoutSeconds": 5, "States": {"T": {
        "Type": "Parallel", "Branches": [waits], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": True,
    }, "C": {"Type": "Succeed"}}}  # fmt: skip
    execution = machines.start(machines.make(late))
    cloud.advance(6)
    assert machines.status(execution) == "TIMED_OUT" and machines.events(execution)[-1] == "ExecutionTimedOut"


def test_too_much_data(machines: Machines) -> None:
    told = machines.run_one({"Type": "Pass", "Parameters": {"a.$": "$.x", "b.$": "$.x"}}, {"x": "x" * 150_000})
    assert (told["status"], told["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_a_loop_ends_when_its_history_is_full(machines: Machines) -> None:
    loop = choose(IsPresent=True)
    loop["States"]["No"] = {"Type": "Pass", "Next": "It"}
    told = machines.run(loop)
    assert told["status"] == "FAILED" and told["cause"] == "The execution reached the maximum number of history events (25000)."


def test_the_context_object(machines: Machines) -> None:
    told = machines.run_one({"Type": "Pass", "Parameters": {"c.$": "$$"}}, {"x": 1})
    context = output(told)["c"]
    assert set(context) == {"Execution", "State", "StateMachine"}
    assert context["Execution"]["Id"] == told["executionArn"] and context["Execution"]["Input"] == {"x": 1}
    assert context["Execution"]["StartTime"].endswith("Z") and len(context["State"]["EnteredTime"]) == 24
    assert json.dumps(context["StateMachine"]["Name"]) == '"machine-1"'


def test_a_distributed_map_over_objects_of_s3(cloud: CloudUnderTest, machines: Machines) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="data")
    s3.put_object(Bucket="data", Key="in.json", Body=json.dumps([{"a": number} for number in range(5)]))
    s3.put_object(Bucket="data", Key="in.csv", Body="a,b\n1,2\n3,4\n")
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}},
    }  # fmt: skip

    def read(resource: str, **reader: Any) -> Any:
        item_reader = {"Resource": f"arn:aws:states:::s3:{resource}", **reader}
        told = machines.run_one({"Type": "Map", "ItemProcessor": processor, "ItemReader": item_reader, "MaxConcurrency": 2})
        [run] = machines.client.list_map_runs(executionArn=told["executionArn"])["mapRuns"]
        described = machines.client.describe_map_run(mapRunArn=run["mapRunArn"])
        assert described["status"] == "SUCCEEDED" and described["itemCounts"]["succeeded"] == len(output(told))
        return output(told)

    as_json = {"ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "data", "Key": "in.json"}}
    assert read("getObject", **as_json) == [{"a": number} for number in range(5)]
    as_csv = {"ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}, "Parameters": {"Bucket": "data", "Key": "in.csv"}}
    assert read("getObject", **as_csv) == [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert [item["Key"] for item in read("listObjectsV2", Parameters={"Bucket": "data"})] == ["in.csv", "in.json"]
