"""micrograd: its own demo, and the same GCN written with its Values.

micrograd has no exp and no log, so these are added here in its own manner. The dense products of
features and weights are those of its Neuron, zeros included, unless the contender skips them.
"""

from __future__ import annotations

import math
from typing import Any

from benchmarks.contenders import Contender, Skip
from benchmarks.engines import Epochs, dense_rows
from benchmarks.workloads.moons import learning_rate

try:
    from micrograd.engine import Value
    from micrograd.nn import MLP
except ImportError:
    raise Skip("micrograd is not installed: pip install micrograd==0.1.0") from None


def exp(value: Any) -> Any:
    """e**x."""
    out = Value(math.exp(value.data), (value,), "exp")

    def _backward() -> None:
        value.grad += out.data * out.grad

    out._backward = _backward
    return out


def log(value: Any) -> Any:
    """The natural logarithm."""
    out = Value(math.log(value.data), (value,), "log")

    def _backward() -> None:
        value.grad += out.grad / value.data

    out._backward = _backward
    return out


def mlp(data: dict[str, Any], contender: Contender) -> Epochs:
    """Train micrograd's MLP with max-margin loss and L2 regularization."""
    *hidden, last = data["sizes"][1:]
    model = MLP(data["sizes"][0], [*hidden, last])
    for i, layer in enumerate(model.layers):
        for j, neuron in enumerate(layer.neurons):
            neuron.b.data = data["weights"][f"layers.{i}.bias"][j]
            for weight, number in zip(neuron.w, data["weights"][f"layers.{i}.weight"][j]):
                weight.data = number
    return train_mlp(data["x"], data["y"], data["alpha"], model)


def train_mlp(x: list[list[float]], y: list[float], alpha: float, model: Any) -> Epochs:
    """The loop of micrograd's demo, without the accuracy."""
    epoch = 0
    while True:
        inputs = [list(map(Value, row)) for row in x]
        scores = list(map(model, inputs))
        losses = [(1 + -label * score).relu() for label, score in zip(y, scores)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = alpha * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        total_loss.backward()
        rate = learning_rate(epoch)
        for p in model.parameters():
            p.data -= rate * p.grad
        epoch += 1
        yield total_loss.data


def gnn(data: dict[str, Any], contender: Contender) -> Epochs:
    """Train a GCN of two layers on the masked nodes, with Adam."""
    sources, targets = data["edges"]
    rows = gcn_rows(sources, targets, len(data["x"]))
    x = dense_rows(data["x"], data["sizes"][0])
    inputs = [[(j, xj) for j, xj in enumerate(row) if xj or not contender.skip_zeros] for row in x]
    weights = data["weights"]
    model = [
        (
            [[Value(w) for w in row] for row in weights[f"convs.{i}.lin.weight"]],
            [Value(b) for b in weights[f"convs.{i}.bias"]],
        )
        for i in range(2)
    ]
    wanted = [(i, label) for i, (label, keep) in enumerate(zip(data["y"], data["train_mask"])) if keep]
    return train(model, rows, inputs, wanted)


def gcn_rows(sources: list[int], targets: list[int], nodes: int) -> list[list[tuple[int, float]]]:
    """For each node its neighbours, itself among them, and the constants 1 / √(d_i d_j)."""
    neighbours: list[list[int]] = [[] for _ in range(nodes)]
    for source, target in zip(sources, targets):
        neighbours[target].append(source)
    for i in range(nodes):
        neighbours[i].append(i)
    degrees = [len(found) for found in neighbours]
    return [[(j, (degrees[i] * degrees[j]) ** -0.5) for j in found] for i, found in enumerate(neighbours)]


def convolve(rows: list[Any], h: list[Any], weight: list[Any], bias: list[Any]) -> list[list[Any]]:
    """GCNConv; each row of h is pairs of a column and a number."""
    transformed = [[sum(w[j] * hj for j, hj in row) for w in weight] for row in h]
    return [[sum((transformed[j][k] * c for j, c in row), b) for k, b in enumerate(bias)] for row in rows]


def cross_entropy(logits: list[list[Any]], wanted: list[tuple[int, int]]) -> Any:
    """-Σ log softmax(z)[label] / n, with the largest z taken off first."""
    losses = []
    for i, label in wanted:
        largest = max(z.data for z in logits[i])
        shifted = [z - largest for z in logits[i]]
        losses.append(log(sum(exp(z) for z in shifted)) - shifted[label])
    return sum(losses) * (1.0 / len(losses))


def train(model: Any, rows: list[Any], inputs: list[Any], wanted: list[tuple[int, int]]) -> Epochs:
    (weight1, bias1), (weight2, bias2) = model
    parameters = [p for weight, bias in model for row in [*weight, bias] for p in row]
    m, v = [0.0] * len(parameters), [0.0] * len(parameters)
    step = 0
    while True:
        for p in parameters:
            p.grad = 0
        hidden = [[z.relu() for z in row] for row in convolve(rows, inputs, weight1, bias1)]
        logits = convolve(rows, [list(enumerate(row)) for row in hidden], weight2, bias2)
        loss = cross_entropy(logits, wanted)
        loss.backward()
        step += 1
        for i, p in enumerate(parameters):
            m[i] = 0.9 * m[i] + 0.1 * p.grad
            v[i] = 0.999 * v[i] + 0.001 * p.grad**2
            corrected = m[i] / (1 - 0.9**step), v[i] / (1 - 0.999**step)
            p.data -= 0.01 * corrected[0] / (corrected[1] ** 0.5 + 1e-8)
        yield loss.data


LOOPS = {"gnn": gnn, "mlp": mlp}
