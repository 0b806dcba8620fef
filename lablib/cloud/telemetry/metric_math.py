"""CloudWatch's metric math, as far as a lesson needs it: ``100 * errors / invocations``.

Numbers, the names of other queries, ``+ - * / ^`` and brackets; its functions are not here. A point is where all series that the
expression names have one, and none where it would divide by zero. CloudWatch User Guide, "Using math expressions", 2026.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from datetime import datetime

Points = Mapping[datetime, float]

_OPERATORS: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv, ast.Pow: operator.pow,
}  # fmt: skip


class BadExpression(Exception):
    """The expression is none, or names what there is not."""


def evaluate(expression: str, series: Callable[[str], Points]) -> Points:
    """The series that an expression makes of others.

    Parameters
    ----------
    series
        The points of another query, by its name. Raises `BadExpression`.

    Raises
    ------
    NotImplementedError
        The expression uses a function of CloudWatch's.
    """
    try:
        found = _value(ast.parse(expression.strip().replace("^", "**"), mode="eval").body, series)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BadExpression(f"the expression {expression!r} cannot be read") from None
    if isinstance(found, float):
        raise BadExpression(f"the expression {expression!r} names no metric")
    return found


def _value(node: ast.expr, series: Callable[[str], Points]) -> Points | float:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name):
        return series(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _both(operator.sub, 0.0, _value(node.operand, series))
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _both(_OPERATORS[type(node.op)], _value(node.left, series), _value(node.right, series))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        raise NotImplementedError(f"the function {node.func.id} of CloudWatch's metric math")
    raise BadExpression(f"the expression {ast.unparse(node)!r} cannot be read")


def _both(operation: Callable[[float, float], float], left: Points | float, right: Points | float) -> Points | float:
    if isinstance(left, float) and isinstance(right, float):
        return _one(operation, left, right) or 0.0
    moments = [set(side) for side in (left, right) if not isinstance(side, float)]
    points = {}
    for moment in sorted(set.intersection(*moments)):
        a = left if isinstance(left, float) else left[moment]
        b = right if isinstance(right, float) else right[moment]
        if (value := _one(operation, a, b)) is not None:
            points[moment] = value
    return points


def _one(operation: Callable[[float, float], float], left: float, right: float) -> float | None:
    try:
        value = operation(left, right)
    except (ZeroDivisionError, OverflowError):
        return None
    return value if isinstance(value, float) else None
