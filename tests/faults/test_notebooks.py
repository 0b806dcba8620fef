"""Notebooks at the same time, cells that compute while functions run, kernels that are killed while one is busy."""

from __future__ import annotations

import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.face.endings import Ending
from tests.face.notebook import Notebook
from tests.faults.conftest import wait_until

DEPLOY = """
%%lambda_function {name} --timeout {timeout}
import os, subprocess, time
def lambda_handler(event, context):
    {body}
"""


@pytest.fixture
def notebooks(tmp_path: Path) -> Iterator[list[Notebook]]:
    """Two kernels, each with a cloud of its own, with their temporary files in folders of their own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    opened = []
    for number in range(2):
        folder = tmp_path / str(number)
        (folder / "tmp").mkdir(parents=True)
        opened.append(Notebook(folder, clean | {"TMPDIR": str(folder / "tmp")}))
        shown = opened[-1].run("import json, boto3, lablib\nlab = lablib.start()")
        assert not shown.traceback, shown.traceback
    yield opened
    for notebook in opened:
        notebook.close()


def test_two_notebooks_deploy_and_invoke_the_same_name_at_the_same_time(notebooks: list[Notebook]) -> None:
    """Over and over, both at once: each has its own function, environments, log and clock."""
    cell = """
answers = []
for number in range(5):
    lab.deploy("same", "same.py", memory=256)
    answers += [lab.invoke("same").payload for _ in range(3)]
lab.wait(seconds=1 + 3600 * {hours})
"""
    for number, notebook in enumerate(notebooks):
        (notebook.folder / "same.py").write_text(f"def lambda_handler(event, context):\n    print('notebook {number}')\n    return {number}\n")
    messages = [notebook.client.execute(cell.format(hours=hours), allow_stdin=False) for hours, notebook in enumerate(notebooks)]
    for message, notebook in zip(messages, notebooks, strict=True):
        reply = notebook.client.get_shell_msg(timeout=60)
        assert reply["parent_header"]["msg_id"] == message and reply["content"]["status"] == "ok", reply["content"]
    for number, notebook in enumerate(notebooks):
        assert notebook.value("answers") == str([number] * 15)
        assert notebook.value("len(lab.reports('same')), {line for line in lab.logs('same') if 'notebook' in line}") == (
            f"(15, {{'notebook {number}'}})"
        )
    clocks = [float(notebook.value("lab.cloud.door('GET', '/_lab/clock').body['offset']")) for notebook in notebooks]
    assert clocks == [pytest.approx(1, abs=5), pytest.approx(3601, abs=5)]


BUSY = {
    "in Python": "end = time.monotonic() + 2.5\nwhile time.monotonic() < end:\n    sum(range(1000))",
    # One call into C that does not give way: no other thread of the kernel runs meanwhile.
    "in C": "began = time.monotonic()\nwhile time.monotonic() < began + 2.5:\n    pow(3, 400_000) // 7 ** 200_000",
}


@pytest.mark.parametrize("busy", BUSY.values(), ids=BUSY)
def test_a_cell_that_computes_does_not_reach_the_functions(lab_kernel: Notebook, busy: str) -> None:
    """The kernel is busy for 2.5 s: meanwhile a timeout comes on time, and durations are what they are."""
    lab_kernel.run("lab.reset()")
    for name, timeout, body in (("hangs", 1, "time.sleep(60)"), ("sleeps", 3, "time.sleep(0.5)")):
        lab_kernel.run(DEPLOY.format(name=name, timeout=timeout, body=body))
    shown = lab_kernel.run(f"""
import boto3, time
client = boto3.client("lambda")
for name in ("hangs", "sleeps", "sleeps"):
    client.invoke(FunctionName=name, InvocationType="Event")
{busy}
found = boto3.client("logs").filter_log_events(logGroupName="/aws/lambda/hangs")["events"]
moments = {{event["message"].split()[0]: event["timestamp"] for event in found}}
""")
    assert not shown.traceback, shown.traceback
    assert 990 <= float(lab_kernel.value("moments['REPORT'] - moments['START']")) < 1200
    assert lab_kernel.value("[(report.duration_ms, report.status) for report in lab.reports('hangs')]") == "[(1000.0, 'timeout')]"
    durations = json.loads(lab_kernel.value("[report.duration_ms for report in lab.reports('sleeps')]"))
    assert len(durations) == 2 and all(500 <= duration < 700 for duration in durations)


@pytest.fixture(scope="module")
def lab_kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    opened = Notebook(tmp_path_factory.mktemp("kernel"))
    started = opened.run("import lablib\nlab = lablib.start()")
    assert not started.traceback, started.traceback
    yield opened
    opened.close()


def test_a_kernel_killed_while_a_function_is_busy(notebooks: list[Notebook]) -> None:
    """Two seconds later nothing is left of its cloud; the other notebook's works on."""
    for notebook in notebooks:
        script = "trap '' TERM HUP INT; while :; do sleep 0.02; done"
        body = f"subprocess.Popen(['/bin/sh', '-c', {script!r}], start_new_session=True, env={{}}) and time.sleep(event)"
        shown = notebook.run(DEPLOY.format(name="busy", timeout=60, body=body))
        assert not shown.traceback
        notebook.run("lab.invoke('busy', 0)")
    killed, other = notebooks
    pid, url = int(killed.value("lab.cloud.pid")), killed.value("lab.cloud.url").strip("'")
    began = killed.folder / "began"
    killed.client.execute(f"open({str(began)!r}, 'w').close()\nlab.invoke('busy', 60)", allow_stdin=False)
    wait_until(began.exists, "the cell runs")
    wait_until(lambda: len(Ending(pid).processes) >= 8, "the function runs")
    ending = Ending(pid, url, killed.folder / "tmp")
    os.kill(killed.pid, signal.SIGKILL)
    assert ending.wait(2) == []
    assert other.value("lab.invoke('busy', 0).error is None") == "True"


PROGRAM = """
import boto3, json, os, subprocess, sys
client = boto3.client("lambda")
iam = boto3.client("iam")
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:CreateBucket", "Resource": "*"}]}
iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(allowed))
code = '''
import boto3, os
def lambda_handler(event, context):
    boto3.client("s3").create_bucket(Bucket="made-by-the-function")
    return [boto3.client("sts").get_caller_identity()["Arn"], dict(os.environ)]
'''
sys.path.insert(0, sys.argv[1])
from tests.support import make_zip
client.create_function(FunctionName="f", Runtime="python3.11", Handler="f.lambda_handler", Role=role, Timeout=30, Code={"ZipFile": make_zip({"f.py": code})})
print(client.invoke(FunctionName="f")["Payload"].read().decode())
print([bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]])
"""


def test_a_shell_with_accounts_and_proxies_of_its_own(tmp_path: Path) -> None:
    """What `serve` prints is all that a program in the same shell needs: nothing of the shell's is used, shown or called."""
    root = str(Path(__file__).parents[2])
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        address = "http://127.0.0.1:%d" % elsewhere.getsockname()[1]
        theirs = {
            "AWS_PROFILE": "THEIRS", "AWS_SESSION_TOKEN": "THEIRS", "AWS_ACCESS_KEY_ID": "THEIRS", "AWS_SECRET_ACCESS_KEY": "THEIRS",
            "AWS_ENDPOINT_URL_S3": address, "AWS_ENDPOINT_URL_LAMBDA": address, "AWS_ENDPOINT_URL": address,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/theirs",
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token"),
            "HTTP_PROXY": address, "HTTPS_PROXY": address, "ALL_PROXY": address, "http_proxy": address, "https_proxy": address,
            "no_proxy": "example.com",
        }  # fmt: skip
        environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")} | theirs | {"HOME": str(tmp_path)}
        serving = subprocess.Popen(
            [sys.executable, "-m", "lablib", "serve"], cwd=root, env=environ, stdout=subprocess.PIPE, text=True
        )  # fmt: skip
        try:
            assert serving.stdout is not None
            lines = []
            for line in serving.stdout:
                if line.startswith("ready "):
                    break
                lines.append(line)
            script = "".join(lines) + f"exec {sys.executable} -c {shlex.quote(textwrap.dedent(PROGRAM))} {root}\n"
            ran = subprocess.run(["sh", "-c", script], env=environ, capture_output=True, text=True, timeout=60, check=False)
        finally:
            serving.terminate()
            serving.wait(10)
        assert ran.returncode == 0, ran.stderr
        with pytest.raises(BlockingIOError):
            elsewhere.accept()
    assert "THEIRS" not in ran.stdout + ran.stderr and address not in ran.stdout
    assert "arn:aws:sts::123456789012:assumed-role/r/f" in ran.stdout and "['made-by-the-function']" in ran.stdout
