"""The cases of GNN, MLP and activations: nothing is left out."""

from __future__ import annotations

import inspect

import pytest

from tinygnn import gnn, nn
from tinygnn.conformance.perceptrons_table import ACTIVATIONS as WORDS
from tinygnn.conformance.perceptrons_table import perceptron_and_activation_cases
from tinygnn.conformance.stacks_table import JUMPS, KINDS, stack_cases
from tinygnn.nn.names import ACTIVATIONS, NORMS

CASES = list(stack_cases())
IDS = {case.id for case in CASES}


def options_of(name: str) -> list[object]:
    return [case.options["conv"].get(name) for case in CASES]


def test_every_kind_of_convolution_has_cases_with_every_readout_and_jump() -> None:
    assert set(KINDS) == set(gnn.CONVOLUTIONS)
    assert set(JUMPS) == set(gnn.JUMPS)
    for kind in KINDS:
        assert {f"model/gnn-{kind}/mixed-batch-{readout}" for readout in gnn.READOUTS} <= IDS
        if kind not in ("appnp", "gcn2", "gated"):
            assert {f"model/gnn-{kind}/mixed-jk-{jk}" for jk in JUMPS} <= IDS


def test_every_norm_and_activation_is_set_in_some_case_of_gnn() -> None:
    plain = {str(norm).lower().replace("_", "") for norm in options_of("norm")}
    # PyG's resolver makes no GraphSizeNorm: it gives it a number of channels.
    assert {norm.replace("_", "") for norm in NORMS} - plain == {"graphsizenorm"}
    acts = {str(case.options["act"]).lower().replace("_", "") for case in CASES}
    assert {act.replace("_", "") for act in ACTIVATIONS} - acts == {"identity"}
    assert any(options_of("act_first"))
    assert any(options_of("act_kwargs"))
    assert any(options_of("norm_kwargs"))


def test_every_option_of_mlp_is_set_in_some_case() -> None:
    parameters = inspect.signature(nn.MLP).parameters.values()
    given = [case.options["conv"] for case in perceptron_and_activation_cases() if case.call == "MLP"]
    sizes = ("channel_list", "in_channels", "hidden_channels", "out_channels", "num_layers", "rng")
    named = [p for p in parameters if p.name not in sizes]
    assert [p.name for p in named if all(s.get(p.name, p.default) == p.default for s in given)] == []


def test_every_activation_has_cases() -> None:
    words = {word.replace("_", "") for word, _, _ in WORDS}
    assert {name.replace("_", "") for name in ACTIVATIONS} == words
    calls = {case.call for case in perceptron_and_activation_cases()} - {"MLP"}
    assert calls == {kind.__name__ for kind in ACTIVATIONS.values()}


@pytest.mark.parametrize("word", [word for word, _, _ in WORDS])
def test_every_activation_has_a_case_at_its_kink(word: str) -> None:
    [case] = [c for c in perceptron_and_activation_cases() if c.id == f"model/activation-{word}/path-at-zero"]
    assert "kink" in case.flags
