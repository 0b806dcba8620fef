"""What is measured on every target alike: warm and cold calls, many clients, calls that wait."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.bench.targets import Target

SILENT = "def lambda_handler(event, context):\n    return {}\n"
PRINTING = 'def lambda_handler(event, context):\n    print("one line")\n    return {}\n'
SLEEPING = "import time\ndef lambda_handler(event, context):\n    time.sleep(0.1)\n    return {}\n"
# So long that the first is not through before the last has begun, also where much else runs.
HOLDING = "import time\ndef lambda_handler(event, context):\n    time.sleep(8)\n    return {}\n"


def milliseconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def caller(target: Target, name: str) -> Callable[[], object]:
    """A client of its own that invokes the function and reads the answer."""
    lambda_ = target.client("lambda")
    return lambda: lambda_.invoke(FunctionName=name, Payload=b"{}")["Payload"].read()


def warm_ms(targets: list[Target], name: str, rounds: int, calls: int = 20) -> dict[str, float]:
    """Median of one call, for each target; in turns, so that what else the machine does meets all of them."""
    callers = {target.name: caller(target, name) for target in targets}
    times: dict[str, list[float]] = {target.name: [] for target in targets}
    for call in callers.values():
        for _ in range(5):
            call()
    for _ in range(rounds):
        for key, call in callers.items():
            times[key] += [milliseconds(call) for _ in range(calls)]
    return {key: statistics.median(values) for key, values in times.items()}


def cold_ms(target: Target, count: int) -> float:
    """Median of the first call of a new function."""
    names = [target.deploy(f"cold-{number}", SILENT) for number in range(count)]
    lambda_ = target.client("lambda")
    lambda_.list_functions()  # opens the connection
    return statistics.median(
        milliseconds(lambda: lambda_.invoke(FunctionName=name, Payload=b"{}")["Payload"].read()) for name in names
    )


def rate(target: Target, name: str, clients: int, seconds: float) -> float:
    """Calls a second, of `clients` threads that each call as fast as they are answered; all environments warm."""
    callers = [caller(target, name) for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        for _ in range(3):
            list(pool.map(lambda call: call(), callers))
        ended, counts = threading.Event(), [0] * clients

        def work(number: int) -> None:
            while not ended.is_set():
                callers[number]()
                counts[number] += 1

        began = time.perf_counter()
        working = [pool.submit(work, number) for number in range(clients)]
        ended.wait(seconds)
        ended.set()
        for one in working:
            one.result()
        return sum(counts) / (time.perf_counter() - began)


def sleeps_s(target: Target, name: str, clients: int = 8, each: int = 10) -> float:
    """Seconds for `clients` threads to make `each` calls of 100 ms; all environments warm."""
    callers = [caller(target, name) for _ in range(clients)]
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda call: call(), callers))
        began = time.perf_counter()
        list(pool.map(lambda call: [call() for _ in range(each)], callers))
        return time.perf_counter() - began
