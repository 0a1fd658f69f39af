"""pause_collector: the cyclic garbage collector rests and comes back."""

import gc

import pytest

from tinygnn.collector import pause_collector


@pytest.fixture(autouse=True)
def collector_runs_again_afterwards():
    """Whatever a test does, the next one starts with the collector on."""
    gc.enable()
    yield
    gc.enable()


def test_the_collector_pauses_inside_and_runs_again_outside():
    """The plain case."""
    with pause_collector():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_the_collector_runs_again_after_an_exception():
    """And the exception goes on."""
    with pytest.raises(KeyError), pause_collector():
        raise KeyError
    assert gc.isenabled()


def test_a_collector_switched_off_by_the_user_stays_off():
    """It was not ours to switch on."""
    gc.disable()
    with pause_collector():
        pass
    assert not gc.isenabled()


def test_nested_pauses_end_with_the_outermost():
    """A layer inside a model inside a training loop."""
    with pause_collector():
        with pause_collector():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_one_object_can_be_used_again_and_nested_in_itself():
    """Kept in a variable, it works as often as one likes."""
    pause = pause_collector()
    for _ in range(2):
        with pause:
            with pause:
                pass
            assert not gc.isenabled()
        assert gc.isenabled()
