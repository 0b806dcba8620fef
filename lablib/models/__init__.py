"""Facts and arithmetic about Lambda: no cloud, no AWS library, no side effects.

Every number that is Lambda's stands here once, with its source and its date.
"""
