"""Whatever the bytes, a reader gives a graph that validates or its one error."""

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HERE = Path(__file__).parent
EXAMPLES = 60  # of each target; run_atheris.py goes on from there


def module(name):
    spec = importlib.util.spec_from_file_location(f"fuzz_{name}", HERE / f"{name}.py")
    made = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


targets, seeds = module("targets"), module("seeds")
SEEDS = seeds.seeds()


@st.composite
def mutated(draw, name):
    """A sound input with a few pieces cut out, put in, doubled or replaced; or any bytes."""
    data = draw(st.sampled_from([*SEEDS[name], b""]))
    for _ in range(draw(st.integers(0, 5))):
        start = draw(st.integers(0, len(data)))
        stop = min(len(data), start + draw(st.integers(0, 12)))
        piece = draw(
            st.sampled_from(seeds.words(name))
            | st.binary(max_size=4)
            | st.just(data[start:stop] * 2)
            | st.just(b"")
        )
        data = data[:start] + piece + data[stop:]
    return data


@pytest.mark.parametrize("name", targets.TARGETS)
def test_any_bytes_give_a_graph_or_the_one_error(name, tmp_path_factory):
    folder = tmp_path_factory.mktemp(name)

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(mutated(name))
    def run(data):
        targets.check(name, data, folder)

    run()


@pytest.mark.parametrize("name", [name for name in SEEDS if name not in ("pickled", "tensors", "checkpoint")])
def test_what_the_fuzzers_start_from_is_sound(name, tmp_path):
    assert all(targets.check(name, data, tmp_path) for data in SEEDS[name] if b"\0" not in data)
