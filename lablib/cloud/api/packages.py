"""A function's code: taken from a request or from S3, and given back under a link that works for a while."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from lablib.cloud.api.context import Call, ObjectNotFound
from lablib.cloud.api.errors import LambdaError, invalid_parameter, not_implemented
from lablib.cloud.api.layers import check_size, mounted
from lablib.cloud.functions.code import BadPackage, CodeStore, Package
from lablib.cloud.functions.layers import LayerVersion
from lablib.models import limits

DOWNLOAD_PATH = "/_aws/code/"

NO_SOURCE = "Please provide a source for function code."


async def from_request(call: Call, code: Mapping[str, Any]) -> Package:
    """The package that ``Code`` (or UpdateFunctionCode) names, unpacked, with one user counted. Raises `LambdaError`."""
    store = call.functions.packages
    try:
        package = await store.add(await _archive(call, code))
    except BadPackage as error:
        raise invalid_parameter(str(error)) from error
    if call.functions.code_size() + package.size > limits.CODE_STORAGE_BYTES:
        store.release(package.sha256)
        raise LambdaError("CodeStorageExceededException", "Code storage limit exceeded.")
    return package


async def attributes(call: Call, code: Mapping[str, Any], layers: Sequence[LayerVersion]) -> Mapping[str, Any]:
    """The attributes of a new `FunctionVersion` with this code and these layers; the store counts it as one user of each."""
    package = await from_request(call, code)
    try:
        check_size(package.unzipped, sum(layer.unzipped for layer in layers))
        opt = await mounted(call, layers)
    except BaseException:
        call.functions.packages.release(package.sha256)
        raise
    return {"code": package.folder, "code_sha256": package.sha256, "code_size": package.size, **opt}


async def _archive(call: Call, code: Mapping[str, Any]) -> bytes:
    if code.get("S3ObjectStorageMode", "COPY") != "COPY":
        raise not_implemented("Lambda Lab copies a package from S3. Leave 'S3ObjectStorageMode' out.")
    if code.get("SourceKMSKeyArn"):
        raise not_implemented("Lambda Lab does not encrypt packages. Leave 'SourceKMSKeyArn' out.")
    from_s3 = "S3Bucket" in code or "S3Key" in code
    if "ZipFile" in code:
        if from_s3:
            raise invalid_parameter("Please do not provide other FunctionCode parameters when providing a ZipFile.")
        archive: bytes = code["ZipFile"]
        return archive
    if not ("S3Bucket" in code and "S3Key" in code):
        raise invalid_parameter(NO_SOURCE)
    try:
        return await call.neighbours.read_object(code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion"))
    except ObjectNotFound as error:
        raise invalid_parameter(
            f"Error occurred while GetObject. S3 Error Code: {error.code}. S3 Error Message: {error.message}"
        ) from error


class Links:
    """Links under which a package can be downloaded without credentials, as with S3's presigned URLs.

    A link carries what it names, until when, and a signature with a key that only this process knows.
    """

    def __init__(self, store: CodeStore) -> None:
        self._store = store
        self._key = secrets.token_bytes(32)

    def path(self, sha256: str) -> str:
        """The path of a link to the package with this (base64) SHA-256."""
        token = f"{int(time.time()) + limits.DOWNLOAD_LINK_S}-{base64.b64decode(sha256).hex()}"
        return f"{DOWNLOAD_PATH}{token}-{self._signature(token)}"

    def package(self, path: str) -> Package | None:
        """The package behind a link, or None if the link is forged or too old, or the package is gone."""
        token, _, signature = path.removeprefix(DOWNLOAD_PATH).rpartition("-")
        if not hmac.compare_digest(self._signature(token).encode(), signature.encode()):
            return None
        until, _, digest = token.partition("-")
        if time.time() > int(until):
            return None
        return self._store.find(base64.b64encode(bytes.fromhex(digest)).decode())

    def _signature(self, token: str) -> str:
        return hmac.new(self._key, token.encode(), hashlib.sha256).hexdigest()
