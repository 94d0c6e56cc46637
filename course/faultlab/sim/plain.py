"""Plain data: what nodes keep, send and store.

1. Plain data is None, bool, int, float (no NaN), str, and lists, tuples, sets and dicts of plain data. An object of a
   class is not plain: it may share memory with another node, and no network carries it.
2. `plain` copies. What a node sends is copied when it is sent and again when it is delivered, so two nodes never hold
   the same list.
3. `literal` writes plain data as a Python literal, and equal data always as the same text: the elements of a set and
   the keys of a dict are put in order. So the text can be compared, hashed, kept in a file and shown to a learner.
   `from_literal` reads it back.

Left out: frozenset and bytes, which no protocol of the course needs.
"""

from __future__ import annotations

import ast
import math
from typing import Any

# What needs neither a copy nor a look inside; a float may be NaN.
ATOMS = frozenset({type(None), bool, int, str})
DEPTH_MAX = 60
KINDS = "None, bool, int, float, str, list, tuple, set and dict"
NAN = "NaN is not plain data: it is not even equal to itself"

Plain = Any


def plain(value: Plain, depth: int = 0) -> Plain:
    """A copy of `value` that shares nothing mutable with it; TypeError if it is not plain data."""
    kind = type(value)
    if kind in ATOMS:
        return value
    if kind is float:
        if value != value:
            raise TypeError(NAN)
        return value
    if depth > DEPTH_MAX:
        raise TypeError(f"data nested more than {DEPTH_MAX} deep is not plain (does it contain itself?)")
    if kind is tuple:
        for item in value:
            if type(item) not in ATOMS:
                return tuple([plain(x, depth + 1) for x in value])
        return value
    if kind is list:
        return [x if type(x) in ATOMS else plain(x, depth + 1) for x in value]
    if kind is dict:
        return {plain(k, depth + 1): v if type(v) in ATOMS else plain(v, depth + 1) for k, v in value.items()}
    if kind is set:
        return {plain(x, depth + 1) for x in value}
    raise TypeError(f"{kind.__name__} is not plain data ({KINDS})")


def literal(value: Plain) -> str:
    """`value` as a Python literal; the same text for equal data of equal types.

    TypeError if it is not plain data, ValueError for NaN, which is equal to nothing.
    """
    kind = type(value)
    if kind is float:
        if math.isnan(value):
            raise ValueError(NAN)
        return repr(value) if math.isfinite(value) else ("1e999" if value > 0 else "-1e999")
    if kind in ATOMS:
        return repr(value)
    if kind is tuple:
        inside = ", ".join(map(literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if kind is list:
        return f"[{', '.join(map(literal, value))}]"
    if kind is dict:
        pairs = sorted((literal(k), literal(v)) for k, v in value.items())
        return "{" + ", ".join(f"{k}: {v}" for k, v in pairs) + "}"
    if kind is set:
        return "{" + ", ".join(sorted(map(literal, value))) + "}" if value else "set()"
    raise TypeError(f"{kind.__name__} is not plain data ({KINDS})")


def in_order(value: Plain) -> Plain:
    """The same data with every dict filled in the order in which `literal` writes it."""
    kind = type(value)
    if kind is dict:
        return {k: in_order(value[k]) for k in sorted(value, key=literal)}
    if kind is list or kind is tuple:
        return kind([x if type(x) in ATOMS else in_order(x) for x in value])
    return value


def from_literal(text: str) -> Plain:
    """The data that `literal` wrote; ValueError for any other text."""
    try:
        return plain(ast.literal_eval(text))  # which also reads bytes and complex numbers
    except (SyntaxError, TypeError, MemoryError, RecursionError) as error:
        raise ValueError(f"not a literal of plain data: {text[:80]!r}") from error
