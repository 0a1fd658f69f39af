"""Schedules: how the learning rate changes from epoch to epoch. PyTorch's, operation for operation.

Each is made for an optimizer, sets the rates of epoch 0 at once, and those of the next epoch at every
`step()`, which comes after the epoch's last `optimizer.step()`. The rates follow from those before, so that
several schedules of one optimizer multiply. To go on from a checkpoint, make the optimizer and the schedule,
then load both state dicts: the optimizer's holds the rates, the schedule's how far it had come. PyTorch's
argument `last_epoch`, another way to do this, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from math import inf
from typing import Any, ClassVar, SupportsFloat

from tinygnn.nn.module import leaves
from tinygnn.optim import Optimizer
from tinygnn.optim.optimizer import at_least_0, require
from tinygnn.value import real_number


class LRScheduler:
    """Base of the schedules by epoch; subclasses define `get_lr` and name their settings.

    base_lrs: the rates that the optimizer was made with, one per group. last_epoch: the number of `step()`s.
    last_lr: the rates it set last. Raises TypeError when it is not given an optimizer.
    """

    settings: ClassVar[tuple[str, ...]] = ()
    progress: ClassVar[tuple[str, ...]] = ("last_epoch", "last_lr", "base_lrs")

    def __init__(self, optimizer: Optimizer) -> None:
        self.optimizer = _checked(optimizer)
        for group in optimizer.param_groups:
            group.setdefault("initial_lr", group["lr"])
        self.base_lrs: list[float] = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = -1
        self.step()

    def get_lr(self) -> list[float]:
        """The rates of epoch `last_epoch`, from those of the epoch before."""
        raise TypeError(f"{type(self).__name__} defines no get_lr")

    def step(self) -> None:
        """Go to the next epoch and set its rates."""
        _same_groups(self.optimizer, len(self.base_lrs))
        self.last_epoch += 1
        for group, lr in zip(self.optimizer.param_groups, self.get_lr()):
            group["lr"] = lr
        self.last_lr = self.rates()

    def rates(self) -> list[float]:
        """The rate of each group as it stands in the optimizer."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def get_last_lr(self) -> list[float]:
        """The rates this schedule set last, one per group."""
        return list(self.last_lr)

    def state_dict(self) -> dict[str, Any]:
        """Settings and progress by name, exact through JSON."""
        return {name: _copied(getattr(self, name)) for name in (*self.settings, *self.progress)}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where the schedule stood whose `state_dict` this is, with its settings.

        Raises ValueError, and changes nothing, for the state of another schedule or of other groups.
        """
        names = (*self.settings, *self.progress)
        wrong = [f"no {name!r}" for name in names if name not in state_dict]
        wrong += [f"unknown {name!r}" for name in state_dict if name not in names]
        for name in names:
            if name in state_dict and not _alike(state_dict[name], getattr(self, name), name):
                wrong.append(f"{name!r} is {state_dict[name]!r}")
        if wrong:
            raise ValueError(f"cannot load state_dict into {type(self).__name__}: {'; '.join(wrong)}")
        for name in names:
            setattr(self, name, _copied(state_dict[name]))

    def __repr__(self) -> str:
        settings = "".join(f"{name}={getattr(self, name)!r}, " for name in self.settings)
        rates = ", ".join(str(lr) for lr in self.last_lr)
        return f"{type(self).__name__}({settings}epoch {self.last_epoch}, lr={rates})"


class StepLR(LRScheduler):
    """lr ← lr · gamma at every step_size-th epoch.

    >>> from tinygnn import Value, optim
    >>> scheduler = StepLR(optim.SGD([Value(0.0)], lr=0.5), step_size=2, gamma=0.5)
    >>> for epoch in range(4):
    ...     print(epoch, scheduler.get_last_lr())
    ...     scheduler.step()
    0 [0.5]
    1 [0.5]
    2 [0.25]
    3 [0.25]
    """

    settings = ("step_size", "gamma")

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1) -> None:
        require(step_size >= 1, "step_size", step_size, "at least 1")
        at_least_0("gamma", gamma)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        if self.last_epoch == 0 or self.last_epoch % self.step_size != 0:
            return self.rates()
        return [lr * self.gamma for lr in self.rates()]


class MultiStepLR(LRScheduler):
    """lr ← lr · gamma at each of the milestones; an epoch that stands there twice counts twice."""

    settings = ("milestones", "gamma")

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1) -> None:
        at_least_0("gamma", gamma)
        self.milestones = sorted(milestones)
        self.gamma = gamma
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        times = self.milestones.count(self.last_epoch)
        return [lr * self.gamma**times for lr in self.rates()] if times else self.rates()


class ExponentialLR(LRScheduler):
    """lr ← lr · gamma at every epoch."""

    settings = ("gamma",)

    def __init__(self, optimizer: Optimizer, gamma: float) -> None:
        at_least_0("gamma", gamma)
        self.gamma = gamma
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        return self.rates() if self.last_epoch == 0 else [lr * self.gamma for lr in self.rates()]


class CosineAnnealingLR(LRScheduler):
    """Half a cosine from base_lr down to eta_min in T_max epochs, and up again in as many.

    lr_t = eta_min + (base_lr - eta_min)(1 + cos(π t / T_max)) / 2 (Loshchilov & Hutter 2017,
    arXiv:1608.03983, equation 5, without its restarts), which is followed from epoch to epoch:

        lr_t = eta_min + (lr_(t-1) - eta_min) (1 + cos(π t / T_max)) / (1 + cos(π (t-1) / T_max))
    """

    settings = ("T_max", "eta_min")

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0) -> None:
        require(T_max >= 1, "T_max", T_max, "at least 1")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        t, end, low = self.last_epoch, self.T_max, self.eta_min
        if t == 0:
            return self.rates()
        if (t - 1 - end) % (2 * end) == 0:  # the epoch before was a minimum, from which no ratio leads up
            rise = 1 - math.cos(math.pi / end)
            return [lr + (base - low) * rise / 2 for lr, base in zip(self.rates(), self.base_lrs)]
        ratio = (1 + math.cos(math.pi * t / end)) / (1 + math.cos(math.pi * (t - 1) / end))
        return [ratio * (lr - low) + low for lr in self.rates()]


class LinearLR(LRScheduler):
    """A warm-up: in a straight line from start_factor · lr at epoch 0 to end_factor · lr at total_iters."""

    settings = ("start_factor", "end_factor", "total_iters")

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ) -> None:
        require(0.0 < start_factor <= 1.0, "start_factor", start_factor, "above 0 and at most 1")
        require(0.0 <= end_factor <= 1.0, "end_factor", end_factor, "in [0, 1]")
        require(total_iters >= 1, "total_iters", total_iters, "at least 1")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer)

    def get_lr(self) -> list[float]:
        t, start, total = self.last_epoch, self.start_factor, self.total_iters
        if t == 0:
            return [lr * start for lr in self.rates()]
        if t > total:
            return self.rates()
        rise = self.end_factor - start
        return [lr * (1.0 + rise / (total * start + (t - 1) * rise)) for lr in self.rates()]


class ReduceLROnPlateau(LRScheduler):
    """lr ← max(lr · factor, min_lr) once a metric has not improved for more than `patience` epochs.

    Args:
        mode: whether a good metric is small, "min", or large, "max".
        threshold, threshold_mode: better means below best (1 - threshold) for "rel" and below
            best - threshold for "abs"; in the mode "max" above best (1 + threshold) and best + threshold.
        cooldown: how many epochs after a reduction do not count.
        min_lr: one number, or one for each group.
        eps: a reduction by no more than this is left out.

    A metric that is nan is no improvement. Raises ValueError for a setting outside its range.

    >>> from tinygnn import Value, optim
    >>> scheduler = ReduceLROnPlateau(optim.SGD([Value(0.0)], lr=1.0), patience=1)
    >>> for loss in [0.5, 0.7, 0.6]:
    ...     scheduler.step(loss)
    >>> scheduler.get_last_lr()
    [0.1]
    """

    settings = ("mode", "factor", "patience", "threshold", "threshold_mode", "cooldown", "min_lrs", "eps")
    progress = ("last_epoch", "last_lr", "best", "num_bad_epochs", "cooldown_counter")

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: float | Sequence[float] = 0.0,
        eps: float = 1e-8,
    ) -> None:
        require(0.0 <= factor < 1.0, "factor", factor, "in [0, 1)")
        require(mode in ("min", "max"), "mode", mode, "'min' or 'max'")
        require(threshold_mode in ("rel", "abs"), "threshold_mode", threshold_mode, "'rel' or 'abs'")
        self.optimizer = _checked(optimizer)
        groups = len(optimizer.param_groups)
        self.min_lrs = list(min_lr) if isinstance(min_lr, (list, tuple)) else [real_number(min_lr)] * groups
        if len(self.min_lrs) != groups:
            raise ValueError(f"min_lr has {len(self.min_lrs)} entries for {groups} groups")
        self.mode = mode
        self.factor = factor
        self.patience = patience
        self.threshold = threshold
        self.threshold_mode = threshold_mode
        self.cooldown = cooldown
        self.eps = eps
        self.last_epoch = 0
        self.last_lr = self.rates()
        self.best: float | None = None  # the first metric, unless it is nan, is better than none
        self.num_bad_epochs = 0
        self.cooldown_counter = 0

    def step(self, metrics: SupportsFloat | None = None) -> None:
        """Take in the epoch's metric and reduce the rates if it is time to.

        Raises TypeError without a metric.
        """
        if metrics is None:
            raise TypeError("ReduceLROnPlateau.step takes the epoch's metric, such as the validation loss")
        _same_groups(self.optimizer, len(self.min_lrs))
        current = float(metrics)
        self.last_epoch += 1
        if self.is_better(current):
            self.best = current
            self.num_bad_epochs = 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, low in zip(self.optimizer.param_groups, self.min_lrs):
                reduced = max(group["lr"] * self.factor, low)
                if group["lr"] - reduced > self.eps:
                    group["lr"] = reduced
            self.cooldown_counter = self.cooldown
            self.num_bad_epochs = 0
        self.last_lr = self.rates()

    def is_better(self, metric: float) -> bool:
        """Whether this metric beats the best so far by the threshold."""
        if self.mode == "min":
            best = inf if self.best is None else self.best
            relative = self.threshold_mode == "rel"
            return metric < (best * (1.0 - self.threshold) if relative else best - self.threshold)
        best = -inf if self.best is None else self.best
        relative = self.threshold_mode == "rel"
        return metric > (best * (self.threshold + 1.0) if relative else best + self.threshold)


def _checked(optimizer: Optimizer) -> Optimizer:
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"a schedule is made for an optimizer, not for {optimizer!r}")
    return optimizer


def _same_groups(optimizer: Optimizer, expected: int) -> None:
    if len(optimizer.param_groups) != expected:
        raise ValueError(
            f"the optimizer has {len(optimizer.param_groups)} groups, the schedule was made for {expected}: "
            "make the schedule after add_param_group"
        )


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value


def _alike(new: object, old: object, name: str) -> bool:
    """Whether a loaded setting can stand where the old one stood."""
    if isinstance(old, list):
        is_list = isinstance(new, (list, tuple)) and all(map(_is_number, new))
        return is_list and (name == "milestones" or len(leaves(new)) == len(old))
    if isinstance(old, str):
        return isinstance(new, str)
    if name in ("last_epoch", "num_bad_epochs", "cooldown_counter"):
        return isinstance(new, int) and not isinstance(new, bool)
    return _is_number(new) or (name == "best" and new is None)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
