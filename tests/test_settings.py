"""Settings: kinds, TOML there and back, options in text."""

from __future__ import annotations

import tomllib
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinygnn.experiment import OPTIMIZERS, SCHEDULERS
from tinygnn.settings import OPTIMIZERS as OPTIMIZER_NAMES
from tinygnn.settings import SCHEDULERS as SCHEDULER_NAMES
from tinygnn.settings import TrainSettings, parse_options


def values_of(each):
    """All that a field of the settings may be."""
    kind = each.metadata["kind"]
    if each.metadata["choices"]:
        values = st.sampled_from(each.metadata["choices"])
    elif kind.type is int:
        values = st.integers(kind.least, 10**9)
    elif kind.type is float:
        values = st.floats(kind.least, kind.most, allow_nan=False, allow_infinity=False)
    elif kind.type is bool:
        values = st.booleans()
    else:
        values = st.text(st.characters(exclude_categories=["Cs"]))
    return st.none() | values if each.default is None else values


@given(st.builds(TrainSettings, **{each.name: values_of(each) for each in fields(TrainSettings)}))
def test_settings_to_toml_and_back_are_the_same(settings):
    assert TrainSettings.from_dict(tomllib.loads(settings.to_toml())) == settings
    assert TrainSettings.from_dict(settings.to_dict()) == settings


def test_a_toml_file_is_read(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('# a comment\nsource = "karate"\nlr = 1\nnormalize_features = true\n')
    assert TrainSettings.from_toml(path) == TrainSettings(source="karate", lr=1.0, normalize_features=True)
    path.write_text("lr = \n")
    with pytest.raises(ValueError, match="run.toml is no TOML file"):
        TrainSettings.from_toml(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ValueError, match="run.toml is no TOML file"):
        TrainSettings.from_toml(path)


@pytest.mark.parametrize(
    "given, words",
    [
        ({"hiden": 3}, "no setting 'hiden': did you mean 'hidden'"),
        ({"quux": 3}, "no setting 'quux': known are source, nodes"),
        ({"hidden": 0}, "hidden is 0: it must be a whole number of at least 1"),
        ({"hidden": 2.0}, "hidden is 2.0"),
        ({"hidden": True}, "hidden is True"),
        ({"lr": "fast"}, "lr is 'fast': it must be a number"),
        ({"lr": float("nan")}, "lr is nan"),
        ({"lr": float("inf")}, "lr is inf"),
        ({"lr": 10**400}, "lr is 1000"),
        ({"dropout": 1.5}, "dropout is 1.5: it must be a number from 0 to 1"),
        ({"normalize_features": 1}, "normalize_features is 1: it must be true or false"),
        ({"model": "gnc"}, "model is 'gnc': choose from .*gcn"),
        ({"task": "edges"}, "task is 'edges': choose from .*link"),
        ({"model": 3}, "model is 3: it must be text"),
    ],
)
def test_what_is_no_setting_is_refused(given, words):
    with pytest.raises(ValueError, match=words):
        TrainSettings.from_dict(given)


def test_names_of_choices_are_those_that_can_be_made():
    assert sorted(OPTIMIZERS) == list(OPTIMIZER_NAMES) and sorted(SCHEDULERS) == list(SCHEDULER_NAMES)


def test_options_in_text():
    assert parse_options("conv", "") == {}
    given = parse_options(
        "conv", "heads=8, concat=False, aggr=max, name='a,b', ks=[1, 2], eps=-1e-3, none=None"
    )
    assert given == {
        "heads": 8, "concat": False, "aggr": "max", "name": "a,b", "ks": [1, 2], "eps": -1e-3, "none": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["heads", "heads=", "8", "heads=8;", "heads=f(1)", "**heads", "x=1)+f(y=2", "\0"]
)
def test_text_that_is_no_options_is_refused(text):
    with pytest.raises(ValueError, match="conv option"):
        parse_options("conv", text)
