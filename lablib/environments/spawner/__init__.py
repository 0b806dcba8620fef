"""The spawner: a tiny process that makes environments' processes.

It is one of its own because a child is forked from it for every environment, and
what it forks should be small: it imports neither the rest of lablib nor asyncio.
`lablib.environments` is not imported either, so the supervisor starts this room as a
top-level package named ``spawner``.

- main.py: takes orders from the supervisor and forks;
- guard.py: the process that keeps one environment's processes, and outlives them;
- sandbox.py: what these processes may see, with namespaces;
- landlock.py: what they may open, without.
"""
