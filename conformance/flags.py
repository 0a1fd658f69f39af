"""The flags of cases: the trap, the class of bugs that fall into it, their effect, and where it was seen."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Flag:
    """trap: what is special about the case. bug: the class of bugs that it is after. effect: what they do to
    numbers. upstream: issues of libraries where it happened; empty where none was found.
    """

    trap: str
    bug: str
    effect: str
    upstream: tuple[str, ...] = ()


PYG, DGL, TORCH = "pyg-team/pytorch_geometric#", "dmlc/dgl#", "pytorch/pytorch#"
SCATTER, JAX = "rusty1s/pytorch_scatter#", "jax-ml/jax#"

ALL_FLAGS = {
    "accumulate": Flag(
        "backward runs twice: leaves add up, values in between start anew",
        "gradients of values in between are kept from the pass before",
        "the second pass counts them twice, and gradients of leaves are too large",
    ),
    "batch": Flag(
        "several graphs in one: none may see another",
        "statistics, positions or the number of graphs are taken over the whole batch",
        "a graph's numbers depend on what else is in its batch, or its row is missing",
        (f"{PYG}9647", f"{PYG}2895", f"{PYG}6737", f"{PYG}2917"),
    ),
    "constant": Flag(
        "an operand is a plain number: it takes no gradient and changes no other",
        "a path of its own for constants computes something else, or what it keeps is out of date",
        "other numbers for the same features, depending on whether they take gradients",
    ),
    "directed": Flag(
        "some edge has no reverse: swapped sources and targets show",
        "sources and targets, rows and columns, or degrees of both ends are mixed up",
        "every number is wrong on directed graphs and right on undirected ones",
        (f"{PYG}1536", f"{DGL}3050", f"{DGL}2668"),
    ),
    "domain-edge": Flag(
        "at or past the edge of the function's domain",
        "the limit is clamped, shifted by an epsilon, or raises",
        "a finite number for an infinite one, or nan where a limit exists",
        (f"{TORCH}4320",),
    ),
    "duplicate-edge": Flag(
        "an edge stands there twice: both count",
        "edges go through a set or a matrix, which holds one of them or their sum",
        "means and attention divide by another number of neighbours",
        (f"{PYG}1267",),
    ),
    "edge-attr": Flag(
        "features of the edges, with gradients of their own",
        "features meet the wrong edge after self loops are added, or are detached",
        "messages with another edge's features; a gradient of 0 or none",
        (f"{PYG}8200", f"{PYG}138"),
    ),
    "edge-weight": Flag(
        "weights on the edges, with gradients of their own",
        "weights are left out of the degree, or lost on the way through a sparse matrix",
        "another normalisation; the gradient of the weights is missing or partial",
        (f"{PYG}7401", f"{PYG}6251"),
    ),
    "empty": Flag(
        "a reduction of nothing",
        "the start of a reduction shows, a division by zero, or memory that nobody wrote",
        "-inf, nan or arbitrary numbers for a node without neighbours",
        (f"{DGL}761", f"{DGL}3564", f"{DGL}2777"),
    ),
    "float64": Flag(
        "a number of the case is none of float32's: the question is one of float64 alone",
        "numbers are converted to float32 on the way in, or sums are kept in it",
        "in float32 the case asks something else, and its answer does not hold",
        (f"{PYG}2788", f"{PYG}8866"),
    ),
    "infinite": Flag(
        "an infinite operand, or a result too large for a float",
        "an intermediate number overflows although the result does not, or inf - inf arises",
        "nan for a number, or inf for a finite one",
    ),
    "isolated": Flag(
        "a node without edges",
        "the output has a row only for nodes that hear something, or their degree divides by zero",
        "rows are missing or nan",
        (f"{PYG}61", f"{DGL}3050"),
    ),
    "kink": Flag(
        "the derivative jumps here: PyTorch's choice is meant",
        "a slope that is none of those between both sides, or another choice",
        "a gradient that is no subgradient; another valid one is told apart",
        (f"{TORCH}184572", f"{JAX}37821"),
    ),
    "long": Flag(
        "hundreds of steps or thousands of terms; left out by --quick",
        "rounding errors grow with every step, or a recursion is as deep as the graph",
        "numbers drift past what the number of operations explains",
        (f"{PYG}2788", f"{PYG}8866", f"{DGL}2747"),
    ),
    "masked": Flag(
        "the operation hides an operand whose result has an infinite slope: its gradient is 0, not nan",
        "0 times inf is taken for the gradient of what the result does not depend on",
        "nan in the gradient of a masked number, which spoils the whole model",
        (f"{DGL}7271", f"{PYG}10549"),
    ),
    "mask": Flag(
        "some rows do not count, in the mean's divisor neither",
        "the divisor counts all rows, or rows are multiplied by 0 that hold nan",
        "a loss that is too small, or nan",
    ),
    "nan": Flag(
        "a nan operand: it may not be swallowed",
        "a comparison with nan is false, and the other operand is taken",
        "an error in the data disappears without a trace",
    ),
    "no-edges": Flag(
        "a graph without edges",
        "an empty reduction without a shape, or memory that nobody wrote",
        "an exception, or arbitrary numbers",
        (f"{PYG}1129", f"{PYG}4222", f"{DGL}2777"),
    ),
    "one-node": Flag(
        "a graph of one node",
        "a variance over one number is divided by 0, or a dimension is squeezed away",
        "nan, an exception, or a row of another shape",
        (f"{PYG}5529",),
    ),
    "self-loop": Flag(
        "a node with an edge to itself: GCN adds no second one",
        "a second loop is added, or the weight of the one that is there is lost",
        "another degree and another share of the node's own row",
        (f"{PYG}2288", f"{PYG}3711", f"{PYG}138"),
    ),
    "shared": Flag(
        "a value is used more than once: its gradients add up",
        "one use's gradient replaces another's",
        "the gradient is that of one use",
    ),
    "signed-zero": Flag(
        "the sign of a zero result counts",
        "-0 becomes 0, or the other way round",
        "1 / x and atan2 later take the other branch",
    ),
    "tie": Flag(
        "several operands are largest or smallest: who gets the gradient",
        "each of them gets all of it, or none does",
        "gradients that do not add up to what arrived; another valid share is told apart",
        (f"{SCATTER}399", f"{TORCH}184572"),
    ),
    "zero-degree": Flag(
        "degrees of zero or below, from weights that cancel",
        "the inverse root of 0 is masked in the forward pass only",
        "a finite result with a gradient of nan or inf",
        (f"{PYG}795", f"{PYG}10549"),
    ),
    "zero-row": Flag(
        "a row of zeros is divided by its length: it stays as it is, with the gradient 0",
        "an epsilon in the place of the length, whose inverse is the slope",
        "a gradient of 1e12, or nan",
        (f"{DGL}7271",),
    ),
}
FLAGS = {name: flag.trap for name, flag in ALL_FLAGS.items()}
