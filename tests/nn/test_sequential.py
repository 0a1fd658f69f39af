"""Sequential: modules in order, PyTorch's keys."""

import pytest

from tinygnn import Value, nn
from tinygnn.nn import Linear, ReLU, Sequential


def model():
    made = Sequential(Linear(2, 2), ReLU(), Linear(2, 1, bias=False))
    made.load_state_dict(
        {"0.weight": [[1.0, 2.0], [-1.0, 0.5]], "0.bias": [0.5, 0.0], "2.weight": [[2.0, 3.0]]}
    )
    return made


def test_each_module_takes_what_the_last_one_gave():
    """2 relu(1 + 2 + .5) + 3 relu(-1 + .5) = 7."""
    [[y]] = model()([[1.0, 1.0]])
    assert y.data == 7.0


def test_keys_are_positions_as_in_pytorch():
    """Modules without parameters count too."""
    assert list(model().state_dict()) == ["0.weight", "0.bias", "2.weight"]
    nested = Sequential(ReLU(), Sequential(Linear(1, 1, bias=False)))
    assert list(nested.state_dict()) == ["1.0.weight"]


def test_it_has_a_length_and_parts():
    """As a list has."""
    made = model()
    assert len(made) == 3
    assert [type(module) for module in made] == [Linear, ReLU, Linear]
    assert made[-1] is list(made)[2]
    assert isinstance(made[:2], Sequential)
    assert list(made[:2]) == list(made)[:2]


def test_nothing_in_order_is_nothing_done():
    """The empty composition."""
    x = [[Value(1.0)]]
    assert Sequential()(x) is x


def test_one_module_twice_shares_its_weights():
    """Both names, one parameter."""
    linear = Linear(2, 2, bias=False)
    made = Sequential(linear, linear)
    assert list(made.state_dict()) == ["0.weight", "1.weight"]
    assert len(made.parameters()) == 4


def test_repr_shows_the_modules():
    """In order, in one line."""
    assert repr(model()) == "Sequential(Linear(2 -> 2), ReLU(), Linear(2 -> 1))"


def test_what_is_no_module_is_refused():
    """A function would be forgotten by eval and state_dict."""
    with pytest.raises(TypeError, match="Sequential takes modules, but number 1 is"):
        Sequential(Linear(1, 1), Value.relu)
    assert nn.Sequential is Sequential
