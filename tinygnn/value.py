"""`Value`: a number that remembers how it was made.

Every operation is one `return Value(result, parents, partials, op)`: the result, the Values it was
made from, the local derivative with respect to each of them, and a name. The chain rule is written
once, in `Value.backward`.

Numbers follow IEEE 754 as PyTorch's float64 tensors do: `exp(1000)` is inf, `log(0)` is -inf,
`log(-1)` is nan; nothing raises in the middle of a training run. What happens at kinks and at the
edges of a domain is PyTorch's choice too and stands in each docstring.
"""

from __future__ import annotations

import math
import numbers
import reprlib
from collections.abc import Callable
from itertools import count
from math import inf, nan
from typing import Any, ClassVar, Final, Protocol, SupportsFloat

from tinygnn import notebook
from tinygnn.marked import Leaves, Ones

# The name of an operation, or a tuple (name, constants...) where it has constants.
Op = str | tuple[Any, ...]

# Partials that many Values have, made once: compiled code would make them anew for each.
ZERO: Final[tuple[float, ...]] = (0.0,)
ONE: Final[tuple[float, ...]] = Ones((1.0,))
ONES: Final[tuple[float, ...]] = Ones((1.0, 1.0))


class Watcher(Protocol):
    """Something told of every Value made and of every gradient passed on; see modes.py."""

    def made(self, value: Value) -> None:
        """Called with a new Value."""

    def passed_on(self, value: Value) -> None:
        """Called in `backward`, after value has added its share to the gradients of its parents."""


class Forget:
    """What `no_grad` puts among the watchers: new Values forget how they were made."""

    def made(self, value: Value) -> None:
        """Nothing: for speed `Value` itself looks for `forget`."""

    def passed_on(self, value: Value) -> None:
        """Nothing: it minds new Values alone."""


forget = Forget()
watchers: list[Watcher] = []
drawers: list[Callable[[Value], str]] = []  # what `tinygnn.explain` draws the graph of a Value with
MOST_PARENTS: Final = 12  # that a notebook shows
searches = count(1)  # a number for each search of a graph


class Value:
    """A real number, its gradient, and how it was made.

    data: the number. grad: d(output)/d(this), filled by `backward`. parents: the Values it was made
    from, in order. partials: d(this)/d(parent), one for each parent. op: the name of the operation,
    or (name, constants...); a leaf, made by a user, has the empty name and no parents.

    >>> a, b = Value(2.0), Value(3.0)
    >>> c = a * b + a ** 2
    >>> c.backward()
    >>> c.data, a.grad, b.grad
    (10.0, 7.0, 2.0)

    Functions of the standard library, such as `math.exp(v)`, take the number alone: use `v.exp()`.
    Raises TypeError when `data` is not a real number.
    """

    __slots__ = ("data", "grad", "op", "parents", "partials", "seen_by")

    data: float
    grad: float
    op: Op
    parents: tuple[Value, ...]
    partials: tuple[float, ...]
    seen_by: int  # the number of the last search that came by, see `topological_order`

    def __init__(
        self,
        data: object,
        parents: tuple[Value, ...] = (),
        partials: tuple[float, ...] = (),
        op: Op = "",
    ) -> None:
        self.data = data if type(data) is float else real_number(data)
        self.grad = 0.0
        self.op = op
        self.parents = parents
        self.partials = partials
        self.seen_by = 0
        if watchers:
            for watcher in watchers:
                if watcher is forget:
                    self.op, self.parents, self.partials = "", (), ()
                else:
                    watcher.made(self)

    # ---- arithmetic ---------------------------------------------------------------------------

    def __add__(self, other: SupportsFloat) -> Value:
        """x + y; d/dx = 1, d/dy = 1."""
        y = as_value(other)
        return Value(self.data + y.data, (self, y), ONES, "+")

    def __sub__(self, other: SupportsFloat) -> Value:
        """x - y; d/dx = 1, d/dy = -1."""
        y = as_value(other)
        return Value(self.data - y.data, (self, y), (1.0, -1.0), "-")

    def __mul__(self, other: SupportsFloat) -> Value:
        """x y; d/dx = y, d/dy = x."""
        y = as_value(other)
        return Value(self.data * y.data, (self, y), (y.data, self.data), "*")

    def __truediv__(self, other: SupportsFloat) -> Value:
        """x / y; d/dx = 1/y, d/dy = -x/y². Division by zero gives inf or nan, as IEEE 754 says."""
        y = as_value(other)
        quotient = divide(self.data, y.data)
        partials = (divide(1.0, y.data), divide(-quotient, y.data))
        return Value(quotient, (self, y), partials, "/")

    def __pow__(self, exponent: SupportsFloat) -> Value:
        """x ** y; d/dx = y x**(y-1), and 0 where y is 0; d/dy = x**y log x, and 0 where x is 0 <= y.

        A negative x to a broken power is nan; 0 to a negative power is inf.
        """
        x = self.data
        if not isinstance(exponent, Value):
            y = real_number(exponent)
            slope = 0.0 if y == 0.0 else y * power(x, y - 1.0)
            return Value(power(x, y), (self,), (slope,), ("**", y))
        y = exponent.data
        result = power(x, y)
        by_base = 0.0 if y == 0.0 else y * power(x, y - 1.0)
        by_exponent = 0.0 if x == 0.0 and y >= 0.0 else result * logarithm(x)
        return Value(result, (self, exponent), (by_base, by_exponent), "**")

    def __neg__(self) -> Value:
        """-x; d/dx = -1."""
        return Value(-self.data, (self,), (-1.0,), "neg")

    def __pos__(self) -> Value:
        return self

    def __radd__(self, other: SupportsFloat) -> Value:
        return as_value(other) + self

    def __rsub__(self, other: SupportsFloat) -> Value:
        return as_value(other) - self

    def __rmul__(self, other: SupportsFloat) -> Value:
        return as_value(other) * self

    def __rtruediv__(self, other: SupportsFloat) -> Value:
        return as_value(other) / self

    def __rpow__(self, other: SupportsFloat) -> Value:
        return as_value(other) ** self

    # ---- functions of one number ---------------------------------------------------------------

    def __abs__(self) -> Value:
        """|x|; d/dx = sign x, 0 at 0."""
        x = self.data
        return Value(abs(x), (self,), (sign(x),), "abs")

    def abs(self) -> Value:
        """The same as `abs(x)`."""
        return self.__abs__()

    def exp(self) -> Value:
        """e**x; d/dx = e**x. Past the largest float it is inf."""
        result = exponential(self.data)
        return Value(result, (self,), (result,), "exp")

    def log(self) -> Value:
        """Natural logarithm; d/dx = 1/x. log 0 = -inf; of a negative number nan (its slope still 1/x)."""
        x = self.data
        return Value(logarithm(x), (self,), (divide(1.0, x),), "log")

    def sqrt(self) -> Value:
        """√x; d/dx = 1/(2√x), which is inf at 0. nan below 0."""
        root = math.sqrt(self.data) if self.data >= 0.0 else nan
        return Value(root, (self,), (divide(0.5, root),), "sqrt")

    def sin(self) -> Value:
        """sin x; d/dx = cos x. nan at ±inf."""
        x = self.data if math.isfinite(self.data) else nan
        return Value(math.sin(x), (self,), (math.cos(x),), "sin")

    def cos(self) -> Value:
        """cos x; d/dx = -sin x. nan at ±inf."""
        x = self.data if math.isfinite(self.data) else nan
        return Value(math.cos(x), (self,), (-math.sin(x),), "cos")

    def tanh(self) -> Value:
        """tanh x; d/dx = 1 - tanh²x."""
        t = math.tanh(self.data)
        return Value(t, (self,), (1.0 - t * t,), "tanh")

    def sigmoid(self) -> Value:
        """σ(x) = 1/(1 + e**-x); d/dx = σ(1 - σ)."""
        s = logistic(self.data)
        return Value(s, (self,), (s * (1.0 - s),), "sigmoid")

    def relu(self) -> Value:
        """max(x, 0); d/dx = 1 for x > 0, else 0, at 0 too. A nan stays nan, with slope 1."""
        x = self.data
        if x <= 0.0:
            return Value(0.0, (self,), ZERO, "relu")
        return Value(x, (self,), ONE, "relu")

    def leaky_relu(self, negative_slope: SupportsFloat = 0.01) -> Value:
        """x for x > 0, else negative_slope·x; d/dx = 1 for x > 0, else negative_slope, at 0 too."""
        x, slope = self.data, real_number(negative_slope)
        positive = x > 0.0
        result = x if positive else slope * x
        return Value(result, (self,), (1.0 if positive else slope,), ("leaky_relu", slope))

    def elu(self, alpha: SupportsFloat = 1.0) -> Value:
        """x for x > 0, else α(e**x - 1); d/dx = 1 for x > 0, else α e**x, at 0 too."""
        x, a = self.data, real_number(alpha)
        if x <= 0.0:
            return Value(a * math.expm1(x), (self,), (a * math.exp(x),), ("elu", a))
        return Value(x, (self,), ONE, ("elu", a))

    def gelu(self, approximate: str = "none") -> Value:
        """x Φ(x), Φ the normal distribution function; d/dx = Φ(x) + x φ(x) (Hendrycks & Gimpel 2016).

        approximate="tanh" takes Φ(x) ≈ (1 + tanh u)/2 with u = √(2/π)(x + 0.044715 x³).
        Raises ValueError for another name.
        """
        x = self.data
        if approximate == "none":
            cdf = 0.5 * math.erfc(-x * math.sqrt(0.5))
            slope = cdf + x * exponential(-0.5 * x * x) / math.sqrt(2.0 * math.pi)
        elif approximate == "tanh":
            c = math.sqrt(2.0 / math.pi)
            t = math.tanh(c * (x + 0.044715 * x * x * x))
            cdf = 0.5 * (1.0 + t)
            slope = cdf + 0.5 * x * (1.0 - t * t) * c * (1.0 + 3.0 * 0.044715 * x * x)
        else:
            raise ValueError(f"gelu's approximate is 'none' or 'tanh', not {approximate!r}")
        return Value(x * cdf, (self,), (slope,), ("gelu", approximate))

    def silu(self) -> Value:
        """x σ(x); d/dx = σ(1 + x(1 - σ))."""
        x = self.data
        s = logistic(x)
        return Value(x * s, (self,), (s * (1.0 + x * (1.0 - s)),), "silu")

    def softplus(self) -> Value:
        """log(1 + e**x); d/dx = σ(x). Exact for large x too, where PyTorch switches to x at 20."""
        x = self.data
        result = max(x, 0.0) + math.log1p(math.exp(-abs(x))) if x == x else nan
        return Value(result, (self,), (logistic(x),), "softplus")

    def clamp(self, min: SupportsFloat | None = None, max: SupportsFloat | None = None) -> Value:
        """x moved into [min, max]; d/dx = 1 inside and on the bounds, else 0.

        Where min > max the result is max. Raises ValueError when neither bound is given.
        """
        if min is None and max is None:
            raise ValueError("clamp needs min, max or both")
        low = -inf if min is None else real_number(min)
        high = inf if max is None else real_number(max)
        x = self.data
        result = low if x < low else x
        result = high if result > high else result
        return Value(result, (self,), (1.0 if low <= x <= high else 0.0,), ("clamp", low, high))

    # ---- functions of two numbers --------------------------------------------------------------

    def maximum(self, other: SupportsFloat) -> Value:
        """The larger of two; its gradient goes to the larger, half to each where they are equal.

        nan if either is nan.
        """
        second = as_value(other)
        x, y = self.data, second.data
        result = x if x > y or x != x else y
        return Value(result, (self, second), share(x, y, x > y, x < y), "maximum")

    def minimum(self, other: SupportsFloat) -> Value:
        """The smaller of two; its gradient goes to the smaller, half to each where they are equal.

        nan if either is nan.
        """
        second = as_value(other)
        x, y = self.data, second.data
        result = x if x < y or x != x else y
        return Value(result, (self, second), share(x, y, x < y, x > y), "minimum")

    # ---- comparison: of the data; `==` and the hash stay identity --------------------------------

    def __lt__(self, other: SupportsFloat) -> bool:
        return self.data < as_value(other).data

    def __le__(self, other: SupportsFloat) -> bool:
        return self.data <= as_value(other).data

    def __gt__(self, other: SupportsFloat) -> bool:
        return self.data > as_value(other).data

    def __ge__(self, other: SupportsFloat) -> bool:
        return self.data >= as_value(other).data

    # Said for the compiled build, where a class that defines `<` has no hash otherwise.
    __hash__: ClassVar[Callable[[object], int]] = object.__hash__

    def __float__(self) -> float:
        return self.data

    def __repr__(self) -> str:
        return f"Value({self.data!r}, grad={self.grad!r})"

    def _repr_html_(self) -> str:
        """What a notebook shows: number, gradient, operation and what it was made from."""
        name, *constants = (self.op,) if isinstance(self.op, str) else self.op
        rows = [["number", repr(self.data)], ["gradient", repr(self.grad)]]
        if self.parents:
            rows.append(
                ["made by", " ".join([str(name), *[str(c) for c in constants if not isinstance(c, tuple)]])]
            )
            for k in range(min(len(self.parents), MOST_PARENTS)):
                parent = self.parents[k]
                rows.append([f"from {parent.data!r}", f"slope {self.partials[k]!r}"])
            if len(self.parents) > MOST_PARENTS:
                rows.append([f"and {len(self.parents) - MOST_PARENTS} more"])
        return notebook.table("Value", rows)

    def _repr_svg_(self) -> str | None:
        """Its autograd graph as a picture; None where tinygnn.explain is not there to draw it."""
        for draw in drawers:
            return draw(self)
        return None

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle leaves, such as a model's parameters, with their gradients."""
        if self.parents:
            raise TypeError(
                f"{self!r} was made by {self.op!r}: only leaves can be copied or pickled; "
                "take Value(v.data) for its number"
            )
        return leaf, (self.data, self.grad)

    # ---- the chain rule --------------------------------------------------------------------------

    def backward(self, gradient: SupportsFloat = 1.0) -> None:
        """Add gradient · d(self)/d(v) to the `grad` of every leaf v that self was made from.

        Called again, leaves accumulate, as PyTorch's do with retain_graph=True; the values in between
        hold the gradients of the last call. Where a partial is 0 nothing is added, even if the gradient
        is infinite: what does not depend on v has the derivative 0, as after `relu` or `clamp`.
        """
        nodes = topological_order(self)
        for node in nodes:
            node.grad = 0.0
        self.grad += real_number(gradient)
        for node in nodes:
            grad, parents, partials = node.grad, node.parents, node.partials
            if grad == 0.0 and type(parents) is Leaves:
                continue  # their partials are finite: nothing would change
            if type(partials) is Ones:
                for parent in parents:
                    parent.grad += grad
            else:
                if not math.isfinite(grad):
                    parents, partials = dependencies(node)
                for parent, partial in zip(parents, partials):
                    parent.grad += grad * partial
            if watchers:
                for watcher in watchers:
                    watcher.passed_on(node)


def dependencies(node: Value) -> tuple[tuple[Value, ...], tuple[float, ...]]:
    """Its parents and partials, less those whose partial is 0: an infinite gradient times 0 is 0 there."""
    kept = [k for k, partial in enumerate(node.partials) if partial != 0.0]
    return tuple([node.parents[k] for k in kept]), tuple([node.partials[k] for k in kept])


def topological_order(output: Value) -> list[Value]:
    """List the values that `output` was made from, leaves left out, each before its parents.

    A depth-first search with a stack of its own: a chain of a million values is no problem. Values made
    from leaves alone come last, side by side, for they pass their gradients on to the same few.
    """
    finished: list[Value] = []
    last: list[Value] = []
    path: list[Value] = []  # the values being searched, each made from the next one
    search = next(searches)
    unsearched = [iter((output,))]  # what is left to search at each step of the path
    while unsearched:
        for node in unsearched[-1]:
            if node.parents and node.seen_by != search:
                node.seen_by = search
                if type(node.parents) is Leaves:
                    last.append(node)
                else:
                    path.append(node)
                    unsearched.append(iter(node.parents))
                    break
        else:
            unsearched.pop()
            if path:
                finished.append(path.pop())
    return finished[::-1] + last[::-1]


# ---- real numbers: IEEE 754 results where Python's own operators raise ---------------------------


def real_number(number: object) -> float:
    """Return `number` as a float, or raise TypeError naming what it is; ValueError if it is too large."""
    if isinstance(number, (float, int, numbers.Real)):
        try:
            return float(number)
        except OverflowError:
            raise ValueError(f"{reprlib.repr(number)} is too large for a float") from None
    kind = type(number).__name__
    hint = "; it is a Value already" if isinstance(number, Value) else ""
    raise TypeError(f"expected a real number, got {reprlib.repr(number)} of type {kind}{hint}")


def as_value(number: SupportsFloat) -> Value:
    """Return a Value as it is and a number as a new leaf."""
    return number if isinstance(number, Value) else Value(number)


def leaf(data: float, grad: float) -> Value:
    """Make a leaf with a gradient: what copying and unpickling call."""
    value = Value(data)
    value.grad = grad
    return value


def divide(x: float, y: float) -> float:
    """x / y, with ±inf or nan where y is zero."""
    if y != 0.0:
        return x / y
    return nan if x == 0.0 or x != x else math.copysign(inf, x) * math.copysign(1.0, y)


def power(x: float, y: float) -> float:
    """x ** y, with inf for overflow and 0 to a negative power, nan for a broken power below 0."""
    try:
        return math.pow(x, y)
    except OverflowError:
        return -inf if x < 0.0 and y % 2.0 == 1.0 else inf
    except ValueError:
        if x == 0.0:
            return math.copysign(inf, x) if y % 2.0 == 1.0 else inf
        return nan


def exponential(x: float) -> float:
    """e ** x, inf where it overflows."""
    try:
        return math.exp(x)
    except OverflowError:
        return inf


def logarithm(x: float) -> float:
    """log x, -inf at 0 and nan below."""
    if x > 0.0:
        return math.log(x)
    return -inf if x == 0.0 else nan


def logistic(x: float) -> float:
    """1 / (1 + e**-x), without overflow on either side."""
    if x >= 0.0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def sign(x: float) -> float:
    """1 above zero, -1 below, else 0."""
    return 1.0 if x > 0.0 else -1.0 if x < 0.0 else 0.0


def share(x: float, y: float, x_wins: bool, y_wins: bool) -> tuple[float, float]:
    """How maximum and minimum hand their gradient on: to the winner, or half to each of two equals."""
    if x == y:
        return (0.5, 0.5)
    return (0.0 if y_wins else 1.0, 0.0 if x_wins else 1.0)
