"""Wrong answers to the exercises of lab 01."""

from __future__ import annotations

from tests.course.wrong.wrong import Wrong, handler

WAIT_ACTIVE = 'client.get_waiter("function_active_v2").wait(FunctionName={name})'


def create(zip_name: str = "lambda_function.py", settings: str = "MemorySize=512, Timeout=10", **other: str) -> str:
    """A `create` with one thing changed."""
    last = other.get("last", 'return made["FunctionArn"]')
    return f"""
def create(name, source):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("{zip_name}", {other.get("content", "source")})
    made = client.create_function(
        FunctionName={other.get("name", "name")}, Runtime=RUNTIME, Role=role_arn,
        Handler="{other.get("handler", "lambda_function.lambda_handler")}",
        Code={{"ZipFile": {other.get("bytes", "box.getvalue()")}}}, {settings})
    {other.get("wait", WAIT_ACTIVE.format(name=other.get("name", "name")))}
    {last}
"""


def release(*steps: str) -> str:
    """A `release` of the given steps, after the zip is made."""
    body = "\n    ".join(steps)
    return f"""
def release(name, source):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        archive.writestr("lambda_function.py", source)
    {body}
"""


CREATE = (
    'client.create_function(FunctionName=name, Runtime=RUNTIME, Role=role_arn, Handler="lambda_function.lambda_handler", '
    'Code={"ZipFile": box.getvalue()})'
)
WAIT = 'client.get_waiter("function_updated_v2").wait(FunctionName=name)'
UPDATE = "client.update_function_code(FunctionName=name, ZipFile=box.getvalue())"
PUBLISH = 'number = client.publish_version(FunctionName=name)["Version"]'
RECEIPT = '"function": context.function_name, "request": context.aws_request_id}'
TOTAL = 'total = sum(i["price"] * i["quantity"] for i in event["items"])\n'

WRONG = (
    Wrong("01.1", "nothing when empty", handler('if not event["items"]: return\n' + TOTAL + 'return {"total": total, ' + RECEIPT),
          "right on an empty order", "for this event the handler ends without `return`"),
    Wrong("01.1", "no quantity", handler('total = sum(i["price"] for i in event["items"])\nreturn {"total": total, ' + RECEIPT),
          "right on the example", "the quantity is missing"),
    Wrong("01.1", "a constant", handler('return {"total": 11, ' + RECEIPT), "right on an event you have not seen", "11 is the example's"),
    Wrong("01.1", "text", handler(TOTAL + 'return {"total": str(total), ' + RECEIPT), "right type", '"total" is "11", which is no number'),
    Wrong("01.1", "its own id", handler(TOTAL + 'return {"total": total, "function": "receipt", "request": "1"}'),
          "right on the example", "every invocation has an id of its own"),
    Wrong("01.1", "handler's name", handler(TOTAL + 'return {"total": total, "function": "lambda_handler", "request": ""}'),
          "right on the example", "context.function_name is the function's name"),
    Wrong("01.1", "fails when empty", handler('first, *rest = event["items"]\n' + TOTAL + 'return {"total": total, ' + RECEIPT),
          "right on an empty order", "ValueError"),
    Wrong("01.2", "a folder", create("src/lambda_function.py"), "right on the example", "lie at the top of the zip"),
    Wrong("01.2", "another handler", create(handler="lambda_function.handler"), "right on the example", "Handler is file.function"),
    Wrong("01.2", "no zip", create(bytes="source.encode()"), "runs", "ZipFile wants the bytes of a zip"),
    Wrong("01.2", "the box itself", create(bytes="box"), "runs", "a BytesIO is none: its getvalue() gives them"),
    Wrong("01.2", "raises", create(last="return mad"), "runs", "call create yourself to see the traceback"),
    Wrong("01.2", "a name that is taken", create(name='"hello"'), "runs", "you used another name than the one given"),
    Wrong("01.2", "an argument", create(settings='MemorySize="a lot"'), "runs", "which argument AWS refuses"),
    Wrong("01.2", "no dot", create(handler="lambda_function"), "right on the example", "Handler is file.function"),
    Wrong("01.2", "a box made earlier", create(content="'def lambda_handler(event, context): return event[\"n\"]'"),
          "right on the example", "the zip holds other code than the source you are given"),
    Wrong("01.2", "no wait", create(wait="pass"), "waits until it is Active", "the waiter function_active_v2 asks until it is Active"),
    Wrong("01.2", "the answer itself", create(last="return made"), "right type", 'return its "FunctionArn"'),
    Wrong("01.2", "a fixed name", create(name='"mine"'), "right type", "you used another name than the one given"),
    Wrong("01.2", "other code", create(content="'def lambda_handler(event, context): return 1'"),
          "right on the example", "the zip holds other code"),
    Wrong("01.2", "defaults", create(settings=""), "right memory and timeout", "without them it is 128 MB and 3 s"),
    Wrong("01.3", "no wait", release(UPDATE, PUBLISH, "return number"), "waits until it is updated", "wait with function_updated_v2"),
    Wrong("01.3", "creates", release(CREATE, PUBLISH, "return number"), "runs", "update_function_code, in place of create_function"),
    Wrong("01.3", "deletes and creates", release("client.delete_function(FunctionName=name)", CREATE, 'return "1"'),
          "right on the example", "release deletes the function, and its versions with it"),
    Wrong("01.3", "a fixed name", release(
        'client.update_function_code(FunctionName="hello", ZipFile=box.getvalue())',
        'client.get_waiter("function_updated_v2").wait(FunctionName="hello")',
        'return client.publish_version(FunctionName="hello")["Version"]'),
        "right on the example", "another function's version was published; use the name you are given"),
    Wrong("01.3", "raises", release("return publish(name)"), "runs", "call release yourself to see the traceback"),
    Wrong("01.3", "no return", release(UPDATE, WAIT, PUBLISH), "right type", "ends without `return`"),
    Wrong("01.3", "publishes first", release(PUBLISH, UPDATE, "return number"), "right on the example", "published before the new code"),
    Wrong("01.3", "no version", release(UPDATE, 'return "1"'), "right on the example", "nothing was published"),
    Wrong("01.3", "$LATEST", release("return " + UPDATE + '["Version"]'), "right type", "$LATEST is the code you can still change"),
    Wrong("01.3", "a number", release(UPDATE, PUBLISH, "return int(number)"), "right type", 'return its "Version", which is text'),
    Wrong("01.3", "its own number", release(UPDATE, WAIT, PUBLISH, 'return "99"'), "right on the example", "not one of your own"),
    Wrong("01.3", "deletes the old", release(
        UPDATE, WAIT, PUBLISH,
        'if number != "1": client.delete_function(FunctionName=name, Qualifier=str(int(number) - 1))', "return number"),
        "older versions stay", "never deletes the function or an older version"),
)
