"""The spawner: a small process that makes environments' processes, and is parent to them all.

It is one of its own because a child is forked from it for every environment, and what
is forked should be small: it imports neither the rest of lablib nor asyncio. The
supervisor starts this room as a top-level package named ``spawner``.

- main.py: takes orders from the supervisor, forks, says how each process ended;
- namespaces.py: what an environment may see, with namespaces;
- landlock.py: what it may open, without;
- launch.py: the last steps of a runtime process before it is one.
"""
