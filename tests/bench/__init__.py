"""The benchmark: what a call costs at least, what it costs here, and what it costs elsewhere. `python -m tests.bench`"""
