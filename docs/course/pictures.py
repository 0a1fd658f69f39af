"""Draws the pictures of the course: `python docs/course/pictures.py` writes them all again.

Every number in them is a short binary fraction, so that every Python on every machine draws the same bytes.
"""

from __future__ import annotations

from pathlib import Path

from tinygnn import Value
from tinygnn.explain import draw


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
    z = w1 * 3.0 + w2 * 1.0 + b
    y = z.relu()
    loss = (y - 2.0) ** 2
    loss.backward()
    return draw(loss, names={w1: "w1", w2: "w2", b: "b", z: "z", y: "y", loss: "loss"})


def pictures() -> dict[str, str]:
    """All pictures by file name."""
    return {
        "memory.svg": memory(backward=False),
        "backward.svg": memory(backward=True),
        "neuron.svg": neuron(),
    }


if __name__ == "__main__":
    for name, text in pictures().items():
        (Path(__file__).parent / "pictures" / name).write_text(text, encoding="utf-8")
