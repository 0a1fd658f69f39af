"""PyTorch on one thread of the CPU: micrograd's demo as a user of PyTorch writes it."""

from __future__ import annotations

from typing import Any

from benchmarks.contenders import Contender, Skip
from benchmarks.engines import Epochs
from benchmarks.workloads.moons import learning_rate

try:
    import torch
except ImportError:
    raise Skip("PyTorch is not installed: pip install torch") from None

torch.set_num_threads(1)
torch.set_num_interop_threads(1)


def dtype_of(contender: Contender) -> torch.dtype:
    return torch.float32 if contender.float32 else torch.float64


class MLP(torch.nn.Module):
    """Linear layers with relu in between."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self.layers = torch.nn.ModuleList(torch.nn.Linear(a, b) for a, b in zip(sizes, sizes[1:]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        *hidden, last = self.layers
        for layer in hidden:
            x = layer(x).relu()
        return last(x)


def mlp(data: dict[str, Any], contender: Contender) -> Epochs:
    """Train an MLP with max-margin loss and L2 regularization."""
    dtype = dtype_of(contender)
    model = MLP(data["sizes"]).to(dtype)
    model.load_state_dict({name: torch.tensor(entry, dtype=dtype) for name, entry in data["weights"].items()})
    x, y = torch.tensor(data["x"], dtype=dtype), torch.tensor(data["y"], dtype=dtype)
    return train_mlp(x, y, data["alpha"], model)


def train_mlp(x: torch.Tensor, y: torch.Tensor, alpha: float, model: MLP) -> Epochs:
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    epoch = 0
    while True:
        optimizer.zero_grad()
        scores = model(x).squeeze(1)
        loss = (1 - y * scores).relu().mean() + alpha * sum((p * p).sum() for p in model.parameters())
        loss.backward()
        optimizer.param_groups[0]["lr"] = learning_rate(epoch)
        optimizer.step()
        epoch += 1
        yield loss.item()


LOOPS = {"mlp": mlp}
