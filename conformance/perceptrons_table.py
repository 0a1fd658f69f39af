"""The cases of MLP with norms and all else, and of activations as modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tinygnn.conformance.case import Case
from tinygnn.conformance.convs_table import Layer, Row, cases
from tinygnn.conformance.data import numbers
from tinygnn.conformance.models_table import MLP_EQUATION
from tinygnn.conformance.norms_table import BATCHES

MIXED = ("mixed",)
PERCEPTRON = Layer("perceptron", "MLP", MLP_EQUATION + ", with a norm", sizes=(3, 5, 4, 2), edges=False)
EVALUATION = [{"x": numbers(f"perceptron/before/{i}", 6, 3)} for i in range(2)]


def perceptron(batch: str | None = None, **settings: Any) -> Row:
    """A row of MLP, over one of the batches of norms."""
    given, flags = ({}, ()) if batch is None else BATCHES[batch]
    sizes, out = settings.pop("sizes", None), settings.pop("out", None)
    return Row(settings, MIXED, sizes, out=out, given=given, flags=flags)


PERCEPTRONS: dict[str, Row] = {
    "": Row({"act": "tanh"}, ("path", "mixed")),
    "relu": perceptron(),
    "one-layer": perceptron(sizes=(3, 2)),
    "plain-last": perceptron(sizes=(3, 4), out=4, act="elu", plain_last=False),
    "no-plain-last": perceptron(act="tanh", plain_last=False),
    "act-first": perceptron(act="tanh", act_first=True),
    "act-kwargs": perceptron(act="leaky_relu", act_kwargs={"negative_slope": 0.25}, norm=None),
    "no-act": perceptron(act=None),
    "no-bias": perceptron(act="tanh", bias=False),
    "some-bias": perceptron(act="tanh", bias=[True, False, True], norm=None),
    "all-dropped": perceptron(dropout=[0.0, 1.0, 0.0], norm=None),
    "norm-kwargs": perceptron(act="tanh", norm_kwargs={"eps": 0.25, "affine": False}),
    "graph-norm": perceptron("three", act="tanh", norm="graph_norm"),
    "layer-norm": perceptron("unsorted", act="tanh", norm="LayerNorm"),
    "layer-norm-node": perceptron(act="tanh", norm="layer_norm", norm_kwargs={"mode": "node"}),
    "instance-norm": perceptron("empty-last", act="tanh", norm="instance"),
    "evaluation": Row({"act": "tanh"}, MIXED, before=EVALUATION, training=False),
}

SOFTMAX = "x'_ij = exp(x_ij) / Σ_k exp(x_ik), its logarithm, or the same of columns (no numbered equation)"
EQUATIONS = {
    "ReLU": "max(x, 0) (Nair & Hinton 2010)",
    "LeakyReLU": "x, or a x below 0 (Maas et al. 2013)",
    "ELU": "x, or α (e^x - 1) below 0 (Clevert et al. 2016, arXiv:1511.07289, equation 15)",
    "GELU": "x Φ(x), or x (1 + tanh(√(2/π)(x + 0.044715 x³))) / 2 "
            "(Hendrycks & Gimpel 2016, arXiv:1606.08415, section 2)",
    "SiLU": "x σ(x) (Elfwing et al. 2018, arXiv:1702.03118)",
    "Softplus": "log(1 + e^(β x)) / β (Dugas et al. 2001)",
    "Tanh": "tanh x (no numbered equation)",
    "Sigmoid": "1 / (1 + e^-x) (no numbered equation)",
    "Identity": "x (no numbered equation)",
    "PReLU": "x, or a x below 0 with a learned a (He et al. 2015, arXiv:1502.01852, equation 1)",
    "Softmax": SOFTMAX,
    "LogSoftmax": SOFTMAX,
}  # fmt: skip
# Of each activation its word, the class, and options with the ends of their ids.
ACTIVATIONS: list[tuple[str, str, dict[str, dict[str, Any]]]] = [
    ("relu", "ReLU", {"": {}}),
    ("leaky_relu", "LeakyReLU", {"": {}, "slope": {"negative_slope": 0.25}}),
    ("elu", "ELU", {"": {}, "alpha": {"alpha": 0.5}}),
    ("gelu", "GELU", {"": {}, "tanh": {"approximate": "tanh"}}),
    ("silu", "SiLU", {"": {}}),
    ("softplus", "Softplus", {"": {}, "beta": {"beta": 2.5}}),
    ("tanh", "Tanh", {"": {}}),
    ("sigmoid", "Sigmoid", {"": {}}),
    ("identity", "Identity", {"": {}}),
    ("prelu", "PReLU", {"": {}, "columns": {"num_parameters": 3, "init": 0.5}}),
    ("softmax", "Softmax", {"": {"dim": -1}, "columns": {"dim": 0}}),
    ("log_softmax", "LogSoftmax", {"": {"dim": 1}, "columns": {"dim": -2}}),
]


def perceptron_and_activation_cases() -> Iterator[Case]:
    """Every case of MLP of this table, and of an activation."""
    yield from cases(PERCEPTRON, PERCEPTRONS)
    for word, call, options in ACTIVATIONS:
        layer = Layer(f"activation-{word}", call, EQUATIONS[call], sizes=(), out=3, edges=False)
        kinked = [[0.0, -0.5, 1.0], [2.0, 0.0, -0.25], [-1.5, 0.5, 0.0], [0.0, 0.0, -1.0]]
        rows = {end: Row(settings, MIXED) for end, settings in options.items()}
        at_zero = Row(next(iter(options.values())), ("path",), x=kinked, flags=("kink",))
        yield from cases(layer, {**rows, "at-zero": at_zero})
