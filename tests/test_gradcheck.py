"""gradcheck: it passes what is right, catches what is wrong, and leaves the inputs as they were."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn import Value
from tinygnn.gradcheck import TOLERANCE, analytic_gradient, gradcheck, numeric_gradient


def cube(x):
    return x * x * x


def wrong_cube(x):
    """Forgets the factor 3 in the derivative."""
    return Value(x.data**3, (x,), (x.data**2,), "wrong")


def test_a_right_gradient_passes_silently(capsys):
    """Nothing is printed when there is nothing to say."""
    assert gradcheck(cube, [Value(2.0)]) is True
    assert capsys.readouterr().out == ""


def test_a_wrong_gradient_fails_and_both_numbers_are_printed(capsys):
    """Analytic 4 beside numeric 12, with the input's position and where it stands."""
    assert gradcheck(lambda y, x: y + wrong_cube(x), [Value(1.0), Value(2.0)]) is False
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["input", "at", "analytic", "numeric"]
    position, at, analytic, numeric = row.split()
    assert (position, at, analytic) == ("1", "2", "4")
    assert float(numeric) == pytest.approx(12.0, rel=TOLERANCE)


@pytest.mark.parametrize("factor", [1.0 + 1e-5, 1.0 - 1e-5, -1.0, 0.0, 2.0, math.nan, math.inf], ids=str)
def test_a_gradient_off_by_a_factor_is_caught(factor):
    """Also by one part in a hundred thousand; nan agrees with nothing."""
    assert not gradcheck(lambda x: Value(x.data**2, (x,), (factor * 2.0 * x.data,), "planted"), [Value(3.0)])


def test_swapped_partials_are_caught():
    """The slopes of x² y, in the wrong order."""

    def swapped(x, y):
        return Value(x.data**2 * y.data, (x, y), (x.data**2, 2.0 * x.data * y.data), "planted")

    assert not gradcheck(swapped, [Value(1.5), Value(0.5)])


def test_an_ignored_input_has_gradient_zero():
    """Both say 0."""
    assert gradcheck(lambda x, y: x * 2.0, [Value(1.0), Value(5.0)])


def test_one_value_given_twice_is_moved_in_both_places():
    """Both ways count x·x as a function of one number."""
    x = Value(3.0)
    assert gradcheck(lambda a, b: a * b, [x, x])
    assert x.data == 3.0


def test_no_inputs_agree():
    """There is nothing to compare."""
    assert gradcheck(lambda: Value(1.0), [])


@given(st.floats(-1e6, 1e6))
def test_the_step_follows_the_size_of_the_input(x):
    """Large numbers pass as well as small ones."""
    assert gradcheck(lambda v: 3.0 * v + 0.5, [Value(x)])


def test_data_and_gradients_are_put_back():
    """A check in the middle of a training run changes nothing."""
    x, y = Value(2.0), Value(3.0)
    x.grad, y.grad = 7.0, -1.0
    gradcheck(lambda a, b: a * b, [x, y])
    assert (x.data, x.grad, y.data, y.grad) == (2.0, 7.0, 3.0, -1.0)


def test_data_and_gradients_are_put_back_when_f_raises():
    """Whichever of the calls of f fails."""
    for calls_that_work in range(6):
        x, calls = Value(2.0), 0
        x.grad = 7.0

        def f(v, limit=calls_that_work):
            nonlocal calls
            calls += 1
            if calls > limit:
                raise ZeroDivisionError
            return v * v

        if calls_that_work < 4:
            with pytest.raises(ZeroDivisionError):
                gradcheck(f, [x])
        else:
            gradcheck(f, [x])
        assert (x.data, x.grad) == (2.0, 7.0)


def test_step_and_tolerance_can_be_chosen():
    """A coarse step errs by h² f'''/6, and a generous tolerance forgives it."""
    assert not gradcheck(cube, [Value(1.0)], step=0.1)
    assert gradcheck(cube, [Value(1.0)], step=0.1, tolerance=0.1)


def test_the_two_gradients_by_themselves():
    """For those who want the numbers."""
    inputs = [Value(2.0), Value(5.0)]
    assert analytic_gradient(lambda x, y: x * x * y, inputs) == [20.0, 4.0]
    assert numeric_gradient(lambda x, y: x * x * y, inputs) == pytest.approx([20.0, 4.0], rel=TOLERANCE)


@pytest.mark.parametrize("thing", [1.0, "x", None, [Value(1.0)]], ids=["float", "str", "None", "list"])
def test_an_input_that_is_no_value_is_named(thing):
    """With its position."""
    with pytest.raises(TypeError, match=r"input 1 is .*needs leaf Values"):
        gradcheck(lambda x, y: x, [Value(1.0), thing])


def test_an_input_that_was_computed_is_refused():
    """Moving its number would not move what it was made from."""
    with pytest.raises(TypeError, match="input 0 is .*leaf"):
        gradcheck(cube, [Value(1.0) * 2.0])


@pytest.mark.parametrize("result", [1.0, None, [Value(1.0)]], ids=["float", "None", "list"])
def test_a_function_that_returns_something_else_is_refused(result):
    """It must return one Value."""
    with pytest.raises(TypeError, match="f returned .*returns one Value"):
        gradcheck(lambda x: result, [Value(1.0)])
