"""Wrong answers to the exercises of lab 00."""

from __future__ import annotations

from tests.course.wrong.wrong import Wrong, handler

WRONG = (
    Wrong("00.1", "remembers", handler('items.extend(event["items"])\nreturn {"items": items, "count": len(items)}', "items = []"),
          "right on the example", "an earlier call's things are in it"),
    Wrong("00.1", "prints", handler('print(event["items"])'), "right type", "prints its answer, or ends without `return`"),
    Wrong("00.1", "count is text", handler('return {"items": event["items"], "count": str(len(event["items"]))}'),
          "right type", '"count" is "1", which is no whole number'),
    Wrong("00.1", "always one", handler('return {"items": event["items"], "count": 1}'),
          "right on an event you have not seen", '"count" is how many items the answer holds'),
    Wrong("00.1", "a constant", handler('return {"items": ["tea"], "count": 1}'),
          "right on an event you have not seen", "this event's items, in their order"),
    Wrong("00.1", "none when empty", handler('if event["items"]:\n    return {"items": event["items"], "count": len(event["items"])}'),
          "right on an event you have not seen", "for this event the handler ends without `return`"),
    Wrong("00.1", "a note when empty", handler('items = event["items"]\nreturn {"items": items, "count": len(items)} if items else {"note": 1}'),
          "right on an event you have not seen", 'the key "items" is missing'),
    Wrong("00.1", "another key too", handler('return {"items": event["items"], "count": len(event["items"]), "total": 1}'),
          "right on the example", 'the answer has the key "total" too'),
    Wrong("00.1", "a list in a list", handler('items = []\nitems.append(event["items"])\nreturn {"items": items, "count": len(items)}'),
          "right on the example", "append put a list into the list; use extend, or list(...)"),
    Wrong("00.2", "bare text", handler('return f"Hello, {event.get(\'name\', \'stranger\')}!"'),
          "right type", "the handler returns the bare value"),
    Wrong("00.2", "another key", handler('return {"message": "Hello, Ada!"}'), "right type", 'the key "greeting" is missing'),
    Wrong("00.2", "punctuation", handler('return {"greeting": "Hello " + event["name"]}'),
          "right on the example", "compare the two texts letter by letter"),
    Wrong("00.2", "another key too", handler('return {"greeting": f"Hello, {event[\'name\']}!", "by": 1}'),
          "right on the example", 'the answer has the key "by" too; nobody asked for it'),
    Wrong("00.2", "no f", handler('return {"greeting": "Hello, {name}!"}'), "right on the example", "put f before the quotes"),
    Wrong("00.2", "returns at times", handler('if event.get("name") == "Ada":\n    return {"greeting": "Hello, Ada!"}'),
          "right on an event you have not seen", "for this event the handler ends without `return`"),
    Wrong("00.2", "bare at times", handler('return {"greeting": "Hello, Ada!"} if event.get("name") == "Ada" else "Hello!"'),
          "right on an event you have not seen", "for this event the handler returns no dictionary"),
    Wrong("00.2", "another name", 'def handler(event, context):\n    return {}', "runs", "name the function lambda_handler"),
    Wrong("00.2", "a set", handler("return {event['name']}"), "runs", "return only dict, list, text, numbers, True/False, None"),
    Wrong("00.2", "no end", handler("while True:\n    pass"), "runs", "it ran into its timeout"),
    Wrong("00.2", "exits", handler("raise SystemExit"), "runs", "its process ended before it answered"),
    Wrong("00.2", "a library", handler("return 1", "import requests_of_mine"), "runs", "the cell imports something else"),
    Wrong("00.2", "an unknown name", handler("return nam"), "runs", 'see its traceback with: lab.invoke("greet", {"name": "Ada"})'),
    Wrong("00.2", "a constant", handler('return {"greeting": "Hello, Ada!"}'),
          "right on an event you have not seen", "the handler always greets Ada"),
    Wrong("00.2", "key error", handler('return {"greeting": f"Hello, {event[\'name\']}!"}'),
          "right without a name", 'event.get("name") does not raise'),
    Wrong("00.2", "None", handler('return {"greeting": f"Hello, {event.get(\'name\')}!"}'),
          "right without a name", "a missing name became None"),
    Wrong("00.2", "syntax", "def lambda_handler(event, context)\n    return 1", "runs", "Python could not read the cell: expected ':'"),
    Wrong("00.3", "text", 'def read_report(line):\n    return {"cold": "Init" in line, "billed_ms": "214"}',
          "right type", "text taken out of a line stays text"),
    Wrong("00.3", "a tuple", "def read_report(line):\n    return True, 214", "right type", "end with return {"),
    Wrong("00.3", "duration", 'def read_report(line):\n    ms = float(line.split("Duration: ")[1].split(" ms")[0])\n'
          '    return {"cold": "Init" in line, "billed_ms": int(ms)}', "right on the example", "that is Duration; Billed Duration has"),
    Wrong("00.3", "a constant", 'def read_report(line):\n    return {"cold": True, "billed_ms": 214}',
          "right on an event you have not seen", "take the number that follows `Billed Duration:`"),
    Wrong("00.3", "always cold", 'def read_report(line):\n    billed = int(line.split("Billed Duration: ")[1].split(" ms")[0])\n'
          '    return {"cold": True, "billed_ms": billed}', "right on an event you have not seen", "only a cold start's line has"),
    Wrong("00.3", "needs init", 'def read_report(line):\n    init = line.split("Init Duration: ")[1]\n'
          '    return {"cold": bool(init), "billed_ms": int(line.split("Billed Duration: ")[1].split(" ms")[0])}',
          "right on an event you have not seen", "not every REPORT line has an Init Duration"),
    Wrong("00.3", "nothing when warm", 'def read_report(line):\n    if "Init" in line:\n'
          '        return {"cold": True, "billed_ms": int(line.split("Billed Duration: ")[1].split(" ms")[0])}',
          "right on an event you have not seen", "for this line the function ends without `return`"),
    Wrong("00.3", "text when warm", 'def read_report(line):\n    if "Init" not in line: return "warm"\n'
          '    return {"cold": True, "billed_ms": int(line.split("Billed Duration: ")[1].split(" ms")[0])}',
          "right on an event you have not seen", "for this line the function returns no dictionary"),
    Wrong("00.3", "no number when warm", 'def read_report(line):\n    cold = "Init" in line\n'
          '    return {"cold": cold, "billed_ms": int(line.split("Billed Duration: ")[1].split(" ms")[0]) if cold else None}',
          "right on an event you have not seen", '"billed_ms" is None, which is no number'),
    Wrong("00.3", "exits", 'def read_report(line):\n    raise SystemExit("stop")', "runs", "SystemExit: stop"),
    Wrong("00.3", "raises", 'def read_report(line):\n    return line["cold"]', "runs", "a line of your own: read_report(line)"),
)
