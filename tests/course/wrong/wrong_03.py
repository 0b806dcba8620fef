"""Wrong answers to the exercises of lab 03."""

from __future__ import annotations

from tests.course.wrong.wrong import Wrong, handler

HEAD = '#!/bin/bash\napi="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime/invocation"\nheaders=$(mktemp)\n'
NEXT = 'event=$(curl -sS -D "$headers" "$api/next")'
ID = "id=$(grep -i request-id \"$headers\" | cut -d' ' -f2 | tr -d '\\r')"
COUNT = "call=$((call + 1))"
REPLY = 'curl -sS -d "{\\"call\\": $call, \\"event\\": $event}" "$api/$id/response" > /dev/null'
HANDLER = """handler() { n=$(grep -o '[0-9][0-9]*' <<< "$1") && echo "{\\"double\\": $((2 * n))}"; }"""
ERROR = '{"errorType": "NoNumber", "errorMessage": "the event has no n"}'


def loop(*steps: str, above: str = "") -> str:
    """A bootstrap of these steps, for each event."""
    return HEAD + above + "while true; do\n" + "".join(f"  {step}\n" for step in steps) + "done\n"


def parrot(*steps: str) -> str:
    """A `parrot` that takes its event and finds its id, then does what is given."""
    return loop(NEXT, ID, *steps)


def careful(failed: str, answered: str = 'curl -sS -d "$answer" "$api/$id/response" > /dev/null') -> str:
    """A `careful` with what it does when its handler failed, and when it did not."""
    return loop(NEXT, ID, f'if answer=$(handler "$event"); then {answered}; else {failed}; fi', above=HANDLER + "\n")


def report(body: str, to: str = "error") -> str:
    return f"curl -sS -d '{body}' \"$api/$id/{to}\" > /dev/null"


def share(*steps: str, file: str = "bootstrap", mode: str = "0o755", content: str = "bootstrap", last: str = "") -> str:
    """A `share` with one thing changed."""
    publish = 'made = client.publish_layer_version(LayerName=name, Content={"ZipFile": box.getvalue()})'
    body = "\n    ".join(steps or (publish, last or 'return made["LayerVersionArn"]'))
    return f"""
def share(name, bootstrap):
    box = io.BytesIO()
    with zipfile.ZipFile(box, "w") as archive:
        entry = zipfile.ZipInfo("{file}")
        entry.external_attr = {mode} << 16
        archive.writestr(entry, {content})
    {body}
"""


WRONG = (
    Wrong("03.1", "a slip", parrot("call=$((call + ", REPLY), "runs", "the script ended before it had answered"),
    Wrong("03.1", "no answer", parrot(COUNT), "runs", "it took the event and nobody answered"),
    Wrong("03.1", "another id", loop(NEXT, "id=1", COUNT, REPLY), "runs", "post with the id from this event's headers"),
    Wrong("03.1", "no bash", parrot(COUNT, REPLY).replace("#!/bin/bash\n", ""), "runs", "first line has to be #!/bin/bash"),
    Wrong("03.1", "an error", parrot(COUNT, REPLY.replace("/response", "/error")), "runs", "an answer goes to …/response"),
    Wrong("03.1", "no JSON", parrot(COUNT, 'curl -sS -d "call $call" "$api/$id/response" > /dev/null'), "runs", "callers expect JSON"),
    Wrong("03.1", "Python's own runtime", "%%lambda_function parrot\n" + handler('return {"call": 1, "event": event}'),
          "defined", "a bootstrap: %%lambda_function parrot"),
    Wrong("03.1", "single quotes", parrot(COUNT, """curl -sS -d '{"call": $call, "event": $event}' "$api/$id/response" > /dev/null"""),
          "runs", "between single quotes"),
    Wrong("03.1", "spaces around =", parrot("call = $((call + 1))", REPLY), "runs", "no spaces around ="),
    Wrong("03.1", "the event alone", parrot('curl -sS -d "$event" "$api/$id/response" > /dev/null'),
          "right type", 'the key "call" is missing'),
    Wrong("03.1", "another key too", parrot(COUNT, REPLY.replace("{", '{\\"by\\": \\"me\\", ')), "right on the example",
          'the answer has the key "by" too'),
    Wrong("03.1", "a constant", parrot(COUNT, REPLY.replace("$event", '{\\"n\\": 1}')),
          "right on an event you have not seen", "that is the example's event"),
    Wrong("03.1", "no quotes", parrot(COUNT, "event=$(echo $event)", REPLY), "right on an event you have not seen", "between double quotes"),
    Wrong("03.1", "always one", parrot("call=1", REPLY), "counts its calls", "nothing is remembered"),
    Wrong("03.1", "no loop", HEAD + "\n".join((NEXT, ID, COUNT, REPLY)) + "\n", "counts its calls", "a script without a loop starts anew"),
    Wrong("03.1", "from nought", parrot("call=${call:-0}", REPLY, COUNT), "counts its calls", "count before you answer"),
    Wrong("03.1", "by two", parrot("call=$((call + 1 + (call > 0)))", REPLY), "counts its calls", "goes up by one with each event"),
    Wrong("03.2", "a slip", careful("fi"), "runs", "the script ended before it had answered"),
    Wrong("03.2", "always fails", careful(report(ERROR), report(ERROR)), "runs", "post what it prints to …/response"),
    Wrong("03.2", "half of the event", loop(NEXT, ID, f"answer=$(handler $event) && {report('42', 'response')} || {report(ERROR)}",
          above=HANDLER + "\n"), "runs", '"$event" in double quotes'),
    Wrong("03.2", "never called", careful(":").replace('$(handler "$event")', ""), "runs", "came to nothing"),
    Wrong("03.2", "text", careful(report(ERROR), 'curl -sS -d "{\\"double\\": \\"42\\"}" "$api/$id/response" > /dev/null'),
          "right type", '"double" is "42", which is no whole number'),
    Wrong("03.2", "a constant", careful(report(ERROR), report('{"double": 42}', "response")),
          "right on an event you have not seen", "post what `handler` prints"),
    Wrong("03.2", "another key too", careful(report(ERROR), report('{"double": 42, "n": 21}', "response")),
          "right on the example", 'the answer has the key "n" too'),
    Wrong("03.2", "swallows it", careful(report(ERROR, "response")), "reports a failure", "the caller takes it for an answer"),
    Wrong("03.2", "ends", careful("exit 1"), "reports a failure", "it outlives its handler's failures"),
    Wrong("03.2", "says nothing", careful(":"), "reports a failure", "nobody told Lambda that the handler failed"),
    Wrong("03.2", "bare text", careful(report("the event has no n")), "reports a failure", 'an object with "errorType" and "errorMessage"'),
    Wrong("03.2", "other words", careful(report(ERROR.replace("no n", "nothing"))), "reports a failure", "letter by letter"),
    Wrong("03.3", "no zip", share('made = client.publish_layer_version(LayerName=name, Content={"ZipFile": bootstrap.encode()})'),
          "runs", "ZipFile wants the bytes of a zip"),
    Wrong("03.3", "the box itself", share('client.publish_layer_version(LayerName=name, Content={"ZipFile": box})'),
          "runs", "a BytesIO is none"),
    Wrong("03.3", "raises", share("return mad"), "runs", "call share yourself to see the traceback"),
    Wrong("03.3", "an argument", share('client.publish_layer_version(LayerName=name, Content={"Zip": box.getvalue()})'),
          "runs", "which call AWS refuses"),
    Wrong("03.3", "the answer itself", share(last="return made"), "right type", 'return its "LayerVersionArn"'),
    Wrong("03.3", "the layer's ARN", share(last='return made["LayerArn"]'), "right type", "with its number at the end"),
    Wrong("03.3", "a fixed name", share(
        'made = client.publish_layer_version(LayerName="mine", Content={"ZipFile": box.getvalue()})', 'return made["LayerVersionArn"]'),
        "right type", "use the name you are given"),
    Wrong("03.3", "no return", share(last="pass"), "right type", "ends without `return`"),
    Wrong("03.3", "no program", share(mode="0o644"), "right on the example", "not marked as a program"),
    Wrong("03.3", "in a folder", share(file="runtime/bootstrap"), "right on the example", "in no folder of the zip"),
    Wrong("03.3", "another bootstrap", share(content='bootstrap.replace("shared", "mine")'), "right on the example",
          "another bootstrap than the one you are given"),
    Wrong("03.3", "the first version", share(
        'made = client.publish_layer_version(LayerName=name, Content={"ZipFile": box.getvalue()})',
        'return made["LayerArn"] + ":1"'), "right type", "not the version this call published"),
)

