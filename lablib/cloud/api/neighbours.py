"""IAM and S3 as moto has them, for the Lambda service."""

from __future__ import annotations

from lablib.cloud.api.context import Neighbours, ObjectNotFound


def from_moto() -> Neighbours:
    """The neighbours behind the moto seam. Loads moto."""
    from lablib.cloud.access import execution, principals
    from lablib.cloud.moto_seam import access, deliveries, engine, objects

    async def read_object(bucket: str, key: str, version_id: str | None) -> bytes:
        try:
            return await engine.call(objects.read, bucket, key, version_id)
        except objects.NoSuchBucket as error:
            raise ObjectNotFound("NoSuchBucket", "The specified bucket does not exist") from error
        except objects.NoSuchKey as error:
            raise ObjectNotFound("NoSuchKey", "The specified key does not exist.") from error

    async def identity_exists(arn: str) -> bool:
        if ":role/" in arn:
            return await engine.call(access.role, arn) is not None
        # A session, a federated user or the account itself need not exist beforehand.
        return ":user/" not in arn or await engine.call(access.user, arn) is not None

    async def target_exists(arn: str) -> bool:
        return await engine.call(deliveries.exists, arn)

    return Neighbours(execution.may_be_assumed, read_object, identity_exists, principals.role_allows, target_exists)
