"""MLP: sizes from both forms, PyG's keys, where norm, activation and dropout stand."""

import math
import random

import pytest

from tinygnn import Value, nn
from tinygnn.nn import MLP

X = [[1.0, 2.0], [0.5, -1.0], [-2.0, 0.25]]


def numbers(rows):
    return [[v.data for v in row] for row in rows]


def sizes(model):
    return [(lin.in_channels, lin.out_channels) for lin in model.lins]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (lambda: MLP([2, 8, 3]), [(2, 8), (8, 3)]),
        (lambda: MLP((2, 3)), [(2, 3)]),
        (
            lambda: MLP(in_channels=2, hidden_channels=8, out_channels=3, num_layers=3),
            [(2, 8), (8, 8), (8, 3)],
        ),
        (lambda: MLP(2, hidden_channels=8, out_channels=3, num_layers=2), [(2, 8), (8, 3)]),
        (lambda: MLP(in_channels=2, out_channels=3, num_layers=1), [(2, 3)]),
    ],
)
def test_sizes_come_from_either_form(model, expected):
    """As in PyG."""
    made = model()
    assert sizes(made) == expected
    assert (made.in_channels, made.out_channels, made.num_layers) == (2, 3, len(expected))
    assert [len(row) for row in made(X)] == [3, 3, 3]


def test_keys_are_pygs():
    """Batch normalization is the default; the last layer is plain."""
    assert list(MLP([2, 3, 1]).state_dict()) == [
        "lins.0.weight", "lins.0.bias", "lins.1.weight", "lins.1.bias",
        "norms.0.module.weight", "norms.0.module.bias", "norms.0.module.running_mean",
        "norms.0.module.running_var", "norms.0.module.num_batches_tracked",
    ]  # fmt: skip
    assert list(MLP([2, 1], plain_last=False, norm="graph_norm", bias=False).state_dict()) == [
        "lins.0.weight", "norms.0.weight", "norms.0.bias", "norms.0.mean_scale",
    ]  # fmt: skip
    assert list(MLP([2, 2, 1], act="prelu", norm=None).state_dict())[0] == "act.weight"


def loaded(**options):
    """y = 2 · hidden, hidden from lin = x."""
    model = MLP([1, 1, 1], bias=False, **options)
    model.load_state_dict({**model.state_dict(), "lins.0.weight": [[1.0]], "lins.1.weight": [[2.0]]})
    return model


def test_norm_comes_before_the_activation_or_after_it():
    """1, 3 -> -1, 1 -> 0, 1; and relu(1), relu(3) -> -1, 1."""
    options = {"norm": "batch", "norm_kwargs": {"eps": 0.0}}
    assert numbers(loaded(**options)([[1.0], [3.0]])) == [[0.0], [2.0]]
    assert numbers(loaded(act_first=True, **options)([[1.0], [3.0]])) == [[-2.0], [2.0]]


def test_a_norm_of_graphs_is_given_the_batch():
    """Two graphs of two rows each."""
    model = loaded(norm="InstanceNorm", norm_kwargs={"eps": 0.0}, act=None)
    assert numbers(model([[1.0], [3.0], [5.0], [9.0]], [0, 0, 1, 1])) == [[-2.0], [2.0], [-2.0], [2.0]]
    assert numbers(model([[1.0], [3.0]], None, 1)) == [[-2.0], [2.0]]


def test_activations_may_have_options_or_be_modules_or_functions():
    """Or None."""
    x = [[-1.0]]
    assert numbers(loaded(norm=None, act="leaky_relu", act_kwargs={"negative_slope": 0.5})(x)) == [[-1.0]]
    assert numbers(loaded(norm=None, act=nn.LeakyReLU(0.25))(x)) == [[-0.5]]
    assert numbers(loaded(norm=None, act=lambda v: v * v)(x)) == [[2.0]]
    assert numbers(loaded(norm=None, act=Value.tanh)(x)) == [[2.0 * math.tanh(-1.0)]]
    assert numbers(loaded(norm=None, act=None)(x)) == [[-2.0]]
    assert isinstance(loaded(act=Value.tanh).act, nn.Tanh)


def test_a_norm_that_is_a_module_is_shared_by_all_layers():
    """As in PyG."""
    model = MLP([2, 2, 2, 1], norm=nn.GraphNorm(2))
    assert model.norms[0] is model.norms[1]


def test_without_plain_last_the_last_layer_is_followed_by_everything():
    """relu of what was negative."""
    model = MLP([1, 1], norm=None, plain_last=False, bias=False)
    model.load_state_dict({"lins.0.weight": [[-1.0]]})
    assert numbers(model([[2.0], [-2.0]])) == [[0.0], [2.0]]


def test_dropout_drops_between_the_layers_and_only_in_training():
    """All hidden numbers are dropped, not the output."""
    model = MLP([2, 4, 1], dropout=1.0, norm=None, rng=random.Random(0))
    assert model.dropout == [1.0, 0.0]
    bias = model.lins[1].bias[0].data
    assert numbers(model(X)) == [[bias]] * 3
    assert numbers(model.eval()(X)) != [[bias]] * 3
    assert MLP([2, 4, 1], dropout=0.5, plain_last=False).dropout == [0.5, 0.5]
    assert numbers(MLP([2, 4, 1], dropout=[0.0, 1.0], norm=None)(X)) == [[0.0]] * 3


def test_bias_may_be_said_for_each_layer():
    """The second one only."""
    assert list(MLP([2, 3, 1], norm=None, bias=[False, True]).state_dict()) == [
        "lins.0.weight", "lins.1.weight", "lins.1.bias",
    ]  # fmt: skip


def test_the_generator_decides_the_weights():
    """Same seed, same bits."""
    one, same, other = (MLP([2, 3, 1], rng=random.Random(seed)).state_dict() for seed in (1, 1, 2))
    assert one == same != other


def test_repr_shows_the_sizes():
    """In one line."""
    assert repr(MLP([16, 32, 4])) == "MLP(16 -> 32 -> 4)"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: MLP(), "MLP needs channel_list, or in_channels, "),
        (lambda: MLP([2]), r"channel_list is \[2\]: give at least \[in, out\]"),
        (lambda: MLP([2, 3], num_layers=1), "give one of both"),
        (lambda: MLP(2, out_channels=3, num_layers=2), "hidden_channels is missing: 2 layers"),
        (lambda: MLP(2, hidden_channels=4, out_channels=3, num_layers=0), "num_layers is 0"),
        (lambda: MLP([2, 3, 1], dropout=[0.5]), "dropout has 1 entries for 2 layers"),
        (lambda: MLP([2, 3, 1], bias=[True]), "bias has 1 entries for 2 layers"),
        (lambda: MLP([2, 3, 1], act="swish!"), "act is 'swish!': choose from relu, "),
        (lambda: MLP([2, 3, 1], norm="norm"), "norm is 'norm': choose from batch_norm, "),
        (
            lambda: MLP([2, 3, 1], norm=nn.GraphNorm(3), norm_kwargs={"eps": 1.0}),
            "norm_kwargs are for a norm",
        ),
        (lambda: MLP([2, 3, 1], act=nn.ReLU(), act_kwargs={"x": 1}), "act_kwargs are for an activation"),
        (lambda: MLP([2, 3, 1], dropout=1.5), "dropout p is 1.5"),
    ],
)
def test_what_does_not_fit_is_refused(make, message):
    """When it is made, saying what and how to mend it."""
    with pytest.raises(ValueError, match=message):
        make()
