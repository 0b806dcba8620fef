"""Wrong answers to every exercise, lab by lab: wrong_NN.py has a tuple `WRONG`.

It may have a dictionary `RIGHT` too, label to (exercise, code): other ways that a check takes. And it may have a function
`namespace(cloud) -> dict`: the names that the first cells of the lab make and its exercises use.
"""
