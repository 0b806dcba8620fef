"""What starts a runtime inside an environment, one file per language.

These files are placed in the environment's /var/runtime and run there; nothing in
lablib imports them.
"""
