"""The compiled build runs the same source: the numbers are the interpreted ones, bit for bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinygnn.cli import main
from tinygnn.linalg import COMPILED

ROOT = Path(__file__).parents[1]
# Trains each kind of model for some epochs and prints every loss and weight as a hexadecimal float.
PROGRAM = """
import random
from tinygnn import GNN, Graph, Value, cross_entropy, mse_loss, nn, optim
from tinygnn.linalg import COMPILED, logsumexp
from tinygnn.nn.module import leaves

rng = random.Random(5)
pairs = [(rng.randrange(12), rng.randrange(12)) for _ in range(40)]
x = [[rng.choice([0.0, 1.0, rng.gauss(0.0, 1.0)]) for _ in range(6)] for _ in range(12)]
edges = ([s for s, _ in pairs], [t for _, t in pairs])
graph = Graph(edges, x=x, y=[i % 3 for i in range(12)], edge_weight=[rng.random() for _ in pairs])
steps = {"gcn": optim.Adam, "sage": optim.AdamW, "gat": optim.SGD}
acts = {"gcn": "relu", "sage": "gelu", "gat": "elu"}
print(COMPILED)
for kind, optimizer_class in steps.items():
    model = GNN(kind, 6, 8, 2, 3, act=acts[kind], dropout=0.25, seed=1)
    optimizer = optimizer_class(model.parameters(), lr=0.02, weight_decay=1e-3)
    for _ in range(15):
        optimizer.zero_grad()
        logits = model(graph)
        loss = cross_entropy(logits, graph.y) + 0.1 * mse_loss(logits, [[0.5] * 3] * 12)
        loss.backward()
        optimizer.step()
        print(loss.data.hex())
    for name, parameter in model.named_parameters():
        print(name, *[value.data.hex() for value in leaves(parameter)])
for optimizer in (
    optim.SGD([Value(0.5), Value(-2.0)], lr=0.1, momentum=0.9, nesterov=True, maximize=True),
    optim.Adam([Value(0.5), Value(-2.0)], lr=0.1, amsgrad=True, weight_decay=0.1),
    optim.RMSprop([Value(0.5), Value(-2.0)], momentum=0.9, weight_decay=0.1),
    optim.RMSprop([Value(0.5), Value(-2.0)], lr=1, centered=True),
    optim.Adagrad([Value(0.5), Value(-2.0)], lr=1, lr_decay=0.1, initial_accumulator_value=1),
):
    for _ in range(20):
        for parameter in optimizer.params:
            parameter.grad = rng.gauss(0.0, 1.0)
        optimizer.step()
    print(*[parameter.data.hex() for parameter in optimizer.params])
a = [Value(0.3), Value(-1.7), Value(2.5)]
z = (a[0] / a[1]).sin() ** 2 + logsumexp(a) * a[2].silu() - (a[0] ** a[2]).softplus()
z.backward()
print(z.data.hex(), *[v.grad.hex() for v in a])
"""


def run(path: list[str]) -> list[str]:
    """Run PROGRAM with these folders first on the path; return its lines."""
    code = f"import sys; sys.path[:0] = {path!r}\n{PROGRAM}"
    environment = {**os.environ, "PYTHONSAFEPATH": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_command_says_which_engine_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """`tinygnn info --engine` tells the compiled build from the interpreted one."""
    assert main(["info", "--engine"]) == 0
    assert ("compiled by mypyc" if COMPILED else "interpreted") in capsys.readouterr().out


@pytest.mark.skipif(not COMPILED, reason="this is the interpreted build")
def test_compiled_numbers_are_the_interpreted_ones_bit_for_bit() -> None:
    """Losses, weights and gradients of every kind of model, from the checkout's source and compiled."""
    compiled, interpreted = run([]), run([str(ROOT)])
    assert (compiled[0], interpreted[0]) == ("True", "False")
    assert compiled[1:] == interpreted[1:]
