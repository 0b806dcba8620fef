"""Start AWS's Python runtime client (awslambdaric) in an environment.

Run as ``python -S bootstrap.py HANDLER FOLDERS [DESCRIPTOR]``. FOLDERS is a JSON object: empty
in namespaces, where /tmp, /var/task, /opt and /var/runtime are what they are called; else
the real folder behind each of these names. With DESCRIPTOR, a socket, what INIT leaves is a
snapshot (lab_restore.py).
"""

from __future__ import annotations

import json
import os
import sys


def _search_path(runtime: str) -> list[str]:
    """Lambda's own order: the package, layers, PYTHONPATH, the runtime, the standard library."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    standard = [entry for entry in sys.path[1:] if entry.startswith(sys.base_prefix)]
    chosen = [entry for entry in sys.path[1:] if entry not in standard and entry != runtime]
    layers = [f"/opt/python/lib/{version}/site-packages", "/opt/python"]
    return ["/var/task", *layers, *chosen, runtime, *standard]


def _client() -> object:
    """The C part of AWS's runtime client. macOS has no wheel of it; a few lines of Python serve instead."""
    try:
        import runtime_client  # type: ignore[import-not-found] # noqa: F401
    except ImportError:
        import plain_runtime_client  # type: ignore[import-not-found]

        sys.modules["runtime_client"] = plain_runtime_client
    return sys.modules["runtime_client"]


def main() -> None:
    handler, folders, control = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
    if os.environ.get("LC_CTYPE") == "C.UTF-8":
        del os.environ["LC_CTYPE"]  # Python's own doing where en_US.UTF-8 is not installed
    if folders:
        sys.path.insert(0, folders["/var/runtime"])
        import mapped_paths  # type: ignore[import-not-found]

        del sys.path[0]
        mapped_paths.install(folders)
        sys.path_importer_cache.clear()  # what it says about these names was true before
    sys.path[:] = _search_path("/var/runtime")
    sys.argv[:] = ["/var/runtime/bootstrap.py", handler]
    if control:
        # On Lambda too, a SnapStart function does not see these (DG snapstart-monitoring, 2026).
        for name in ("AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"):
            os.environ.pop(name, None)
        import lab_restore  # type: ignore[import-not-found]

        lab_restore.install(int(control[0]), folders, _client)
    else:
        _client()
    from awslambdaric import __main__ as client
    from awslambdaric import bootstrap

    if folders:
        bootstrap.extract_traceback = mapped_paths.without_own_frames(bootstrap.extract_traceback)
    sys.modules.pop("__main__", None)
    client.main(sys.argv)


main()
