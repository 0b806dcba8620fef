"""start(), start() again, close(): addresses, credentials, and what a learner's own set-up must not do."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lablib.errors import CloudDidNotStart
from lablib.local import launch
from tests.face.endings import Ending
from tests.face.notebook import Notebook

FUNCTION = """
%%lambda_function {name}
import os
def lambda_handler(event, context):
    return {answer}
"""


@contextmanager
def silent_listener() -> Iterator[tuple[str, socket.socket]]:
    """An address that nobody should call; afterwards it fails if somebody did."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield "http://127.0.0.1:%d" % listener.getsockname()[1], listener
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_learners_set_up_is_never_used_or_shown(tmp_path: Path) -> None:
    """Profile, keys, files, endpoints per service, proxies: no request goes there, and no function sees them."""
    aws = tmp_path / ".aws"
    aws.mkdir()
    (aws / "credentials").write_text("[default]\naws_access_key_id = THEIRSFILE\naws_secret_access_key = THEIRSFILE\n")
    with silent_listener() as (elsewhere, _):
        (aws / "config").write_text(f"[default]\nregion = eu-north-1\nendpoint_url = {elsewhere}\n[profile work]\nregion = eu-west-3\n")
        theirs = {
            "HOME": str(tmp_path),
            "AWS_PROFILE": "work",
            "AWS_ACCESS_KEY_ID": "THEIRSVARIABLE",
            "AWS_SECRET_ACCESS_KEY": "THEIRSVARIABLE",
            "AWS_SESSION_TOKEN": "THEIRSVARIABLE",
            "AWS_ENDPOINT_URL": elsewhere,
            "AWS_ENDPOINT_URL_LAMBDA": elsewhere,
            "AWS_ENDPOINT_URL_S3": elsewhere,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            "AWS_CONFIG_FILE": str(aws / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(aws / "credentials"),
            **{name: elsewhere for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy")},
        }
        code = """
            import json, os, pathlib, boto3
            boto3.setup_default_session()
            import lablib
            lab = lablib.start()
            pathlib.Path("f.py").write_text("import os\\ndef lambda_handler(event, context):\\n    return dict(os.environ)\\n")
            lab.deploy("f", "f.py")
            seen = lab.invoke("f").payload
            boto3.client("s3").create_bucket(Bucket="mine")
            print(json.dumps(seen), dict(os.environ) | {"HOME": "", "HTTP_PROXY": ""}, boto3.client("sts").get_caller_identity()["Account"])
            print(boto3.session.Session().available_profiles, boto3.client("s3").list_buckets()["Buckets"][0]["Name"])
        """
        ran = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            cwd=tmp_path, env=dict(os.environ) | theirs, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert ran.returncode == 0, ran.stderr
    shown = ran.stdout + ran.stderr
    assert "THEIRS" not in shown and "eu-north-1" not in shown and "eu-west-3" not in shown
    assert "123456789012" in shown and "[] mine" in shown
    function_environment = ran.stdout.splitlines()[-2].split("} {")[0]
    assert elsewhere not in function_environment and str(tmp_path) not in function_environment


def test_started_again_it_is_empty_at_the_same_address_with_the_same_credentials(notebook: Notebook) -> None:
    address = "tuple(__import__('os').environ[n] for n in ('AWS_ENDPOINT_URL', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'))"
    notebook.run("import boto3, lablib\nlab = lablib.start()\nolder = boto3.client('lambda')")
    notebook.run(FUNCTION.format(name="f", answer=1))
    before = notebook.value(address)
    notebook.run("same = lablib.start()")
    assert notebook.value(address) == before
    assert notebook.value("lab is same, older.list_functions()['Functions']") == "(True, [])"


def test_clients_made_before_are_named(notebook: Notebook) -> None:
    shown = notebook.run("import boto3, lablib\nold = boto3.client('s3', region_name='eu-west-1')\nlab = lablib.start()")
    assert "Clients made before this still point where they did; make them again: s3." in shown.text


def test_after_close_no_client_reaches_anything(notebook: Notebook) -> None:
    notebook.run("import boto3, lablib\nlab = lablib.start()\nlab.close()")
    with silent_listener():
        shown = notebook.run("boto3.client('lambda').list_functions()")
    assert "EndpointConnectionError" in "\n".join(shown.traceback) and "127.0.0.1:9" in "\n".join(shown.traceback)
    for cell in ("lab.reset()", "lab.check('00.1')", "lab.deploy('f', '.')", "lab.invoke('f')", "lab.wait(days=1, until=lambda: 1)"):
        said = "\n".join(notebook.run(cell).traceback)
        assert said == "CloudIsGone: This lab is closed. lablib.start() opens another.", cell
    assert "A local cloud is ready" in notebook.run("lab = lablib.start()").text


def test_another_region_is_another_cloud_at_the_same_address(notebook: Notebook) -> None:
    notebook.run("import os, boto3, lablib\nlab = lablib.start()\nurl = os.environ['AWS_ENDPOINT_URL']")
    said = notebook.run("lab = lablib.start(region='sa-east-1')").text
    assert "Another local cloud is ready: your functions are gone, run their cells again.\n" in said
    assert "Functions run on this machine, in region sa-east-1." in said
    assert notebook.value("url == os.environ['AWS_ENDPOINT_URL'], boto3.client('lambda').meta.region_name") == "(True, 'sa-east-1')"


def test_an_accounts_limit_of_ones_own(notebook: Notebook) -> None:
    """It stays when the lab starts over, and another one is another cloud."""
    limit = "boto3.client('lambda').get_account_settings()['AccountLimit']['ConcurrentExecutions']"
    notebook.run("import boto3, lablib\nlab = lablib.start(account_concurrency=150)")
    assert notebook.value(limit) == "150"
    assert "The local cloud is empty again" in notebook.run("lab = lablib.start(account_concurrency=150)").text
    notebook.run("lab.reset()")
    assert notebook.value(limit) == "150"
    assert "Another local cloud is ready" in notebook.run("lab = lablib.start()").text
    assert notebook.value(limit) == "1000"
    for wrong in ("0", "-5", "'many'", "2.5", "True"):
        said = "\n".join(notebook.run(f"lablib.start(account_concurrency={wrong})").traceback)
        assert said == f"LabError: account_concurrency is a number of invocations, 1 or more, and not {wrong}."


def test_two_notebooks_have_a_cloud_each(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    notebooks = [Notebook(folder) for folder in folders]
    try:
        for number, notebook in enumerate(notebooks):
            notebook.run("import lablib, boto3\nlab = lablib.start()")
            notebook.run(FUNCTION.format(name="same", answer=number))
        assert [notebook.value("lab.invoke('same').payload") for notebook in notebooks] == ["0", "1"]
        keys = notebooks[0].value("(lab.cloud.url, lab.cloud.credentials)")
        assert keys != notebooks[1].value("(lab.cloud.url, lab.cloud.credentials)")
        # The one's credentials are nothing at the other's address.
        other = notebooks[1].value("lab.cloud.url")
        refused = notebooks[0].run(f"boto3.client('lambda', endpoint_url={other}).list_functions()")
        assert "UnrecognizedClientException" in "\n".join(refused.traceback)
        notebooks[0].run("lab.close()")
        assert notebooks[1].value("lab.invoke('same').payload") == "1"
    finally:
        for notebook in notebooks:
            notebook.close()


@pytest.mark.parametrize("ends", ["kernel", "cloud"])
def test_killed_it_leaves_nothing_behind(tmp_path: Path, ends: str) -> None:
    """SIGKILL while environments are frozen: two seconds later no process, no port, no folder."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    notebook = Notebook(tmp_path, clean | {"TMPDIR": str(temporary)})
    try:
        notebook.run("import lablib, os\nlab = lablib.start()")
        for name in ("one", "two"):
            notebook.run(FUNCTION.format(name=name, answer=f"open('/tmp/{name}', 'w').write('x')"))
            notebook.run(f"lab.invoke('{name}')")
        cloud = int(notebook.value("lab.cloud.pid"))
        ending = Ending(cloud, url=notebook.value("lab.cloud.url").strip("'"), folder=temporary)
        assert len(ending.processes) >= 4, "cloud, supervisor and two environments"
        os.kill(notebook.pid if ends == "kernel" else cloud, signal.SIGKILL)
        assert ending.wait(2) == []
        if ends == "cloud":
            assert "The local cloud had ended; another one is ready" in notebook.run("lab = lablib.start()").text
            assert notebook.value("lab.cloud.url").strip("'") == ending.url
    finally:
        notebook.close()


def test_a_start_that_fails_says_why_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CloudDidNotStart, match=f"The local cloud did not start: .*{port}") as raised:
            launch(port=port)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("how", ["lablib.start(backend='aws')", "lablib.start()"])
def test_aws_is_refused_and_nothing_local_takes_its_place(how: str) -> None:
    code = f"import lablib, subprocess\nsubprocess.Popen = None\ntry:\n    {how}\nexcept lablib.LabError as error:\n    print(error)"
    ran = subprocess.run(
        [sys.executable, "-c", code], env=dict(os.environ) | {"LAB_BACKEND": "aws"}, capture_output=True, text=True, check=True
    )
    assert ran.stdout.startswith("Running a lab on a real AWS account comes in a later version.")


def test_a_process_forked_from_the_notebooks_does_not_keep_the_cloud(tmp_path: Path) -> None:
    """multiprocessing's fork copies the lifeline; the copy must not hold the cloud when the notebook ends."""
    code = """
        import lablib, os, sys
        lab = lablib.start()
        if os.fork() == 0:
            print(os.getpid(), lab.cloud.pid, flush=True)
            os.read(int(sys.argv[1]), 1)  # until the test lets go
            os._exit(0)
        input()
        os._exit(0)
    """
    held, hold = os.pipe()
    running = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), str(held)],
        cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, pass_fds=(held,),
    )  # fmt: skip
    assert running.stdout is not None and running.stdin is not None
    running.stdout.readline()
    _forked, cloud = map(int, running.stdout.readline().split())
    ending = Ending(cloud)
    running.stdin.write("go\n")
    running.stdin.flush()
    running.wait(10)
    assert ending.wait(5) == []
    os.close(hold)
    os.close(held)
