"""Activations as modules: PyTorch's names and arguments, the functions of Value, constants."""

import math

import pytest

from tinygnn import Value, nn
from tinygnn.gradcheck import gradcheck
from tinygnn.linalg import flatten, total

X = [[-1.5, 0.0, 0.25], [3.0, -0.5, 1.0]]

MODULES = {
    "ReLU": (nn.ReLU(), lambda v: v.relu()),
    "LeakyReLU": (nn.LeakyReLU(), lambda v: v.leaky_relu(0.01)),
    "LeakyReLU, slope": (nn.LeakyReLU(0.3), lambda v: v.leaky_relu(0.3)),
    "ELU": (nn.ELU(), lambda v: v.elu(1.0)),
    "ELU, alpha": (nn.ELU(alpha=0.5), lambda v: v.elu(0.5)),
    "GELU": (nn.GELU(), lambda v: v.gelu()),
    "GELU, tanh": (nn.GELU("tanh"), lambda v: v.gelu("tanh")),
    "SiLU": (nn.SiLU(), lambda v: v.silu()),
    "Softplus": (nn.Softplus(), lambda v: v.softplus()),
    "Softplus, beta": (nn.Softplus(beta=2.0), lambda v: (v * 2.0).softplus() / 2.0),
    "Tanh": (nn.Tanh(), lambda v: v.tanh()),
    "Sigmoid": (nn.Sigmoid(), lambda v: v.sigmoid()),
}
entrywise = pytest.mark.parametrize(("module", "function"), MODULES.values(), ids=MODULES)


def values(rows):
    return [list(map(Value, row)) for row in rows]


def numbers(rows):
    return [[float(v) for v in row] for row in rows]


@entrywise
def test_each_number_and_its_gradient_are_those_of_values_function(module, function):
    """Bit for bit."""
    x, other = values(X), values(X)
    out = module(x)
    expected = [[function(v) for v in row] for row in other]
    assert numbers(out) == numbers(expected)
    for rows in (out, expected):
        total([(1.0 + k) * v for k, v in enumerate(flatten(rows))]).backward()
    assert [v.grad for v in flatten(x)] == [v.grad for v in flatten(other)]


@entrywise
def test_constants_give_constants(module, function):
    """Raw features stay plain numbers, mixed with Values too."""
    out = module([[X[0][0], Value(X[0][1]), X[0][2]]])
    assert [type(entry) for entry in out[0]] == [float, Value, float]
    assert numbers(out) == numbers([[function(Value(entry)) for entry in X[0]]])


@entrywise
def test_they_have_no_parameters(module, function):
    """So that they change no state_dict."""
    assert module.state_dict() == {}


def test_repr_is_pytorchs():
    """Class and options."""
    assert [repr(nn.ReLU()), repr(nn.LeakyReLU(0.2)), repr(nn.Softmax(dim=-1)), repr(nn.PReLU(3))] == [
        "ReLU()",
        "LeakyReLU(negative_slope=0.2)",
        "Softmax(dim=-1)",
        "PReLU(num_parameters=3)",
    ]
    assert repr(nn.GELU("tanh").eval()) == "GELU(approximate='tanh')"
    assert repr(nn.Identity(54, unused=1)) == "Identity()"


def test_softplus_stays_exact_where_pytorch_switches_to_x():
    """log(1 + e^20.5) - 20.5 = 1.2501528e-9."""
    [[y]] = nn.Softplus()([[Value(20.5)]])
    assert y.data - 20.5 == pytest.approx(math.log1p(math.exp(-20.5)), rel=1e-5)
    assert y.data != 20.5


def test_identity_gives_what_it_is_given():
    """The very same rows."""
    x = values(X)
    assert nn.Identity()(x) is x


# ---- PReLU ---------------------------------------------------------------------------------------


def test_prelu_learns_the_slope_below_zero():
    """y = a x for x <= 0; dy/da = x there."""
    module = nn.PReLU()
    assert module.state_dict() == {"weight": [0.25]}
    x = values([[-2.0, 3.0], [0.0, -1.0]])
    out = module(x)
    assert numbers(out) == [[-0.5, 3.0], [0.0, -0.25]]
    total(flatten(out)).backward()
    assert [v.grad for v in flatten(x)] == [0.25, 1.0, 0.25, 0.25]
    assert module.weight[0].grad == -3.0


def test_prelu_with_a_slope_for_each_column():
    """weight[j] belongs to column j."""
    module = nn.PReLU(2, init=0.5)
    module.load_state_dict({"weight": [2.0, 3.0]})
    assert numbers(module([[-1.0, -1.0], [4.0, math.nan]]))[0] == [-2.0, -3.0]
    assert math.isnan(float(module([[0.0, math.nan]])[0][1]))
    assert gradcheck(lambda *_: total(flatten(module([[-1.0, -2.0], [3.0, -4.0]]))), module.weight)
    with pytest.raises(ValueError, match=r"PReLU takes rows of 2 entries, but x\[1\] has 1"):
        module([[1.0, 2.0], [1.0]])


# ---- softmax -------------------------------------------------------------------------------------


def test_softmax_of_rows_and_of_columns():
    """[0, log 3] -> [1/4, 3/4]."""
    x = [[0.0, math.log(3.0)], [0.0, 0.0]]
    for dim in (None, -1, 1):
        assert flatten(numbers(nn.Softmax(dim)(x))) == pytest.approx([0.25, 0.75, 0.5, 0.5], rel=1e-15)
    for dim in (0, -2):
        assert flatten(numbers(nn.Softmax(dim)(x))) == pytest.approx([0.5, 0.75, 0.5, 0.25], rel=1e-15)


@pytest.mark.parametrize("dim", [-1, 0])
def test_log_softmax_is_the_logarithm_of_softmax(dim):
    """And has no trouble where softmax is 0."""
    logs, shares = (numbers(module(dim)(X)) for module in (nn.LogSoftmax, nn.Softmax))
    assert flatten(logs) == pytest.approx([math.log(p) for p in flatten(shares)], rel=1e-14)
    assert float(nn.LogSoftmax(-1)([[0.0, -1000.0]])[0][1]) == -1000.0


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Softmax(2), "dim is 2: choose -1 for rows or 0 for columns"),
        (lambda: nn.LogSoftmax(dim="rows"), "dim is 'rows'"),
        (lambda: nn.GELU("fast"), "gelu's approximate is 'none' or 'tanh'"),
        (lambda: nn.Softplus(0.0), "Softplus divides by beta"),
        (lambda: nn.PReLU(0), "num_parameters is 0"),
    ],
)
def test_a_wrong_option_is_refused_when_the_module_is_made(make, message):
    """Not in the first forward."""
    with pytest.raises(ValueError, match=message):
        make()
