"""`python -m lablib`: the local cloud in the foreground, what this machine can do, and building the course."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lablib.models import limits


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is the process's."""
    asked = _parser().parse_args(arguments)
    return int(asked.run(asked))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lablib", description="Lambda Lab: AWS Lambda, learned by running it.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run a local cloud in the foreground", description=_serve.__doc__)
    serve.add_argument("--port", type=_port, default=0, help="on 127.0.0.1; 0 (the default) picks a free one")
    serve.add_argument("--region", default="us-east-1")
    serve.add_argument(
        "--credentials", choices=("own", "any"), default="own", help="any: accept every access key, from anyone on this machine"
    )
    serve.add_argument("--pending", type=_seconds, default=0.0, metavar="SECONDS", help="how long a function stays Pending")
    serve.add_argument(
        "--account-concurrency", type=_count, default=limits.ACCOUNT_CONCURRENCY, metavar="N",
        help=f"invocations at a time in the whole account; {limits.ACCOUNT_CONCURRENCY:,} as on AWS",
    )  # fmt: skip
    serve.add_argument("--isolation", choices=("auto", "off"), default="auto", help="off: as on a machine without user namespaces")
    serve.add_argument("--no-cpu-share", action="store_true", help="give every function whole cores, whatever its memory")
    serve.add_argument("--lifeline", type=int, metavar="FD", help=argparse.SUPPRESS)
    serve.set_defaults(run=_serve)

    doctor = commands.add_parser("doctor", help="say what this machine can do", description=_doctor.__doc__)
    doctor.add_argument("--json", action="store_true", help="the same as JSON")
    doctor.set_defaults(run=_doctor)

    build = commands.add_parser("build", help="build labs/ from solutions/", description=_build.__doc__)
    build.add_argument("--check", action="store_true", help="change nothing; fail when labs/ is not what solutions/ gives")
    build.set_defaults(run=_build)
    return parser


def _serve(asked: argparse.Namespace) -> int:
    """Run a local cloud until Ctrl-C. Prints the `export` lines that a shell needs, then `ready http://127.0.0.1:PORT`."""
    from lablib.cloud import server

    return server.main(
        server.Options(
            port=asked.port,
            region=asked.region,
            credentials=asked.credentials,
            pending=asked.pending,
            account_concurrency=asked.account_concurrency,
            isolation=asked.isolation,
            cpu_share=not asked.no_cpu_share,
            lifeline=asked.lifeline,
        )
    )


def _doctor(asked: argparse.Namespace) -> int:
    """Say what this machine can do, what it lacks, and how to get it. Exits with 1 when labs cannot run."""
    from lablib import doctor

    return doctor.main(as_json=asked.json)


def _build(asked: argparse.Namespace) -> int:
    """Build labs/ from solutions/, or check that it is built."""
    from lablib.course import build

    return int(build.main(check=asked.check))


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; ports are 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of invocations; it is 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds < 3600:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0 to 3600")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
