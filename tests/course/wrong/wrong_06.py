"""Wrong answers to the exercises of lab 06."""

from __future__ import annotations

from tests.course.wrong.wrong import Wrong, handler

IN_TIME = "if context.get_remaining_time_in_millis() < 300:\n        return {\"made\": made, \"next\": at}\n    "
STOPS, GOES_ON = "stops in time and goes on", "right on an event you have not seen"


def thumbs(
    before: str = IN_TIME, start: str = 'event["start"]', made: str = '"small-" + event["names"][at]', last: str = "None",
    work: str = "time.sleep(0.02)", first: str = "made = []",
) -> str:  # fmt: skip
    """A `thumbs_fixed` with one thing changed."""
    body = (
        f'{first}\nfor at in range({start}, len(event["names"])):\n    {before}{work}\n    made.append({made})\n'
        f'return {{"made": made, "next": {last}}}'
    )
    return handler(body, "import time")


def pieces(step: str, last: str = "return cut") -> str:
    """A `pieces` that goes through the names with `step`."""
    lines = "\n        ".join(step.split("\n"))
    end = "\n    ".join(last.split("\n"))
    return f"def pieces(names, most):\n    cut, piece = [], []\n    for name in names:\n        {lines}\n    {end}\n"


def run_all(loop: str, last: str = "return made", first: str = "made, start = [], 0") -> str:
    """A `run_all` with this body; `ask(start)` is one call of the function."""
    body = "\n    ".join([*loop.split("\n"), last])
    return (
        "def run_all(function, names):\n"
        '    def ask(start, key="start", to=function):\n'
        '        reply = client.invoke(FunctionName=to, Payload=json.dumps({"names": names, key: start}))\n'
        '        return json.load(reply["Payload"])\n'
        f"    {first}\n    {body}\n"
    )


LOOP = "while start is not None:\n    answer = ask(start)\n    "
JOINS = "if piece and len(json.dumps(piece + [name])) > most:\n    cut.append(piece)\n    piece = []\npiece.append(name)"
REST = "return cut + [piece] if piece else cut"

WRONG = (
    Wrong("06.1", "never stops", thumbs(before=""), STOPS, "it goes on until it is killed"),
    Wrong("06.1", "no brackets", thumbs(before=IN_TIME.replace("()", "")), "runs", "its brackets are missing"),
    Wrong("06.1", "null", thumbs(last="null"), "runs", "Python's is None"),
    Wrong("06.1", "seconds", thumbs(before=IN_TIME.replace("300", "0.3")), STOPS, "(milliseconds) before each picture"),
    Wrong("06.1", "from the beginning", thumbs(start="0"), "right on the example", 'this call begins at event["start"]'),
    Wrong("06.1", "a count", thumbs(before='if len(made) == 5:\n        return {"made": made, "next": at}\n    '), GOES_ON,
          "stop by the time that is left, not by a count"),
    Wrong("06.1", "stops at once", thumbs(before=IN_TIME.replace("300", "7_000")),
          "right on the example", "there was time for all of them"),
    Wrong("06.1", "the place of the last one", thumbs(before=IN_TIME.replace("at}", "at - 1}")), STOPS,
          "next is the place of the first picture that is not made"),
    Wrong("06.1", "gives up", thumbs(before=IN_TIME.replace("at}", "None}")), STOPS,
          "next is None when nothing is left, and only then"),
    Wrong("06.1", "no work", thumbs(work="pass"), STOPS, "do not fit into a timeout of 1 s"),
    Wrong("06.1", "no next", handler('return {"made": ["small-" + name for name in event["names"][event["start"]:]]}'),
          "right type", 'the key "next" is missing'),
    Wrong("06.1", "a place at the end", thumbs(last='len(event["names"])'), "right on the example",
          "nothing is left to make, so next is None"),
    Wrong("06.1", "the names as they are", thumbs(made='event["names"][at]'), "right on the example",
          "each with small- in front"),
    Wrong("06.1", "text", thumbs(first='made = ""').replace("made.append(", "made += ("), "right type", '"made" is'),
    Wrong("06.1", "beyond the last", handler(
        'made, at = [], event["start"]\nwhile True:\n    made.append("small-" + event["names"][at])\n    at += 1'),
        "runs", "IndexError"),
    Wrong("06.1", "remembers", thumbs(first="").replace("import time", "import time\nmade = []"), "right on the example",
          "earlier calls' pictures are in it"),
    Wrong("06.2", "one in each", "def pieces(names, most):\n    return [[name] for name in names]", "in as few pieces as can be",
          "a piece is closed too early"),
    Wrong("06.2", "all in one", "def pieces(names, most):\n    return [names]", "right on the example", "a piece has 18 bytes"),
    Wrong("06.2", "loses the last", pieces(JOINS), "right on the example", "what is left when the loop ends is a piece too"),
    Wrong("06.2", "counts the letters", pieces(JOINS.replace("json.dumps(piece + [name])", "''.join(piece + [name])"), REST),
          "right on the example", "measure its JSON, with brackets, quotes and spaces"),
    Wrong("06.2", "measures characters", pieces(JOINS.replace("[name])", "[name], ensure_ascii=False)"), REST),
          "right on names you have not seen", "json.dumps writes ë as six characters"),
    Wrong("06.2", "measures too late", pieces(
        "piece.append(name)\nif len(json.dumps(piece)) > most:\n    cut.append(piece)\n    piece = []", REST),
        "right on the example", "before the next name is in"),
    Wrong("06.2", "an empty one", pieces(JOINS.replace("piece and ", ""), "return [[]] + cut + [piece]"), "right on the example",
          "one piece is empty"),
    Wrong("06.2", "sorted", "def pieces(names, most):\n    return [[name] for name in sorted(names, reverse=True)]",
          "right on the example", "give the names in their order"),
    Wrong("06.2", "yields", "def pieces(names, most):\n    yield names", "right type", "`yield` makes a generator"),
    Wrong("06.2", "no return", pieces(JOINS, "cut.append(piece)"), "right type", "ends without `return`"),
    Wrong("06.2", "an empty one from nothing", pieces(JOINS, "return cut + [piece]"), "right when there is nothing to cut",
          "no names, no pieces: not even an empty one"),
    Wrong("06.2", "raises", "def pieces(names, most):\n    return cutt", "runs", "call pieces yourself to see the traceback"),
    Wrong("06.3", "the first call alone", run_all('made = ask(0)["made"]'), "right on the example",
          "the last pictures are missing"),
    Wrong("06.3", "the last call alone", run_all(LOOP + 'made = answer["made"]\n    start = answer["next"]'),
          "right on the example", "the last call's pictures alone"),
    Wrong("06.3", "always from the beginning", run_all(LOOP + 'made += answer["made"]\n    start = answer["next"] and 0'),
          "right on the example", "start 0 came twice"),
    Wrong("06.3", "one by one", run_all(LOOP + 'made += answer["made"]\n    start += 1'), "runs", "is beyond the last name"),
    Wrong("06.3", "0 is False", run_all(LOOP.replace(" is not None", "") + 'made += answer["made"]\n    start = answer["next"]'),
          "right on the example", "False to `while start`"),
    Wrong("06.3", "an unread answer", run_all(
        'reply = client.invoke(FunctionName=function, Payload=json.dumps({"names": names, "start": 0}))\n'
        'made = reply["Payload"]["made"]'),
        "runs", "json.load for what comes back"),
    Wrong("06.3", "append", run_all(LOOP + 'made.append(answer["made"])\n    start = answer["next"]'), "right on the example",
          "append adds the answer's list itself"),
    Wrong("06.3", "without the last", run_all('answer = ask(0)\nwhile answer["next"] is not None:\n    made += answer["made"]\n'
          '    answer = ask(answer["next"])'), "right on the example", "keep what that call has made too"),
    Wrong("06.3", "hides a failure", run_all(LOOP + 'made += answer.get("made", [])\n    start = answer.get("next")'),
          "says so when a call fails", "a call that fails has HTTP status 200 too"),
    Wrong("06.3", "another key", run_all(LOOP.replace("ask(start)", 'ask(start, "from")') + 'made += answer["made"]'),
          "runs", 'the event needs both keys, "names" and "start"'),
    Wrong("06.3", "another function", run_all('made = ask(0, to="hello")'), "right type",
          "return the pictures of all calls in one list"),
    Wrong("06.3", "its own list", run_all('made = ["small-" + name for name in names]'), "right on the example",
          "was not called"),
    Wrong("06.3", "no return", run_all('made = ask(0)["made"]', "made"), "right type", "ends without `return`"),
    Wrong("06.3", "no JSON", 'def run_all(function, names):\n    client.invoke(FunctionName=function, Payload={"names": names})',
          "runs", "Payload is JSON text both ways"),
    Wrong("06.3", "raises", "def run_all(function, names):\n    return mad", "runs", "was not called"),
)
