"""A lab on a real AWS account: account check, names and tags, what was created, clean-up, the role.

Nothing here yet. Until it comes, ``backend="aws"`` and ``LAB_BACKEND=aws`` are refused by `lablib.start`.
"""
