"""A GNN on one small graph, every number checked: run it with `python examples/run_gnn_test.py`.

It prints the adjacency matrix, the forward pass, the gradients, the loss and the weights, and exits
with status 1 if the forward pass is not finite, differs from the matrix product, a gradient is missing
or differs from a central difference, a weight does not move, or the loss does not fall.
"""

import math
import sys

from tinygnn import GNN, Graph, adjacency_matrix, cross_entropy, matmul, optim, transpose
from tinygnn.gradcheck import numeric_gradient
from tinygnn.nn.module import leaves

EPOCHS = 50
# Two orders of summation differ by rounding: a few units in the last place of numbers near 1.
ROUNDING = 1e-12
# A central difference is good to about 1e-9 for a loss near 1; a wrong gradient is off by far more.
DIFFERENCE = 1e-6

failures: list[str] = []


def check(holds: bool, what: str) -> None:
    """Print whether it holds and remember it if not."""
    print(f"  {'ok  ' if holds else 'FAIL'}  {what}")
    if not holds:
        failures.append(what)


def show(title: str, matrix) -> None:
    """Print a matrix of numbers or Values."""
    print(title)
    for row in matrix:
        print("   ", "  ".join(f"{float(entry):8.4f}" for entry in row))


def norm(gradients) -> float:
    """The Euclidean norm."""
    return math.sqrt(sum(g * g for g in gradients))


# A kite with a tail: nodes 0, 1, 2 form a triangle, 3 hangs on 2, and 4 on 3.
undirected = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4)]
edges = undirected + [(target, source) for source, target in undirected]
graph = Graph(
    ([source for source, _ in edges], [target for _, target in edges]),
    x=[[1.0, 0.0, 0.5], [0.0, 1.0, -0.5], [1.0, 1.0, 0.0], [-1.0, 0.5, 1.0], [0.5, -1.0, 2.0]],
    y=[0, 0, 0, 1, 1],
    directed=False,
)
model = GNN("gcn", in_channels=3, hidden_channels=4, num_layers=2, out_channels=2, act="tanh", seed=1)
print(f"{graph!r}, {model!r}\n")

# 1. The adjacency matrix, and GCN's normalized one.
show("Adjacency matrix A, A[target][source]:", adjacency_matrix(graph))
normalized = adjacency_matrix(graph, self_loops=True, normalize=True)
show("D^-1/2 (A + I) D^-1/2:", normalized)

# 2. One GCN layer is a product of three matrices.
conv = model.convs[0]
layer = conv(graph.x, graph.edge_index)
product = matmul(normalized, matmul(graph.x, transpose(conv.lin.weight)))
worst = max(abs(a.data - b.data) for row, other in zip(layer, product) for a, b in zip(row, other))
show("First layer, D^-1/2 (A + I) D^-1/2 X W:", layer)
check(worst <= ROUNDING, f"GCNConv equals the matrix product (largest difference {worst:.1e})")

# 3. The forward pass.
logits = model(graph)
loss = cross_entropy(logits, graph.y)
show("Logits:", logits)
check(all(math.isfinite(entry.data) for row in logits for entry in row), "the forward pass is finite")

# 4. The backward pass: every gradient, beside a central difference.
loss.backward()
print("Gradients:")
for name, parameter in model.named_parameters():
    values = leaves(parameter)
    analytic = [value.grad for value in values]
    numeric = numeric_gradient(lambda *_: cross_entropy(model(graph), graph.y), values)
    error = max(abs(a - n) for a, n in zip(analytic, numeric))
    check(
        norm(analytic) > 0.0 and error <= DIFFERENCE,
        f"{name:20} norm {norm(analytic):.6f}, largest error {error:.1e}",
    )

# 5. Training: the loss falls and every weight moves.
before = {name: [value.data for value in leaves(p)] for name, p in model.named_parameters()}
optimizer = optim.Adam(model.parameters(), lr=0.05)
losses = []
print("Training:")
for epoch in range(EPOCHS):
    optimizer.zero_grad()
    loss = cross_entropy(model(graph), graph.y)
    loss.backward()
    optimizer.step()
    losses.append(loss.data)
    if epoch % 10 == 0 or epoch == EPOCHS - 1:
        print(f"    epoch {epoch:2}  loss {loss.data:.6f}")
check(losses[-1] < losses[0], f"the loss fell from {losses[0]:.6f} to {losses[-1]:.6f}")
print("Weights, the first of each parameter before and after:")
for name, parameter in model.named_parameters():
    after = [value.data for value in leaves(parameter)]
    moved = sum(a != b for a, b in zip(before[name], after))
    check(
        moved == len(after),
        f"{name:20} {before[name][0]:8.4f} -> {after[0]:8.4f}, {moved} of {len(after)} moved",
    )

print("\nAll checks passed." if not failures else f"\n{len(failures)} checks failed.")
sys.exit(1 if failures else 0)
