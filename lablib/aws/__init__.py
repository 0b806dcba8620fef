"""A lab on a real AWS account: account check, names and tags, what was created, clean-up, the role.

Only the role is here yet, since it is the same on both sides. Until the rest comes, ``backend="aws"`` and
``LAB_BACKEND=aws`` are refused by `lablib.start`.
"""
