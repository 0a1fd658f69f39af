"""Draws the pictures of the course: `python docs/course/pictures.py` writes them all again.

Every number in them is a short binary fraction, so that every Python on every machine draws the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from tinygnn import Value, mse_loss
from tinygnn.explain import draw
from tinygnn.nn import GCNConv


def memory(backward: bool) -> str:
    """Chapters 1 and 2: y = a b + a, before and after backward."""
    a, b = Value(2.0), Value(3.0)
    p = a * b
    y = p + a
    if backward:
        y.backward()
    return draw(y, names={a: "a", b: "b", p: "p", y: "y"})


def neuron() -> str:
    """Chapter 3: a neuron of two inputs, and how wrong it is."""
    w1, w2, b = Value(0.5), Value(-1.0), Value(0.25)
    x1, x2, target = Value(3.0), Value(1.0), Value(2.0)
    z = w1 * x1 + w2 * x2 + b
    y = z.relu()
    loss = (y - target) ** 2
    loss.backward()
    names = {w1: "w1", w2: "w2", b: "b", x1: "x1", x2: "x2", target: "target", z: "z", y: "y", loss: "loss"}
    return draw(loss, names=names)


def message() -> str:
    """Chapter 4: what Dot hears, added up."""
    x = [Value(1.0), Value(2.0), Value(6.0)]
    heard = x[0] + x[1]
    total = heard + x[2]
    total.backward()
    return draw(total, names={x[0]: "x0 (Ann)", x[1]: "x1 (Bob)", x[2]: "x2 (Cem)", total: "Dot hears"})


def gcn() -> str:
    """Chapter 5: the first number of Dot's new row."""
    conv = GCNConv(2, 2)
    conv.load_state_dict({"lin.weight": [[1.0, 2.0], [0.5, -1.0]], "bias": [0.5, 0.0]})
    assert conv.bias is not None
    out = conv([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 0.0]], ([0, 1, 2], [3, 3, 3]))[3][0]
    out.backward()
    senders = ("Ann", "Bob", "Cem", "Dot")
    names = {value: f"W x of {who}" for value, who in zip(out.parents, senders)}
    names |= {conv.lin.weight[0][0]: "W[0][0]", conv.lin.weight[0][1]: "W[0][1]", conv.bias[0]: "b[0]"}
    return draw(out, names={**names, out: "Dot's number"})


def training() -> str:
    """Chapter 6: the loss of two nodes, in which w and b take part twice each."""
    conv = GCNConv(1, 1)
    w = conv.lin.weight[0][0]
    assert conv.bias is not None
    b = conv.bias[0]
    w.data, b.data = 1.0, 0.0
    rows = conv([[1.0], [2.0], [3.0], [2.0]], ([0, 1, 2], [3, 3, 3]))
    loss = mse_loss(rows, [[2.0], [0.0], [0.0], [5.5]], mask=[True, False, False, True])
    loss.backward()
    return draw(loss, names={w: "w", b: "b", rows[0][0]: "Ann", rows[3][0]: "Dot", loss: "L"})


def pictures() -> dict[str, str]:
    """All pictures by file name."""
    return {
        "memory.svg": memory(backward=False),
        "backward.svg": memory(backward=True),
        "neuron.svg": neuron(),
        "message.svg": message(),
        "gcn.svg": gcn(),
        "training.svg": training(),
    }


if __name__ == "__main__":
    for name, text in pictures().items():
        (Path(__file__).parent / "pictures" / name).write_text(text, encoding="utf-8")
