"""Functions from container images: stored and described here, run on real AWS only.

There is no registry to ask, so an image's URI is checked by its form alone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.errors import LambdaError, invalid_parameter, not_implemented
from lablib.cloud.api.packages import NO_SOURCE
from lablib.cloud.functions import FunctionVersion
from lablib.cloud.functions.version import IMAGES_RUN_ELSEWHERE

# An image in Amazon ECR: Developer Guide, "Create a Lambda function using a container image", 2026.
_URI = re.compile(
    r"(?P<repository>\d{12}\.dkr[.-]ecr(?:-fips)?\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)"
    r"/[a-z0-9]+(?:[._/-][a-z0-9]+)*)(?::[\w][\w.-]{0,127})?(?:@sha256:(?P<digest>[0-9a-f]{64}))?"
)

# In the manner of what AWS says when a ZipFile comes with others.
_ONE_SOURCE = "Please do not provide other FunctionCode parameters when providing an ImageUri."


def attributes(call: Call, uri: str) -> Mapping[str, Any]:
    """The attributes of a `FunctionVersion` whose code is the image with this URI. Raises `LambdaError`."""
    match = _URI.fullmatch(uri)
    if match is None or match["region"] != call.functions.region:
        raise invalid_parameter(
            f"Source image {uri} is not valid. Provide a valid source image. (It has to be in Amazon ECR in "
            f"{call.functions.region}: ACCOUNT.dkr.ecr.{call.functions.region}.amazonaws.com/REPOSITORY:TAG)"
        )
    # AWS takes the digest from the registry; for a tag, ours is that of its name.
    digest = match["digest"] or hashlib.sha256(uri.encode()).hexdigest()
    return {"image_uri": uri, "code": Path(), "code_sha256": digest, "code_size": 0, "opt": "", "layers": ()}


def described(version: FunctionVersion) -> dict[str, Any]:
    """``Code`` of GetFunction."""
    repository = version.image_uri.partition("@")[0]
    head, _, last = repository.rpartition("/")
    untagged = f"{head}/{last.partition(':')[0]}"
    return {
        "RepositoryType": "ECR",
        "ImageUri": version.image_uri,
        "ResolvedImageUri": f"{untagged}@sha256:{version.code_sha256}",
    }


def check_create(given: Mapping[str, Any]) -> None:
    """Raise unless what a new function has belongs to its package type."""
    code = given["Code"]
    if given.get("PackageType", "Zip") == "Zip":
        if "Runtime" not in given or "Handler" not in given:
            raise invalid_parameter(
                "Runtime and Handler are mandatory parameters for functions created with deployment packages."
            )
        if "ImageUri" in code:  # what AWS says to it, too (captured, 2020); the second sentence is ours
            raise invalid_parameter(f"{NO_SOURCE} (An image needs 'PackageType': 'Image'.)")
        check_settings(given, "Zip")
        return
    check_settings(given, "Image")
    if "ImageUri" not in code:
        raise invalid_parameter("Please provide ImageUri when creating a function with packageType Image.")
    if len(code) > 1:
        raise invalid_parameter(_ONE_SOURCE)


def check_settings(given: Mapping[str, Any], package_type: str) -> None:
    """Raise for settings of the other package type. The first sentence is AWS's (captured, 2025), the second in its manner."""
    if package_type == "Image" and any(given.get(member) for member in ("Handler", "Runtime", "Layers")):
        raise invalid_parameter(
            "Please don't provide Handler or Runtime or Layer when the intended function PackageType is Image."
        )
    if package_type == "Zip" and any(given.get("ImageConfig", {}).values()):
        raise invalid_parameter("Please don't provide ImageConfig when the intended function PackageType is Zip.")


def check_update(given: Mapping[str, Any], package_type: str) -> None:
    """Raise if UpdateFunctionCode would change a function's package type, which cannot be changed."""
    if package_type == "Zip" and "ImageUri" in given:
        raise invalid_parameter("Please don't provide ImageUri when updating a function with packageType Zip.")
    if package_type == "Image" and "ImageUri" not in given:
        raise invalid_parameter("Please provide ImageUri when updating a function with packageType Image.")
    if package_type == "Image" and given.keys() & {"ZipFile", "S3Bucket", "S3Key", "S3ObjectVersion", "SourceKMSKeyArn"}:
        raise invalid_parameter(_ONE_SOURCE)


def cannot_run(version: FunctionVersion) -> LambdaError:
    """What Invoke answers for an image."""
    return not_implemented(IMAGES_RUN_ELSEWHERE.format(name=version.name))
