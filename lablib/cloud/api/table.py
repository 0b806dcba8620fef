"""Every operation that this cloud has. The service model knows more: those answer ``NotImplemented``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from lablib.cloud.api.context import Call
from lablib.cloud.api.operations import account, aliases, functions, invoke, lists, permissions, tags, updates, versions

OPERATIONS: dict[str, Callable[[Call], Awaitable[Mapping[str, Any]]]] = {
    "AddPermission": permissions.add_permission,
    "CreateAlias": aliases.create_alias,
    "CreateFunction": functions.create_function,
    "DeleteAlias": aliases.delete_alias,
    "DeleteFunction": functions.delete_function,
    "DeleteResourcePolicy": permissions.delete_resource_policy,
    "GetAccountSettings": account.get_account_settings,
    "GetAlias": aliases.get_alias,
    "GetFunction": functions.get_function,
    "GetFunctionConfiguration": functions.get_function_configuration,
    "GetPolicy": permissions.get_policy,
    "GetResourcePolicy": permissions.get_resource_policy,
    "Invoke": invoke.invoke,
    "ListAliases": aliases.list_aliases,
    "ListFunctions": lists.list_functions,
    "ListTags": tags.list_tags,
    "ListVersionsByFunction": lists.list_versions_by_function,
    "PublishVersion": versions.publish_version,
    "PutResourcePolicy": permissions.put_resource_policy,
    "RemovePermission": permissions.remove_permission,
    "TagResource": tags.tag_resource,
    "UntagResource": tags.untag_resource,
    "UpdateAlias": aliases.update_alias,
    "UpdateFunctionCode": updates.update_function_code,
    "UpdateFunctionConfiguration": updates.update_function_configuration,
}
