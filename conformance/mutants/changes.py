"""Ways to get a rule wrong that several mutants share."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

torch: Any = import_module("torch")


def constant(change: Any) -> Callable[[], Any]:
    """A maker of always the same replacement."""
    return lambda: change


def flipped(edges: Any) -> Any:
    """Sources and targets swapped."""
    sources, targets = edges
    return targets, sources


def with_settings(function: Callable[..., Any], **changed: Any) -> Callable[..., Any]:
    """The function with some settings changed, where the case sets them or not."""
    return lambda *args, **settings: function(*args, **{**settings, **changed})


def without_settings(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    """The function that leaves some settings at their defaults."""
    return lambda *args, **settings: function(*args, **{n: v for n, v in settings.items() if n not in names})


class Steeper(torch.autograd.Function):  # type: ignore[misc]
    """The same numbers with a gradient that is a thousandth too large."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, gradient: Any) -> Any:
        return gradient * 1.001


def a_thousandth_too_much(function: Callable[..., Any]) -> Callable[..., Any]:
    """The right result, and gradients a thousandth too large."""
    return lambda *args, **settings: Steeper.apply(function(*args, **settings))


def off_where(function: Callable[..., Any], here: Callable[[Any], Any]) -> Callable[..., Any]:
    """The right result, and gradients a thousandth too large of those numbers of it that are `here`."""

    def changed(*args: Any, **settings: Any) -> Any:
        out = function(*args, **settings)
        return torch.where(here(out), Steeper.apply(out), out)

    return changed


def in_float32(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of float32 tensors; its result in float64 again."""

    def narrow(x: Any) -> Any:
        return x.float() if torch.is_tensor(x) and x.is_floating_point() else x

    def changed(*args: Any, **settings: Any) -> Any:
        return function(*map(narrow, args), **{n: narrow(v) for n, v in settings.items()}).double()

    return changed


def detached(function: Callable[..., Any], *names_or_places: int | str) -> Callable[..., Any]:
    """The function that lets no gradient through some of its arguments, by place or name."""

    def changed(*args: Any, **settings: Any) -> Any:
        cut = [cut_off(x) if i in names_or_places else x for i, x in enumerate(args)]
        return function(*cut, **{n: cut_off(x) if n in names_or_places else x for n, x in settings.items()})

    return changed


def cut_off(x: Any) -> Any:
    """The same numbers without a way back; a way that gives the gradient 0, so that one exists."""
    return x.detach() + 0.0 * x if torch.is_tensor(x) and x.requires_grad else x
