"""Java functions, from outside: the real runtime client, on the machine's Java, with namespaces and without."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from lablib.environments.runtimes import maven, toolchains
from tests.environments.conftest import Function, Plane
from tests.support import require

SOURCE = """
package lab;

import com.amazonaws.services.lambda.runtime.*;
import java.io.*;
import java.util.*;

public class Functions {
    public static class Order { public String item; public int count; public List<Double> prices; }
    public static class Receipt {
        private final String text; private final double total;
        public Receipt(String text, double total) { this.text = text; this.total = total; }
        public String getText() { return text; }
        public double getTotal() { return total; }
    }
    public static class Pojo implements RequestHandler<Order, Receipt> {
        public Receipt handleRequest(Order order, Context context) {
            double sum = 0;
            for (double price : order.prices) sum += price;
            return new Receipt(order.count + " " + order.item, sum);
        }
    }
    record Point(int x, int y, String label) { }
    public static class Records implements RequestHandler<Point, Integer> {
        public Integer handleRequest(Point point, Context context) { return point.x() + point.y(); }
    }
    public static class Maps implements RequestHandler<Map<String, Object>, Map<String, Object>> {
        private int calls;
        public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
            Map<String, Object> answer = new TreeMap<>(event);
            answer.put("calls", ++calls);
            return answer;
        }
    }
    public static class Streams implements RequestStreamHandler {
        public void handleRequest(InputStream in, OutputStream out, Context context) throws IOException {
            out.write(new String(in.readAllBytes(), "UTF-8").toUpperCase().getBytes("UTF-8"));
        }
    }
    public static class Talks implements RequestHandler<Object, Map<String, Object>> {
        static { System.out.println("static initialiser"); }
        public Map<String, Object> handleRequest(Object event, Context context) {
            System.out.println("printed");
            context.getLogger().log("logged\\n");
            Map<String, Object> said = new TreeMap<>();
            said.put("name", context.getFunctionName());
            said.put("version", context.getFunctionVersion());
            said.put("memory", context.getMemoryLimitInMB());
            said.put("arn", context.getInvokedFunctionArn());
            said.put("group", context.getLogGroupName());
            said.put("client", context.getClientContext() != null);
            said.put("left", context.getRemainingTimeInMillis());
            said.put("id", context.getAwsRequestId());
            return said;
        }
    }
    public String greet(String name) { return "Hello, " + name + " \\u00fc"; }
    public static int twice(int number, Context context) { return 2 * number; }
    public List<Integer> sorted(List<Integer> numbers) { Collections.sort(numbers); return numbers; }
    public String fails(Map<String, Object> event) {
        throw new IllegalStateException("broken", new IOException("the disk"));
    }
    public String sleeps(Integer ms) throws Exception { Thread.sleep(ms); return "awake"; }
    public String exits(Integer code) { System.exit(code); return ""; }
    public String writes(String text) throws Exception {
        File file = File.createTempFile("note", ".txt");
        try (FileWriter out = new FileWriter(file)) { out.write(text); }
        return file.getParent();
    }
    public int eats(Integer mb) {
        List<byte[]> eaten = new ArrayList<>();
        for (int i = 0; i < mb; i++) { byte[] one = new byte[1 << 20]; Arrays.fill(one, (byte) 1); eaten.add(one); }
        return eaten.size();
    }
    public static class Late { static int x = 1 / Integer.parseInt("0"); public String handle(Object event) { return ""; } }
}
"""


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    javac = toolchains.find("javac")
    require(javac, "a Java compiler", toolchains.TOOLCHAINS["javac"].install)
    folder = tmp_path_factory.mktemp("java")
    (folder / "Functions.java").write_text(SOURCE)
    (core,) = maven.jars("java-core", [maven.CORE])
    subprocess.run(
        [str(javac), "-encoding", "UTF-8", "-cp", str(core), "-d", folder / "classes", folder / "Functions.java"], check=True
    )  # fmt: skip
    return folder / "classes"


@pytest.fixture
def java(plane: Plane, classes: Path) -> object:
    def function(handler: str, **settings: object) -> Function:
        name = f"lab.Functions{handler}"
        return plane.function("", runtime="java17", handler=name, code=classes, **settings)

    return function


EVENTS = [
    ("$Pojo", {"item": "books", "count": 2, "prices": [1.5, 2]}, {"text": "2 books", "total": 3.5}),
    ("$Records", {"x": 1, "y": 20, "label": "as in AWS's java17-examples"}, 21),
    # AWS serialises maps without their nulls.
    ("$Maps", {"b": [1], "a": None}, {"b": [1], "calls": 1}),
    ("$Streams", "abc", "ABC"),
    ("::greet", "Zoë", "Hello, Zoë ü"),
    ("::twice", 21, 42),
    ("::sorted", [3, 1, 2], [1, 2, 3]),
]


@pytest.mark.parametrize(("handler", "event", "answer"), EVENTS, ids=[handler for handler, *_ in EVENTS])
def test_handlers_written_for_aws(java, handler: str, event: object, answer: object) -> None:  # type: ignore[no-untyped-def]
    function = java(handler)
    assert function.answer(event) == answer
    function.destroy()


def test_a_warm_environment_keeps_its_object(java) -> None:  # type: ignore[no-untyped-def]
    function = java("$Maps")
    assert [function.answer({})["calls"] for _ in range(3)] == [1, 2, 3]
    function.destroy()


def test_context_and_logs(java) -> None:  # type: ignore[no-untyped-def]
    function = java("$Talks")
    said = function.answer()
    left = said.pop("left")
    assert 0 < left <= 20_000
    assert len(said.pop("id")) == 36
    assert said == {
        "name": "f", "version": "$LATEST", "memory": 512, "arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
        "group": "/aws/lambda/f", "client": True,
    }  # fmt: skip
    assert function.lines == ["static initialiser", "printed", "logged"]
    function.destroy()


def test_an_exception_is_awss_error_object(java) -> None:  # type: ignore[no-untyped-def]
    function = java("::fails")
    outcome = function({})
    error = json.loads(outcome.payload)
    assert outcome.function_error == "Unhandled"
    assert list(error) == ["errorMessage", "errorType", "stackTrace"]  # AWS's client tells no cause here
    assert (error["errorMessage"], error["errorType"]) == ("broken", "java.lang.IllegalStateException")
    assert error["stackTrace"][0].startswith("lab.Functions.fails(Functions.java:")
    log = "\n".join(function.lines)
    assert "broken: java.lang.IllegalStateException" in log and "Caused by: java.io.IOException: the disk" in log
    function.destroy()


NO_METHOD = "No public method named nothing with appropriate method signature found on class lab.Functions"
MISTAKES = [
    ("lab.Nothing", "Class not found: lab.Nothing", "java.lang.ClassNotFoundException"),
    ("lab.Functions::nothing", NO_METHOD, None),
    ("lab.Functions$Late::handle", "Error loading class lab.Functions$Late", "java.lang.ExceptionInInitializerError"),
]  # fmt: skip


@pytest.mark.parametrize(("handler", "message", "kind"), MISTAKES, ids=[handler for handler, *_ in MISTAKES])
def test_what_cannot_be_loaded(plane: Plane, classes: Path, handler: str, message: str, kind: str | None) -> None:
    function = plane.function("", runtime="java17", handler=handler, code=classes)
    outcome = function({})
    error = json.loads(outcome.payload)
    assert (error["errorMessage"], error.get("errorType")) == (message, kind)
    assert outcome.function_error == "Unhandled"
    function.destroy()


def test_timeout_exit_and_memory(java) -> None:  # type: ignore[no-untyped-def]
    slow = java("::sleeps", timeout_s=3.0, memory_mb=1769)
    outcome = slow(60_000)
    assert (outcome.status, json.loads(outcome.payload)["errorType"]) == ("timeout", "Sandbox.Timedout")
    ended = java("::exits")
    for status in (3, 4):  # started again for the second
        message = json.loads(ended(status).payload)["errorMessage"]
        assert message.endswith(f"Runtime exited with error: exit status {status}")
    hungry = java("::eats", memory_mb=192, timeout_s=20.0)
    outcome = hungry(1000)
    assert json.loads(outcome.payload)["errorType"] in ("java.lang.OutOfMemoryError", "Runtime.ExitError")


def test_tmp_is_the_functions(java) -> None:  # type: ignore[no-untyped-def]
    function = java("::writes")
    folder = function.answer("a note")
    assert folder == "/tmp" or folder.endswith("/tmp")
    function.destroy()


def test_layers_bring_jars(plane: Plane, classes: Path, tmp_path: Path) -> None:
    """/opt/java/lib/*.jar, as on Lambda; the function's own package is empty."""
    import shutil

    (tmp_path / "layer/java/lib").mkdir(parents=True)
    shutil.make_archive(str(tmp_path / "functions"), "zip", classes)
    (tmp_path / "functions.zip").rename(tmp_path / "layer/java/lib/functions.jar")
    function = plane.function("", runtime="java17", handler="lab.Functions::twice", layers=(tmp_path / "layer",))
    assert function.answer(4) == 8
    function.destroy()
