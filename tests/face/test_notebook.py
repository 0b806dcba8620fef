"""What a learner sees in a notebook: deploy, invoke, the magic, mistakes of their own, Interrupt."""

from __future__ import annotations

import re
import socket

import pytest

from tests.face.notebook import Notebook, Shown

SAID_AT_START = "unctions run on this machine, in region us-east-1. No AWS account is used and nothing is billed.\n"


def plain(shown: Shown) -> str:
    """The traceback without its colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(shown.traceback))


def test_the_set_up_cell_says_where_functions_run(notebook: Notebook) -> None:
    shown = notebook.run("import lablib\nlab = lablib.start()")
    assert shown.text == "A local cloud is ready: f" + SAID_AT_START
    again = notebook.run("lab = lablib.start()").text
    assert again == "The local cloud is empty again: your functions are gone, run their cells again.\nF" + SAID_AT_START


def test_the_magic_makes_a_cell_a_function(lab_notebook: Notebook) -> None:
    shown = lab_notebook.run(
        "%%lambda_function greets --memory 1024 --timeout 5\n"
        "def lambda_handler(event, context):\n"
        "    print('called by', event['name'])\n"
        "    return f\"Hello, {event['name']}\"\n"
    )
    assert shown.text == "greets: created, python3.%s, 1024 MB, timeout 5 s\n" % lab_notebook.value("__import__('sys').version_info.minor")
    assert lab_notebook.value("'lambda_handler' in globals()") == "False"
    assert not list(lab_notebook.folder.iterdir()), "a file was written beside the notebook"
    run = lab_notebook.run("lab.invoke('greets', {'name': 'Zoë'})").displays[-1]
    assert "Hello, Zoë" in run["text/plain"] and "called by Zoë" in run["text/plain"]
    assert "Hello, Zoë" in run["text/html"] and "cold start" in run["text/html"]
    handler = lab_notebook.value("__import__('boto3').client('lambda').get_function_configuration(FunctionName='greets')['Handler']")
    assert handler == "'lambda_function.lambda_handler'"


def test_the_same_magic_again_updates_the_function(lab_notebook: Notebook) -> None:
    for answer, done in (("1", "created"), ("2", "updated")):
        shown = lab_notebook.run(f"%%lambda_function changes\ndef lambda_handler(event, context):\n    return {answer}\n")
        assert f"changes: {done}, " in shown.text
        assert lab_notebook.value("lab.invoke('changes').payload") == answer


def test_a_functions_error_shows_its_traceback_and_none_of_ours(lab_notebook: Notebook) -> None:
    lab_notebook.run("%%lambda_function fails\ndef lambda_handler(event, context):\n    return 1 / 0\n")
    shown = lab_notebook.run("lab.invoke('fails')")
    assert not shown.traceback
    assert "ZeroDivisionError: division by zero" in shown.value and "return 1 / 0" in shown.value
    assert "line 3, in lambda_handler" in shown.value, "the notebook counts the %% line too"
    assert "lablib" not in shown.value and "boto" not in shown.value


def test_a_cell_with_a_syntax_error_is_deployed_with_a_warning(lab_notebook: Notebook) -> None:
    """AWS accepts it too, and says so when the function is invoked."""
    shown = lab_notebook.run("%%lambda_function broken\ndef lambda_handler(event, context)\n    return 1\n")
    assert "Warning: lambda_function.py, line 2: expected ':'" in shown.text, "the notebook counts the %% line too"
    assert "Runtime.UserCodeSyntaxError" in lab_notebook.value("lab.invoke('broken')")


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("lab.invoke('nobody')", r"RejectedByAWS: ResourceNotFoundException: Function not found: \S+:nobody. Run the cell that"),
        ("lab.reports('nobody')", r"RejectedByAWS: ResourceNotFoundException: Function not found: \S+:nobody. Run the cell that"),
        ("lab.invoke(5)", "RejectedByAWS: Parameter validation failed: .*A function's name has letters, digits, - and _, at most 64 of them.$"),
        ("lab.deploy('f', 'missing.py')", "SourceError: There is no file or folder missing.py"),
        ("lab.invoke('greets', {1, 2})", "LabError: This event cannot be written as JSON"),
        ("lab.wait()", "LabError: lab.wait needs to know how long"),
        ("lab.wait(minutes='1')", r"LabError: lab.wait takes numbers, as in lab.wait\(minutes=3\); minutes was given as '1'."),
        ("%%lambda_function\npass", "LabError: %%lambda_function: the following arguments are required: NAME"),
        ("%%lambda_function f --memory 512MB\npass", "LabError: .*--memory: 512MB is not a whole number of MB, such as 512. Write it as %%"),
        ("%%lambda_function f --timeout 3s\npass", "LabError: .*3s is not a whole number of seconds, such as 3. Write it as %%"),
        ("%%lambda_function f --runtime provided.al2023\npass", "SourceError: With provided.al2023 a cell is Go .* or a script that begins with #!"),
        ("%%lambda_function f --runtime cobol\npass", "SourceError: Lambda has no runtime cobol. A cell's --runtime is such as python3.13, "),
        ("%%lambda_function f --handler\npass", "LabError: .*--handler: expected one argument. Write it as %%"),
        ("lablib.start(isolation='of')", """LabError: isolation is "auto" or "off", and not 'of'."""),
        ("%%lambda_function 'f\npass", "LabError: %%lambda_function: No closing quotation"),
        ("%%lambda_function f --memory 64\ndef lambda_handler(e, c): pass", "RejectedByAWS: "),
        (
            "%%lambda_function no/such:name\ndef lambda_handler(e, c): pass",
            "RejectedByAWS: .*A function's name has letters, digits, - and _, at most 64 of them.$",
        ),
        ("lablib.start(backend='aws')", "BackendNotAvailable: Running a lab on a real AWS account comes in a later version."),
        ("lablib.start(backend='gcp')", 'BackendNotAvailable: There is no backend "gcp".'),
    ],
    ids=lambda text: text.split("\n")[0],
)
def test_a_learners_mistake_is_one_sentence(lab_notebook: Notebook, cell: str, said: str) -> None:
    shown = lab_notebook.run(cell)
    assert re.match(said, plain(shown)), plain(shown)
    assert "File " not in plain(shown) and "\n" not in plain(shown).strip()


def test_wait_moves_the_clock_and_asks_its_question(lab_notebook: Notebook) -> None:
    lab_notebook.run("%%lambda_function ticks\ndef lambda_handler(event, context):\n    return 1\n")
    lab_notebook.run("lab.invoke('ticks')\nlab.wait(minutes=9)\nlab.invoke('ticks')\nlab.wait(minutes=11)\nlab.invoke('ticks')")
    cold = lab_notebook.value("[report.init_duration_ms is not None for report in lab.reports('ticks')]")
    assert cold == "[True, False, True]"  # an environment is reclaimed after 10 idle minutes
    assert lab_notebook.value("lab.wait(hours=1, until=lambda: True)") == "True"
    assert lab_notebook.value("lab.wait(hours=1, until=lambda: False)") == "False"


def test_a_cell_that_computes_does_not_disturb_functions(lab_notebook: Notebook) -> None:
    """The cloud is a process of its own: a timeout is on time while the kernel holds its interpreter for seconds."""
    lab_notebook.run("%%lambda_function spins --timeout 1\ndef lambda_handler(event, context):\n    while True: pass\n")
    shown = lab_notebook.run(
        "import time\n"
        "lab.invoke('spins', kind='Event')\n"
        "until = time.monotonic() + 2.5\n"
        "while time.monotonic() < until: sum(range(100_000))\n"
        "(report,) = lab.reports('spins')"
    )
    assert not shown.traceback, shown.traceback
    assert lab_notebook.value("(report.status, 1000 <= report.duration_ms < 1100)") == "('timeout', True)"


def test_interrupt_gives_the_prompt_back_at_once(lab_notebook: Notebook) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        lab_notebook.run(
            "%%lambda_function hangs --timeout 600\n"
            "import socket\n"
            "def lambda_handler(event, context):\n"
            f"    with socket.create_connection(('127.0.0.1', {listener.getsockname()[1]})) as caller:\n"
            "        caller.recv(1)\n"
        )
        answer = lab_notebook.client.execute("lab.invoke('hangs')", allow_stdin=False)
        running, _ = listener.accept()  # now the function runs
        with running:
            lab_notebook.interrupt()
            reply = lab_notebook.client.get_shell_msg(timeout=2)
            assert reply["parent_header"]["msg_id"] == answer
    assert reply["content"]["status"] == "error"
    traceback = "\n".join(reply["content"]["traceback"])
    assert traceback == "Interrupted. The function runs on until it ends or times out, as on AWS."
    shown = lab_notebook.run("%%lambda_function after\ndef lambda_handler(event, context):\n    return 7\n")
    assert not shown.traceback
    assert lab_notebook.value("lab.invoke('after').payload") == "7"


def test_the_magic_before_start_says_what_to_do(notebook: Notebook) -> None:
    shown = notebook.run("%load_ext lablib\n")
    assert not shown.traceback
    shown = notebook.run("%%lambda_function f\ndef lambda_handler(event, context): pass\n")
    assert plain(shown) == "LabError: No lab is open: run lablib.start() first."
