"""LoggingConfig and TracingConfig: what is stored, and what is refused."""

from __future__ import annotations

import pytest

from tests.cloud.api.harness import Api, refused

WHOLE = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO", "LogGroup": "/aws/lambda/f"}
SETTINGS: list[tuple[list[dict[str, str]], dict[str, str] | None]] = [
    ([{}], {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}),
    ([{"LogFormat": "JSON"}], WHOLE),
    ([{"LogFormat": "JSON", "ApplicationLogLevel": "ERROR"}], WHOLE | {"ApplicationLogLevel": "ERROR"}),
    ([{"LogFormat": "JSON"}, {"SystemLogLevel": "WARN"}], WHOLE | {"SystemLogLevel": "WARN"}),
    ([{"LogFormat": "JSON", "LogGroup": "/mine"}, {"LogFormat": "Text"}], {"LogFormat": "Text", "LogGroup": "/mine"}),
    ([{"ApplicationLogLevel": "INFO"}], None),
    ([{"LogFormat": "Text", "SystemLogLevel": "INFO"}], None),
    ([{"LogFormat": "JSON"}, {"LogFormat": "Text", "SystemLogLevel": "INFO"}], None),
]


@pytest.mark.parametrize("given, expected", SETTINGS, ids=str)
def test_the_logging_configuration(api: Api, given: list[dict[str, str]], expected: dict[str, str] | None) -> None:
    first, *changes = given
    if expected is None and not changes:
        answer = refused(api.create, name="f", LoggingConfig=first)
    else:
        api.create("f", LoggingConfig=first)
        for change in changes[: None if expected else -1]:
            api.client.update_function_configuration(FunctionName="f", LoggingConfig=change)
        if expected is not None:
            assert api.client.get_function_configuration(FunctionName="f")["LoggingConfig"] == expected
            return
        answer = refused(api.client.update_function_configuration, FunctionName="f", LoggingConfig=changes[-1])
    assert (answer.code, answer.status) == ("InvalidParameterValueException", 400)
    assert answer.message == (
        'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or change the '
        'LogFormat to "Json" and try again.'
    )


def test_tracing(api: Api) -> None:
    api.create("f", TracingConfig={"Mode": "Active"})
    assert api.client.get_function_configuration(FunctionName="f")["TracingConfig"] == {"Mode": "Active"}
    changed = api.client.update_function_configuration(FunctionName="f", TracingConfig={"Mode": "PassThrough"})
    assert changed["TracingConfig"] == {"Mode": "PassThrough"}
