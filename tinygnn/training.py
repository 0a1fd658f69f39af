"""`fit`: the five-line training loop with a record of what happened."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tinygnn.graph import Graph
from tinygnn.history import Epoch, History, TrainingState
from tinygnn.lr_scheduler import ReduceLROnPlateau
from tinygnn.nn.module import Module
from tinygnn.optim import Adam, Optimizer, clip_grad_norm_
from tinygnn.splits import Masks
from tinygnn.tasks import Task, task_for

Callback = Callable[[TrainingState], object]


def fit(
    model: Module,
    data: Graph | Sequence[Graph],
    optimizer: Optimizer | None = None,
    *,
    task: Task | None = None,
    scheduler: Any = None,
    epochs: int = 200,
    masks: Masks | None = None,
    monitor: str | None = None,
    patience: int | None = None,
    batch_size: int | None = None,
    clip_norm: float | None = None,
    callbacks: Iterable[Callback] = (),
    seed: int = 0,
    state: TrainingState | None = None,
) -> History:
    """Train a model and return what each epoch showed, from epoch 0, the model as it starts, on.

    data: a graph, or a list of graphs. task: what to learn, by default what their labels are for (see
    `task_for`). optimizer: Adam with learning rate 0.01 by default. scheduler: steps once after each
    epoch, a ReduceLROnPlateau with the monitored number. masks: the splits. monitor: the number that says
    which epoch is best (see `History`), by default "val_loss" where there is a val split; the model ends
    with the weights of the best epoch, and without a monitor with the last. patience: stop when so many
    epochs in a row have not been better than the best. batch_size: graphs per step. clip_norm: the largest
    norm that the gradient of a step may have. callbacks: each is called with the `TrainingState` at the
    end of every epoch, 0 included; training stops after one returns True. seed: of the order of batches
    and of negative samples. state: go on after its last epoch, with the model, optimizer and scheduler as
    they were then; it says what is monitored.

    Raises ValueError when there is nothing to learn from, or nothing to watch.
    """
    task = task_for(data, masks, batch_size=batch_size) if task is None else task
    optimizer = Adam(model.parameters(), lr=0.01) if optimizer is None else optimizer
    monitor = default_monitor(task) if monitor is None else monitor
    check_monitor(monitor, patience, scheduler)
    callbacks = list(callbacks)
    state = TrainingState.of(seed=seed, monitor=monitor) if state is None else state
    history = state.history
    if history.best is not None and state.best_weights is None:
        raise ValueError("the state names a best epoch: give it best_weights, the state_dict of that epoch")
    going_on = True
    while going_on and state.epoch < epochs and (patience is None or history.waited < patience):
        started = time.perf_counter()
        number, lr = state.epoch + 1, learning_rate(optimizer)
        loss = train(model, task, optimizer, state.rng, clip_norm) if number > 0 else None
        metrics = task.evaluate(model)
        loss = metrics["train"]["loss"] if loss is None else loss
        if history.add(Epoch(number, loss, metrics, lr, time.perf_counter() - started)):
            state.best_weights = model.state_dict()
        if isinstance(scheduler, ReduceLROnPlateau) and number > 0:
            scheduler.step(history.monitored(state.last))
        elif scheduler is not None and number > 0:
            scheduler.step()
        answers = [callback(state) for callback in callbacks]
        going_on = not any(answer is True for answer in answers)
    if state.best_weights is not None:
        model.load_state_dict(state.best_weights)
    model.eval()
    return history


def default_monitor(task: Task) -> str | None:
    """The number to choose the best epoch by where nobody names one."""
    return "val_loss" if task.splits.get("val") else None


def check_monitor(monitor: str | None, patience: int | None, scheduler: Any) -> None:
    """Raise ValueError where patience or a plateau has nothing to watch."""
    if patience is not None and (monitor is None or patience < 1):
        raise ValueError(f"patience={patience} needs a val split, or a monitor, and at least 1 epoch")
    if isinstance(scheduler, ReduceLROnPlateau) and monitor is None:
        raise ValueError("ReduceLROnPlateau needs a val split, or a monitor")


def train(
    model: Module, task: Task, optimizer: Optimizer, rng: random.Random, clip_norm: float | None = None
) -> float:
    """Train for one epoch; return the mean loss of its batches, each counted by its examples."""
    model.train()
    seen, mean = 0, 0.0
    for batch, examples in task.batches(rng):
        seen += examples
        mean += (step(model, task, optimizer, batch, clip_norm) - mean) * (examples / seen)
    return mean


def step(model: Module, task: Task, optimizer: Optimizer, batch: Any, clip_norm: float | None) -> float:
    """The loop of the README: its numbers are gone when it returns."""
    optimizer.zero_grad()
    loss = task.loss(model, batch)
    loss.backward()
    if clip_norm is not None:
        clip_grad_norm_(optimizer.params, clip_norm)
    optimizer.step()
    return loss.data


def learning_rate(optimizer: Optimizer) -> float:
    """The learning rate of the first group of parameters."""
    return float(optimizer.param_groups[0]["lr"])
