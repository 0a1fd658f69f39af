"""A calculator, which takes the arithmetic that pages and traces print as a person would type it in."""

from __future__ import annotations

import ast
import math
import operator
import re
from statistics import NormalDist, median_low

import pytest

from tinygnn import Value, losses
from tinygnn.explain.folding import children_first
from tinygnn.nn.activation import ACTIVATIONS, log_softmax_rows, softmax_rows

FUNCTIONS = {
    "exp": math.exp, "log": math.log, "tanh": math.tanh, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos,
    "abs": abs, "Φ": lambda x: math.erfc(-x / math.sqrt(2.0)) / 2.0, "φ": NormalDist().pdf,
}  # fmt: skip
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}  # fmt: skip
RESIDUE = "   (what rounding leaves of 0)"
FUNCTIONS.update({"max": lambda *x: max(x), "min": lambda *x: min(x), "median": lambda *x: median_low(x)})


def calculate(text):
    """What a calculator gives for an expression."""
    python = text.replace("π", repr(math.pi)).replace("·", "*").replace("^", "**").replace("√", "sqrt")
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


# ---- every activation and loss ----------------------------------------------------------------------------

X = [-2.5, -0.7, 0.0, 0.3, 1.0, 2.5]


def _activations():
    """Each activation of each number."""
    made = {name: [function(Value(x)) for x in X] for name, function in ACTIVATIONS.items()}
    made["gelu, tanh"] = [Value(x).gelu(approximate="tanh") for x in X]
    made["square"] = [Value(x) ** 2.0 for x in X]
    made["softmax"] = softmax_rows([[Value(x) for x in X]])[0]
    made["log_softmax"] = log_softmax_rows([[Value(x) for x in X]])[0]
    return made


def _rows(numbers=X):
    return [[Value(x) for x in numbers[:3]], [Value(x) for x in numbers[3:]]]


CLASSES = {"cross_entropy", "nll_loss"}
SETTINGS = {
    "huber_loss": [{"delta": 0.8}, {"delta": 2.0}],
    "smooth_l1_loss": [{"beta": 0.8}, {"beta": 2.0}],
    "bce_with_logits": [{"weight": 0.5, "pos_weight": [2.0, 3.0, 0.25]}],
    "binary_cross_entropy_with_logits": [],
    "cross_entropy": [{"weight": [0.5, 2.0, 0.0]}, {"label_smoothing": 0.1}],
    "nll_loss": [{"weight": [0.5, 2.0, 1.0]}],
}
TARGETS = [[0.5, 0.25, 0.25], [1.0, 0.0, 0.0]]


def _losses():
    """Each loss, of constant targets and of Values, with each reduction and its settings."""
    made = {}
    for name in [name for name in vars(losses) if hasattr(getattr(losses, name), "__wrapped__")]:
        function = getattr(losses, name)
        for options in [{}, *SETTINGS.get(name, [])]:
            for reduction in ("mean", "sum", "none"):
                kinds = [[2, 0]] if name in CLASSES else []
                if name != "nll_loss":
                    kinds += [TARGETS, [[Value(t) for t in row] for row in TARGETS]]
                for k, target in enumerate(kinds):
                    result = function(_rows(), target, reduction=reduction, **options)
                    flat = result if isinstance(result, list) else [result]
                    flat = [v for part in flat for v in (part if isinstance(part, list) else [part])]
                    made[f"{name} {options} {reduction} {k}"] = flat
    return made


@pytest.fixture(scope="session")
def operations():
    """The Values made by each activation and by each loss of each kind, and by what these are made of."""
    made = {**_activations(), **_losses()}
    return {name: [v for y in made[name] for v in children_first(y) if v.parents] for name in made}


@pytest.fixture(scope="session", name="computed")
def _computed():
    """What a calculator gives for an expression."""
    return calculate


@pytest.fixture(scope="session", name="check_lines")
def _check_lines():
    """Fails unless each line's arithmetic gives its result; returns how many lines have some."""
    return check_lines
