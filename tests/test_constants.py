"""Constants recorded: what layers work out from a graph or their settings is a Value that says how."""

from __future__ import annotations

import math
from typing import Any

import pytest

from tinygnn import Value, cross_entropy, nn
from tinygnn.constants import (
    constant,
    constants_are_recorded,
    detached,
    logarithm,
    quotient,
    record_constants,
)
from tinygnn.edge_index import EdgeIndex
from tinygnn.losses import mse_loss, nll_loss
from tinygnn.nn.module import leaves

MIXED = ([0, 1, 1, 2, 0, 3], [1, 0, 2, 1, 2, 1])
X = [[0.5, -1.0], [2.0, 0.25], [-0.75, 1.5], [1.0, 1.0]]
LAYERS: dict[str, Any] = {
    "gcn": lambda: nn.GCNConv(2, 2, improved=True),
    "sage": lambda: nn.SAGEConv(2, 2),
    "graph": lambda: nn.GraphConv(2, 2, aggr="mean"),
    "gin": lambda: nn.GINConv(nn.Linear(2, 2), eps=0.3),
    "sg": lambda: nn.SGConv(2, 2, K=2),
    "tag": lambda: nn.TAGConv(2, 2),
    "cheb": lambda: nn.ChebConv(2, 2, K=3),
    "arma": lambda: nn.ARMAConv(2, 2, num_stacks=2),
    "appnp": lambda: nn.APPNP(K=2, alpha=0.1),
    "nn": lambda: nn.NNConv(2, 2, nn.Linear(1, 4), aggr="mean"),
    "pna": lambda: nn.PNAConv(2, 2, ["mean", "max"], list(nn.conv.degree_scaler.SCALERS), [0, 2, 1, 1]),
}


def run(name: str, layer: Any) -> list[Any]:
    arguments = [[[0.5]] * 6] if name == "nn" else []
    out: list[Any] = leaves(layer(X, MIXED, *arguments))
    return out


def gradients(layer: Any, out: list[Any]) -> list[float]:
    for parameter in leaves(list(layer.parameters())):
        parameter.grad = 0.0
    for k, value in enumerate(out):
        value.backward(1.0 + k)
    return [parameter.grad for parameter in leaves(list(layer.parameters()))]


@pytest.mark.parametrize("name", LAYERS)
def test_layers_give_the_same_numbers_and_gradients_with_constants_recorded(name: str) -> None:
    layer = LAYERS[name]()
    plain = run(name, layer)
    wanted = [v.data for v in plain], gradients(layer, plain)
    with record_constants():
        recorded = run(name, layer)
    assert [v.data for v in recorded] == pytest.approx(wanted[0], rel=1e-12, abs=1e-12)
    assert gradients(layer, recorded) == pytest.approx(wanted[1], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_no_coefficient_of_a_recorded_layer_was_rounded_before(name: str) -> None:
    """What stands in operations is given, or an integer; the layer's weights are drawn."""
    layer = LAYERS[name]()
    with record_constants():
        unseen = run(name, layer)
    known = {0.5, -1.0, 0.25, -0.75, 1.5, -0.5, 0.1, 0.3, *[p.data for p in leaves(list(layer.parameters()))]}
    known |= {layer.aggr_module.avg_deg_lin[0], layer.aggr_module.avg_deg_log[0]} if name == "pna" else set()
    seen: set[Value] = set()
    while unseen:
        node = unseen.pop()
        if node in seen:
            continue
        seen.add(node)
        unseen += node.parents
        constants = [] if isinstance(node.op, str) else leaves(list(map(as_list, node.op[1:])))
        for number in (*constants, *([] if node.parents else [node.data])):
            assert float(number) in known or float(number).is_integer(), (node.op, number)


def as_list(part: Any) -> Any:
    return list(part) if isinstance(part, tuple) else part


def test_a_graph_remembers_floats_and_values_apart() -> None:
    edges, layer = EdgeIndex(MIXED), nn.SAGEConv(2, 2)
    before = [v.data for v in leaves(layer(X, edges))]
    with record_constants():
        recorded = leaves(layer(X, edges))
    after: list[Any] = leaves(layer(X, edges))
    assert [v.data for v in after] == before
    assert {v.op[0] for v in after} == {"linear_combination"}
    assert {v.op for v in recorded} == {"dot"}


@pytest.mark.parametrize(
    "loss",
    [
        lambda z: cross_entropy(z, [1, 0, 1, 1], weight=[0.1, 0.7]),
        lambda z: cross_entropy(z, [1, 0, 1, 1], weight=[0.1, 0.7], label_smoothing=0.3),
        lambda z: cross_entropy(z, [1, 0, -100, 1], label_smoothing=0.3, reduction="sum"),
        lambda z: nll_loss(z, [1, 0, 1, 1], weight=[0.1, 0.7]),
        lambda z: mse_loss(z[:3], X[1:], mask=[True, False, True]),
    ],
)
def test_losses_are_the_same_with_constants_recorded(loss: Any) -> None:
    def slopes(z: list[list[Value]]) -> tuple[float, list[float]]:
        end = loss(z)
        end.backward()
        return end.data, [entry.grad for entry in leaves(z)]

    value, of_plain = slopes([list(map(Value, row)) for row in X])
    with record_constants():
        again, of_recorded = slopes([list(map(Value, row)) for row in X])
    assert again == pytest.approx(value, rel=1e-14)
    assert of_recorded == pytest.approx(of_plain, rel=1e-13, abs=1e-15)


def test_statistics_of_earlier_batches_are_recorded_without_a_gradient() -> None:
    norm, weight = nn.BatchNorm(1), Value(2.0)
    with record_constants():
        norm([[weight * x] for x in (0.5, 1.5, 4.0)])
        norm.eval()
        [[out]] = norm([[1.0]])
    out.backward()
    assert weight.grad == 0.0
    mean = 0.1 * 4.0
    spread = 0.9 + 0.1 * 13.0
    assert out.data == pytest.approx((1.0 - mean) / math.sqrt(spread + 1e-5), rel=1e-12)


def test_outside_the_context_constants_are_floats() -> None:
    assert (constant(0.5), constants_are_recorded()) == (0.5, False)
    with record_constants():
        assert isinstance(constant(0.5), Value)
        assert constants_are_recorded()
        with record_constants():
            pass
        assert constants_are_recorded()
    assert detached(Value(2.0)) == 2.0


@pytest.mark.parametrize(
    ("a", "b", "wanted"), [(1.0, 4.0, 0.25), (1.0, 0.0, math.inf), (-1.0, 0.0, -math.inf)]
)
def test_a_quotient_is_the_same_of_floats_and_values(a: float, b: float, wanted: float) -> None:
    assert quotient(a, b) == float(quotient(Value(a), b)) == float(quotient(a, Value(b))) == wanted
    assert float(logarithm(Value(3.0))) == logarithm(3.0) == math.log(3.0)
