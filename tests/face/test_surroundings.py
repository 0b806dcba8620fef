"""What start() does to the environment of its process: nothing of the learner's AWS is left, used or shown."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

from lablib.local import Credentials, child_environment
from lablib.surroundings import NOWHERE, point_at, point_nowhere

OWN = Credentials("LAMBDALABAAAAAAAAAAA", "s" * 40)
THEIRS = {
    "AWS_PROFILE": "work",
    "AWS_ACCESS_KEY_ID": "theirs",
    "AWS_SECRET_ACCESS_KEY": "theirs",
    "AWS_SESSION_TOKEN": "theirs",
    "AWS_ENDPOINT_URL_LAMBDA": "http://192.0.2.1",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/theirs",
    "AWS_CA_BUNDLE": "/theirs",
    "HTTP_PROXY": "http://192.0.2.2:3128",
    "HTTPS_PROXY": "http://192.0.2.2:3128",
    "NO_PROXY": "intranet.example",
}


def test_every_variable_of_aws_is_ours() -> None:
    environ = dict(THEIRS, PATH="/bin")
    point_at("http://127.0.0.1:4566", "sa-east-1", OWN, environ)
    assert {name: value for name, value in environ.items() if name.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_REGION": "sa-east-1",
        "AWS_DEFAULT_REGION": "sa-east-1",
        "AWS_ACCESS_KEY_ID": OWN.access_key_id,
        "AWS_SECRET_ACCESS_KEY": OWN.secret_access_key,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    }
    assert environ["NO_PROXY"] == environ["no_proxy"] == "intranet.example,127.0.0.1,localhost,::1"
    assert environ["PATH"] == "/bin"


def test_twice_is_as_once() -> None:
    environ = dict(THEIRS)
    point_at("http://127.0.0.1:4566", "us-east-1", OWN, environ)
    once = dict(environ)
    point_at("http://127.0.0.1:4566", "us-east-1", OWN, environ)
    assert environ == once


def test_after_close_the_address_is_dead_and_the_credentials_are_ours() -> None:
    environ = dict(THEIRS)
    point_at("http://127.0.0.1:4566", "us-east-1", OWN, environ)
    point_nowhere(environ)
    assert environ["AWS_ENDPOINT_URL"] == NOWHERE and environ["AWS_ACCESS_KEY_ID"] == OWN.access_key_id


def test_the_child_gets_none_of_it() -> None:
    child = child_environment(THEIRS | {"PATH": "/bin", "HOME": "/home/ana", "PYTHONSTARTUP": "/theirs", "LC_ALL": "C"})
    assert {"PATH": "/bin", "HOME": "/home/ana", "LC_ALL": "C"}.items() <= child.items()
    assert not any("theirs" in value or "192.0.2" in value for value in child.values())
    assert not any(name.startswith("AWS_") or "proxy" in name.lower() for name in child)


def test_clients_made_earlier_are_named_and_the_default_session_is_dropped() -> None:
    code = """
        import boto3
        from lablib import surroundings
        key = dict(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
        boto3.setup_default_session(**key)
        s3 = boto3.client("s3")
        table = boto3.resource("dynamodb")
        ours = boto3.client("sqs", endpoint_url="http://127.0.0.1:4566")
        surroundings.drop_default_session()
        print(surroundings.clients_made_earlier("http://127.0.0.1:4566"), boto3.DEFAULT_SESSION)
    """
    ran = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['dynamodb', 's3'] None"
