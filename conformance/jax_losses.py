"""The losses in plain jax, formula by formula."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

IGNORED = -100


def losses() -> dict[str, Callable[..., Any]]:
    """Every loss by tinygnn's name."""
    return {
        "mse_loss": elementwise(lambda d: d * d),
        "l1_loss": elementwise(distance),
        "huber_loss": elementwise(huber),
        "smooth_l1_loss": elementwise(smooth),
        "bce_with_logits": bce_with_logits,
        "cross_entropy": cross_entropy,
        "nll_loss": nll_loss,
    }


def numpy() -> Any:
    """jax.numpy."""
    return import_module("jax.numpy")


def absolute(d: Any) -> Any:
    """|d|, with the slope 0 at 0 and nan at nan; that of jax.numpy.abs is 1 and -1."""
    return d * numpy().sign(d)


def distance(d: Any) -> Any:
    """|d|, with the slope 0 at 0 and at nan, which PyTorch's has."""
    jnp = numpy()
    return jnp.where(d > 0.0, d, jnp.where(d < 0.0, -d, import_module("jax").lax.stop_gradient(jnp.abs(d))))


def huber(d: Any, delta: float = 1.0) -> Any:
    """d² / 2 where |d| < delta, and beyond it delta (|d| - delta / 2)."""
    jnp = numpy()
    near = jnp.abs(d) < delta
    small = jnp.where(near, d, 0.0)  # the square of an infinite d has a slope, which nan would hide
    return jnp.where(near, 0.5 * small * small, delta * (absolute(d) - 0.5 * delta))


def smooth(d: Any, beta: float = 1.0) -> Any:
    """huber / beta; |d| where beta is 0."""
    return huber(d, beta) / beta if beta else absolute(d)


def chosen(rows: Any, mask: list[bool] | None) -> Any:
    """The rows that count, as an array."""
    jnp = numpy()
    rows = jnp.asarray(rows)
    return rows if mask is None else rows[jnp.asarray([i for i, here in enumerate(mask) if here], dtype=int)]


def reduced(loss: Any, reduction: str) -> Any:
    """The mean, the sum, or all of them."""
    return {"mean": lambda: loss.mean(), "sum": lambda: loss.sum(), "none": lambda: loss}[reduction]()


def elementwise(function: Callable[..., Any]) -> Callable[..., Any]:
    """The loss of prediction - target, number by number."""

    def loss(prediction: Any, target: Any, mask: Any = None, reduction: str = "mean", **options: Any) -> Any:
        return reduced(function(chosen(prediction, mask) - chosen(target, mask), **options), reduction)

    return loss


def bce_with_logits(
    prediction: Any,
    target: Any,
    mask: Any = None,
    reduction: str = "mean",
    weight: Any = None,
    pos_weight: Any = None,
) -> Any:
    """-w (p t log σ(x) + (1 - t) log(1 - σ(x)))."""
    jnp, nn = numpy(), import_module("jax.nn")
    x, t = chosen(prediction, mask), chosen(target, mask)
    positive = 1.0 if pos_weight is None else jnp.asarray(pos_weight)
    loss = positive * t * nn.softplus(-x) + (1.0 - t) * nn.softplus(x)
    return reduced(loss if weight is None else loss * jnp.asarray(weight), reduction)


def cross_entropy(
    prediction: Any,
    target: Any,
    mask: Any = None,
    reduction: str = "mean",
    weight: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int = IGNORED,
) -> Any:
    """-Σ_c w_c t_c log p_c of each row; t is 1 at the class, or the given probabilities, smoothed."""
    jnp, nn = numpy(), import_module("jax.nn")
    logs, target = nn.log_softmax(chosen(prediction, mask), axis=-1), chosen(target, mask)
    if jnp.issubdtype(target.dtype, jnp.integer):
        return of_classes(logs, target, weight, label_smoothing, ignore_index, reduction)
    classes = logs.shape[-1]
    shares = target * (1.0 - label_smoothing) + label_smoothing / classes
    weights = jnp.ones(classes) if weight is None else jnp.asarray(weight)
    loss = -(weights * shares * logs).sum(-1)
    return loss.sum() / len(loss) if reduction == "mean" else reduced(loss, reduction)


def nll_loss(
    prediction: Any,
    target: Any,
    mask: Any = None,
    reduction: str = "mean",
    weight: Any = None,
    ignore_index: int = IGNORED,
) -> Any:
    """-w_c x_c of each row at its class c."""
    return of_classes(chosen(prediction, mask), chosen(target, mask), weight, 0.0, ignore_index, reduction)


def of_classes(
    logs: Any, target: Any, weight: Any, smoothing: float, ignore_index: int, reduction: str
) -> Any:
    """The mean divides by the weights of the classes that are there."""
    jnp = numpy()
    classes, counts = logs.shape[-1], target != ignore_index
    weights = jnp.ones(classes) if weight is None else jnp.asarray(weight)
    safe = jnp.where(counts, target, 0)
    own = jnp.where(counts, weights[safe], 0.0)
    rows = jnp.arange(len(safe))
    loss = -jnp.where(counts, weights[safe] * logs[rows, safe], 0.0)
    if smoothing:
        smooth = -jnp.where(counts, (weights * logs).sum(-1), 0.0)
        loss = (1.0 - smoothing) * loss + smoothing / classes * smooth
    return loss.sum() / own.sum() if reduction == "mean" else reduced(loss, reduction)
