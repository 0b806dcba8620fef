"""Functions with aws-lambda-powertools, in a layer as it is installed for the tests."""

from __future__ import annotations

import functools
import io
import zipfile
from importlib import metadata
from typing import Any

from lablib.deployment import this_runtime
from tests.support import CloudUnderTest, require

_SHIPPED = ("aws-lambda-powertools", "pydantic", "pydantic-core", "annotated-types", "typing-inspection", "typing-extensions", "jmespath")


def with_powertools(cloud: CloudUnderTest, code: str, **settings: Any) -> str:
    """A new function that can import powertools, pydantic and what they need; skips the test where they are not installed."""
    require(_installed(), "aws-lambda-powertools", "pip install -e '.[test]'")
    made = cloud.client("lambda").publish_layer_version(LayerName="powertools", Content={"ZipFile": _layer()})
    return cloud.function(code, Runtime=this_runtime(), Layers=[made["LayerVersionArn"]], Timeout=30, **settings)


@functools.cache
def _layer() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for package in _SHIPPED:
            for file in metadata.files(package) or ():
                if not file.parts[0].startswith("..") and "__pycache__" not in file.parts:
                    archive.write(file.locate(), f"python/{file}")
    return out.getvalue()


def _installed() -> bool:
    try:
        metadata.distribution("aws-lambda-powertools")
    except metadata.PackageNotFoundError:
        return False
    return True
