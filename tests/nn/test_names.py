"""Activations and norms by name."""

import pytest

from tinygnn import Value, nn
from tinygnn.nn.activation import ACTIVATIONS as FUNCTIONS
from tinygnn.nn.names import ACTIVATIONS, NORMS, activation_resolver, apply_norm, normalization_resolver


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_found_under_its_name_and_that_of_its_class(name):
    """However it is written."""
    kind = ACTIVATIONS[name]
    for written in (name, name.upper(), name.replace("_", "-"), kind.__name__):
        assert type(activation_resolver(written)) is kind


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_function_of_value_with_that_name_is_the_same_activation(name):
    """`Value.relu` and "relu"."""
    [[by_name]] = activation_resolver(name)([[Value(0.75)]])
    [[by_function]] = activation_resolver(FUNCTIONS[name])([[Value(0.75)]])
    assert by_name.data == by_function.data == FUNCTIONS[name](Value(0.75)).data
    assert type(activation_resolver(FUNCTIONS[name])) is ACTIVATIONS[name]


def test_other_functions_become_modules():
    """Named in their repr."""

    def cube(v):
        return v**3

    module = activation_resolver(cube)
    assert module([[Value(2.0)]])[0][0].data == 8.0
    assert repr(module) == "Function(cube)"
    assert activation_resolver(None) is None
    assert activation_resolver(module) is module


@pytest.mark.parametrize("name", NORMS)
def test_every_norm_is_found_under_its_name_and_that_of_its_class(name):
    """With "norm" and without."""
    kind = NORMS[name]
    for written in (name, kind.__name__, name.removesuffix("_norm")):
        assert type(normalization_resolver(written, 4)) is kind
    assert normalization_resolver(None, 4) is None


def test_norms_get_their_channels_and_options():
    """PairNorm's first argument is its scale: PyG gives it the channels, and so do we."""
    assert normalization_resolver("layer", 4, {"mode": "node"}).mode == "node"
    assert normalization_resolver("batch", 4).in_channels == 4
    assert normalization_resolver("pair_norm", 4).scale == 4
    assert normalization_resolver("pair_norm", 4, {"scale": 1.5}).scale == 1.5


def test_only_norms_of_graphs_are_given_the_batch():
    """A module of one's own takes x alone unless it says takes_batch."""

    class Ours(nn.Module):
        def forward(self, *arguments):
            return arguments

    assert apply_norm(Ours(), "x", [0], 1) == ("x",)
    taking = Ours()
    taking.takes_batch = True
    assert apply_norm(taking, "x", [0], 1) == ("x", [0], 1)
