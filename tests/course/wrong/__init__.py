"""Wrong answers to every exercise, lab by lab: wrong_NN.py has a tuple `WRONG`.

It may have a function `namespace(cloud) -> dict` too: the names that the first cells of the lab make and its exercises use.
"""
