"""Identity-based and resource-based policies together: whether a principal may do something, or why not.

The order is IAM's, for one account: an explicit Deny anywhere; then a resource-based policy that names the very principal, or
an identity-based policy, within the permissions boundary and the session's own policy. Source: "Policy evaluation logic", AWS
IAM User Guide, 2026. Service control policies are Organizations', which this cloud does not have.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lablib.cloud.access.documents import Context, Statement, filled


@dataclass(frozen=True)
class Principal:
    """Who asks.

    Attributes
    ----------
    arn
        As AWS's sentences call it: of a user, an assumed role's session, a federated user, the account's root.
    names
        What a resource-based policy may call it: (kind, name), such as ``("AWS", arn)`` of the session and of its role.
    identity
        The statements of every policy that is attached to it, inline or by way of a group.
    boundary, session
        Statements of the permissions boundary and of the policy given when the session was made; None if there is none.
    owner
        Whether it is the account's root, who may do everything.
    context
        Condition keys of its own, such as ``aws:username``, in lower case.
    """

    arn: str
    account: str
    names: frozenset[tuple[str, str]]
    identity: tuple[Statement, ...] = ()
    boundary: tuple[Statement, ...] | None = None
    session: tuple[Statement, ...] | None = None
    owner: bool = False
    context: dict[str, str | tuple[str, ...]] = field(default_factory=dict)


# The resource of a request when nobody here knows which it is: a statement that allows its action is taken to mean it.
ANY = "any"


@dataclass(frozen=True)
class Asked:
    """One thing that a request needs: an action, such as ``s3:GetObject``, on a resource.

    `resource` is an ARN, ``*`` for an action that has no resources, or `ANY`. `also` are other ARNs that policies know it by.
    """

    action: str
    resource: str
    context: Context = field(default_factory=dict)
    also: tuple[str, ...] = ()

    def concerns(self, statement: Statement, context: Context) -> bool:
        """Whether a statement speaks of this."""
        if self.resource == ANY:
            resources = statement.resources if statement.allows and not statement.not_resource else ("*",)
            return any(statement.concerns(self.action, filled(resource, context), context) for resource in resources or ("*",))
        return any(statement.concerns(self.action, resource, context) for resource in (self.resource, *self.also))


def refusal(who: Principal, asked: Asked, resource_policy: tuple[Statement, ...] = ()) -> str | None:
    """Why a principal may not do this, in AWS's words after "is not authorized to perform …"; None if it may."""
    if who.owner and who.session is None:
        return None
    context = {**who.context, **asked.context}

    def concerning(statements: tuple[Statement, ...] | None, allows: bool) -> list[Statement]:
        relevant = (statement for statement in statements or () if statement.allows is allows)
        return [statement for statement in relevant if asked.concerns(statement, context)]

    everywhere = who.names | {("AWS", f"arn:aws:iam::{who.account}:root")}
    if concerning(who.identity, False):
        return "with an explicit deny in an identity-based policy"
    if any(statement.names(everywhere) for statement in concerning(resource_policy, False)):
        return "with an explicit deny in a resource-based policy"
    if concerning(who.boundary, False):
        return "with an explicit deny in a permissions boundary"
    if concerning(who.session, False):
        return "with an explicit deny in a session policy"
    if any(statement.names(who.names) for statement in concerning(resource_policy, True)):
        return None
    if not who.owner and not concerning(who.identity, True):
        return f"because no identity-based policy allows the {asked.action} action"
    if who.boundary is not None and not concerning(who.boundary, True):
        return f"because no permissions boundary allows the {asked.action} action"
    if who.session is not None and not concerning(who.session, True):
        return f"because no session policy allows the {asked.action} action"
    return None


def service_may(service: str, asked: Asked, resource_policy: tuple[Statement, ...]) -> bool:
    """Whether a resource-based policy lets an AWS service, such as ``s3.amazonaws.com``, do this. The context has its source."""
    names = {("Service", service)}
    said = [
        statement.allows for statement in resource_policy
        if statement.names(names) and asked.concerns(statement, asked.context)
    ]  # fmt: skip
    return bool(said) and all(said)
