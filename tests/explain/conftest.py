"""A calculator, which takes the arithmetic that pages and traces print as a person would type it in."""

from __future__ import annotations

import ast
import math
import operator
import re

import pytest

FUNCTIONS = {"exp": math.exp, "log": math.log, "tanh": math.tanh, "sqrt": math.sqrt}
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}  # fmt: skip
RESIDUE = "   (what rounding leaves of 0)"
FUNCTIONS.update({"max": lambda *x: max(x), "min": lambda *x: min(x)})


def calculate(text):
    """What a calculator gives for an expression."""
    python = text.replace("·", "*").replace("^", "**").replace("√", "sqrt")
    return result_of(ast.parse(python, mode="eval").body)


def result_of(node):
    """The number that a piece of arithmetic gives; anything else is an error."""
    match node:
        case ast.Constant(value=int() | float()):
            return node.value
        case ast.UnaryOp(op=ast.USub()):
            return -result_of(node.operand)
        case ast.BinOp():
            return OPERATORS[type(node.op)](result_of(node.left), result_of(node.right))
        case ast.Call(func=ast.Name(id=name), keywords=[]):
            return FUNCTIONS[name](*map(result_of, node.args))
        case _:
            raise ValueError(f"not arithmetic: {ast.dump(node)}")


def check_lines(text):
    """Each `name = expression = result`: within one unit of the last digit. Returns how many there were."""
    checked = 0
    for line in text.splitlines():
        if not line.startswith("   ") or line.count(" = ") < 2:
            continue
        name, expression, result = line.removesuffix(RESIDUE).rsplit(" = ", 2)
        assert name.strip()
        found, digits = calculate(expression), len(re.sub(r"e.*|\D", "", result).lstrip("0"))
        assert digits <= 6
        if float(result) == 0.0 or line.endswith(RESIDUE):
            assert abs(found) < 1e-15, line
        else:
            unit = 10.0 ** (math.floor(math.log10(abs(float(result)))) - 5)
            assert abs(found - float(result)) <= 1.000001 * unit, line
        checked += 1
    return checked


@pytest.fixture(scope="session", name="computed")
def _computed():
    """What a calculator gives for an expression."""
    return calculate


@pytest.fixture(scope="session", name="check_lines")
def _check_lines():
    """Fails unless each line's arithmetic gives its result; returns how many lines have some."""
    return check_lines
