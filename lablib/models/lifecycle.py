"""How long an idle execution environment is kept.

AWS documents neither figure ("idle environments are removed after a while", DG
lambda-runtime-environment, 2026). Both are this project's choice.
"""

IDLE_S = 10 * 60
OLDEST_S = 2 * 60 * 60
