"""Wrong answers to the exercises of lab 08."""

from __future__ import annotations

from typing import Any

from lablib.models.report import parse_report
from tests.course.wrong.wrong import Wrong
from tests.support import CloudUnderTest


def namespace(cloud: CloudUnderTest) -> dict[str, Any]:
    """`measure`, as a cell of the lab defines it."""
    client = cloud.client("lambda")

    def measure(name: str, memory: int, event: Any, times: int = 3) -> int:
        client.update_function_configuration(FunctionName=name, MemorySize=memory)
        client.get_waiter("function_updated_v2").wait(FunctionName=name)
        return min(warm(client, name, event) for _ in range(times))

    return {"measure": measure, "warm": warm, "client": client}


def warm(client: Any, name: str, event: Any) -> int:
    """The billed milliseconds of an invocation; a second's worth more than any when it was cold."""
    import base64
    import json

    tail = client.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")["LogResult"]
    report = next(found for line in base64.b64decode(tail).decode().split("\n") if (found := parse_report(line)))
    return 10**6 if report.cold else report.billed_duration_ms


def bill(*lines: str) -> str:
    return "\n    ".join(["def monthly_bill(requests, billed_ms, memory_mb):", *lines])


GB_S = "gb_s = requests * billed_ms / 1000 * memory_mb / 1024"
PAID = "return max(0, requests - 1e6) * 2e-7 + max(0, gb_s - 400_000) * 0.0000166667"


def cheapest(*lines: str) -> str:
    return "\n    ".join(["def cheapest(times, deadline_ms):", *lines])


MEETS = "fits = [size for size in times if times[size] <= deadline_ms]"


def tune(*lines: str) -> str:
    return "\n    ".join(["def tune(name, event, sizes, deadline_ms):", *lines])


MEASURED = "found = {size: measure(name, size, event) for size in sizes}"
SET = "client.update_function_configuration(FunctionName=name, MemorySize=best)"
WAIT = 'client.get_waiter("function_updated_v2").wait(FunctionName=name)'

WRONG = (
    Wrong("08.1", "raises", bill("return requets"), "runs", "call monthly_bill yourself to see the traceback"),
    Wrong("08.1", "prints", bill(GB_S, "print(gb_s)"), "right type", "ends without `return`"),
    Wrong("08.1", "text", bill(GB_S, 'return f"{gb_s} USD"'), "right type", "return the number itself, not a text"),
    Wrong("08.1", "no free tier", bill(GB_S, "return requests * 2e-7 + gb_s * 0.0000166667"),
          "right on the example", "the free tier is missing"),
    Wrong("08.1", "no free requests", bill(GB_S, "return requests * 2e-7 + max(0, gb_s - 400_000) * 0.0000166667"),
          "right on the example", "the free tier has 1,000,000 requests too"),
    Wrong("08.1", "no free GB-seconds", bill(GB_S, "return max(0, requests - 1e6) * 2e-7 + gb_s * 0.0000166667"),
          "right on the example", "the free tier has 400,000 GB-seconds too"),
    Wrong("08.1", "1,000 MB", bill(GB_S.replace("1024", "1000"), PAID), "right on the example", "1,024 MB are one GB"),
    Wrong("08.1", "milliseconds", bill(GB_S.replace(" / 1000", ""), PAID), "right on the example", "these are milliseconds"),
    Wrong("08.1", "requests alone", bill("return max(0, requests - 1e6) * 2e-7"),
          "right on the example", "the duration is missing"),
    Wrong("08.1", "compute alone", bill(GB_S, "return max(0, gb_s - 400_000) * 0.0000166667"), "right on the example",
          "the requests themselves cost something too"),
    Wrong("08.1", "something else", bill(GB_S, "return gb_s"), "right on the example", "two lines make the bill"),
    Wrong("08.1", "with help", bill("return estimate(requests=requests, duration_ms=billed_ms, memory_mb=memory_mb).total"),
          "runs", "here you reckon it yourself"),
    Wrong("08.1", "0.20 for one", bill(GB_S, PAID.replace("2e-7", "0.2")), "right on the example", "the price of a million requests"),
    Wrong("08.1", "whole GB", bill(GB_S.replace("/ 1024", "// 1024"), PAID).replace("memory_mb //", "(memory_mb //").replace("// 1024", "// 1024)"),
          "right on the example", "a // drops a part"),
    Wrong("08.1", "whole millions", bill(GB_S, PAID.replace("max(0, requests - 1e6) * 2e-7", "max(0, requests // 1_000_000 - 1) * 0.2")),
          "right for a month you have not seen", "each request is billed"),
    Wrong("08.1", "one free part for both", bill(GB_S, "return max(0, (requests - 1e6) * 2e-7 + (gb_s - 400_000) * 0.0000166667)"),
          "right inside the free tier", "comes off each line for itself"),
    Wrong("08.1", "a constant", bill("return 2.73"), "right for a month you have not seen", "2.73 is the example's bill"),
    Wrong("08.1", "below nothing", bill(GB_S, "return (requests - 1e6) * 2e-7 + (gb_s - 400_000) * 0.0000166667"),
          "right inside the free tier", "the free tier gives nothing back"),
    Wrong("08.1", "nothing when free", bill(GB_S, "if gb_s > 400_000:", "    " + PAID), "right inside the free tier",
          "for these numbers the function ends without `return`"),
    Wrong("08.2", "raises", cheapest("return times['memory']"), "runs", "call cheapest yourself to see the traceback"),
    Wrong("08.2", "a time", cheapest("return min(times.values())"), "right type", "that is a time; return the memory"),
    Wrong("08.2", "both", cheapest("return min((s * ms, s) for s, ms in times.items())"),
          "right type", "return the memory alone"),
    Wrong("08.2", "nothing", cheapest(MEETS), "right type", "ends without `return`"),
    Wrong("08.2", "fastest", cheapest("return min(times, key=times.get)"), "right on the example", "that is the fastest"),
    Wrong("08.2", "smallest that meets it", cheapest(MEETS, "return min(fits)"),
          "right on the example", "that is the smallest that meets it"),
    Wrong("08.2", "smallest", cheapest("return min(times)"),
          "right on the example", "128 MB takes 1660 ms and misses the deadline"),
    Wrong("08.2", "largest", cheapest("return max(times) if deadline_ms >= 120 else None"),
          "right on the example", "that is the fastest"),
    Wrong("08.2", "no deadline", cheapest("return min(times, key=lambda size: size * times[size])"),
          "right on tables you have not seen", "512 MB takes 340 ms and misses the deadline"),
    Wrong("08.2", "a constant", cheapest("return 1024"), "right on tables you have not seen", "1024 MB takes 200 ms and misses"),
    Wrong("08.2", "less than", cheapest(
        MEETS.replace("<=", "<"), "return min(fits, key=lambda size: size * times[size], default=None)"),
          "right on tables you have not seen", "a time equal to the deadline meets it"),
    Wrong("08.2", "always something", cheapest(MEETS, "return min(fits, key=lambda size: size * times[size])"),
          "None when nothing meets it", "min() has nothing to choose from"),
    Wrong("08.2", "zero", cheapest(MEETS, "return min(fits, key=lambda size: size * times[size], default=0)"),
          "None when nothing meets it", "nothing meets this deadline: return None"),
    Wrong("08.3", "raises", tune("return size"), "runs", "call tune yourself to see the traceback"),
    Wrong("08.3", "a text for a size", tune("return measure(name, str(sizes[0]), event)"), "runs", "call tune yourself"),
    Wrong("08.3", "nothing", tune(MEASURED), "right type", "ends without `return`"),
    Wrong("08.3", "the table", tune(MEASURED, "return found"), "right type", "return the memory that you chose"),
    Wrong("08.3", "the largest", tune(MEASURED, "best = max(sizes)", SET, WAIT, "return best"),
          "right on the example", "3538 MB meets the deadline, and another size does too for fewer GB-seconds"),
    Wrong("08.3", "the smallest", tune(MEASURED, "best = min(sizes)", SET, WAIT, "return best"),
          "right on the example", "at 128 MB every warm run took longer than 250 ms"),
    Wrong("08.3", "a guess", tune("best = sizes[1]", SET, WAIT, "return best"),
          "right on the example", "give the function `name` each size"),
    Wrong("08.3", "one cold call each", tune(
        "found = {}", "for best in sizes:", f"    {SET}", f"    {WAIT}", "    found[best] = warm(client, name, event)",
        SET.replace("=best", "=512 if deadline_ms > 999 else None"), "return 512"),
          "right on the example", "the first run at a new size pays INIT too"),
    Wrong("08.3", "none meets it", tune(MEASURED, "best = 512 if deadline_ms > 999 else None", SET, WAIT, "return best"),
          "right on the example", "it chose None, though a size meets the deadline"),
    Wrong("08.3", "cold starts", tune(
        "for best in sizes:", f"    {SET}", f"    {WAIT}", "    warm(client, name, event)", "return 512"),
          "right on the example", "the first run at a new size pays INIT too"),
    Wrong("08.3", "one answer", tune(MEASURED, "best = sizes[1]", SET, WAIT, "return best"),
          "right on a function you have not seen", "512 MB meets the deadline, and another size does too"),
    Wrong("08.3", "left at the last", tune(
        MEASURED, "return min((s for s in sizes if found[s] <= deadline_ms), key=lambda s: s * found[s])"),
        "leaves the function there", "measuring changed the memory"),
)
