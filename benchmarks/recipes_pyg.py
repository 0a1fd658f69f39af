"""A recipe trained by PyG: the layers that `to_torch` gives with weights drawn by PyG, in float32."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch.nn.functional import cross_entropy
from torch_geometric.loader import DataLoader

from tinygnn.adapters import to_pyg, to_torch
from tinygnn.experiment import Experiment
from tinygnn.nn.module import leaves
from tinygnn.tasks import GraphTask

OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}
Metrics = dict[str, dict[str, float]]


def train(experiment: Experiment, monitor: str | None) -> tuple[int, Metrics]:
    """Train for the settings' epochs; return the chosen epoch and the accuracies on its splits.

    As `tinygnn.training.fit` counts: epoch 0 is the model as it starts, and of equal epochs the first.
    """
    settings = experiment.settings
    if settings.scheduler is not None or settings.patience is not None or settings.clip_norm is not None:
        raise ValueError("this loop has no scheduler, patience or clipping: none of the recipes has")
    torch.set_num_threads(1)
    module = to_torch(experiment.model, dtype="float32")
    draw_weights(module, settings.seed)
    optimizer = make_optimizer(experiment, module)
    data = graph_data(experiment) if isinstance(experiment.task, GraphTask) else node_data(experiment)
    chosen, best = 0, evaluate(module, data)
    metrics = best
    for epoch in range(1, settings.epochs + 1):
        module.train()
        for batch, mask in data["batches"]():
            optimizer.zero_grad()
            outputs = call(module, batch)
            targets = batch.y.view(-1)
            loss = (
                cross_entropy(outputs, targets)
                if mask is None
                else cross_entropy(outputs[mask], targets[mask])
            )
            loss.backward()
            optimizer.step()
        metrics = evaluate(module, data)
        if monitor is not None and is_better(monitor, metrics, best):
            chosen, best = epoch, copy.deepcopy(metrics)
    return (settings.epochs, metrics) if monitor is None else (chosen, best)


def draw_weights(module: Any, seed: int) -> None:
    """Let PyG draw the weights that the module starts from."""
    torch.manual_seed(seed)
    for part in module.modules():
        if part is not module and hasattr(part, "reset_parameters"):
            part.reset_parameters()


def is_better(monitor: str, metrics: Metrics, best: Metrics) -> bool:
    if monitor == "epoch":
        return True
    split, _, name = monitor.partition("_")
    if name == "loss":
        return metrics[split][name] < best[split][name]
    return metrics[split][name] > best[split][name]


def make_optimizer(experiment: Experiment, module: Any) -> Any:
    """The settings' optimizer, with the groups that tinygnn's has: parameters go by their names."""
    parameters = dict(module.named_parameters())
    group_of = {
        id(value): k for k, group in enumerate(experiment.optimizer.param_groups) for value in group["params"]
    }
    groups: list[dict[str, Any]] = [
        {"params": [], "weight_decay": group["weight_decay"]} for group in experiment.optimizer.param_groups
    ]
    for name, parameter in experiment.model.named_parameters():
        groups[group_of[id(leaves(parameter)[0])]]["params"].append(parameters[name])
    return OPTIMIZERS[experiment.settings.optimizer](groups, lr=experiment.settings.lr)


def call(module: Any, batch: Any) -> Any:
    """What the module gives for a Data or a Batch."""
    if getattr(batch, "batch", None) is None:
        return module(batch.x, batch.edge_index)
    return module(batch.x, batch.edge_index, batch=batch.batch, batch_size=batch.num_graphs)


def node_data(experiment: Experiment) -> dict[str, Any]:
    """One graph, all of it a batch."""
    task: Any = experiment.task
    graph = as_data(task.graph)
    masks = {name: torch.tensor(mask) for name, mask in task.masks.items()}
    return {
        "batches": lambda: [(graph, masks["train"])],
        "splits": {name: [(graph, mask)] for name, mask in masks.items()},
    }


def graph_data(experiment: Experiment) -> dict[str, Any]:
    """Batches of graphs, in another order each epoch."""
    task: Any = experiment.task
    graphs = {name: [as_data(graph) for graph in part] for name, part in task.graphs.items()}
    size = task.batch_size or len(graphs["train"])
    loader = DataLoader(graphs["train"], size, shuffle=True)
    whole = {name: DataLoader(part, size) for name, part in graphs.items() if part}
    return {
        "batches": lambda: [(batch, None) for batch in loader],
        "splits": {name: [(batch, None) for batch in part] for name, part in whole.items()},
    }


def as_data(graph: Any) -> Any:
    data = to_pyg(graph)
    data.x = data.x.float()
    data.y = torch.as_tensor(data.y).view(-1)
    return data


@torch.no_grad()
def evaluate(module: Any, data: dict[str, Any]) -> Metrics:
    """Loss and accuracy on each split."""
    module.eval()
    found: Metrics = {}
    outputs: dict[int, Any] = {}
    for split, parts in data["splits"].items():
        right = loss = count = 0.0
        for batch, mask in parts:
            if id(batch) not in outputs:
                outputs[id(batch)] = call(module, batch)
            logits, targets = outputs[id(batch)], batch.y.view(-1)
            if mask is not None:
                logits, targets = logits[mask], targets[mask]
            right += (logits.argmax(-1) == targets).sum().item()
            loss += cross_entropy(logits, targets, reduction="sum").item()
            count += len(targets)
        found[split] = {"accuracy": right / count, "loss": loss / count}
    return found
