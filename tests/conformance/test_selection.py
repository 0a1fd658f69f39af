"""Which cases run."""

from __future__ import annotations

import pytest

from tinygnn.conformance.case import FLAGS
from tinygnn.conformance.cases import all_cases
from tinygnn.conformance.selection import choose, layer_of, layers, quick_cases

CASES = all_cases()


def test_every_case_belongs_to_a_layer_that_selects_it() -> None:
    names = layers(CASES)
    chosen = [case.id for name in names for case in choose(CASES, layer=[name])]
    assert sorted(chosen) == sorted(case.id for case in CASES)


def test_layers_are_named_as_readers_know_them() -> None:
    by_id = {case.id: layer_of(case) for case in CASES}
    assert by_id["model/gcn_conv/path"] == "GCNConv"
    assert by_id["model/gnn-gat/mixed-jk-lstm"] == "GNN(gat)"
    assert by_id["op/aggregate-sum/ordinary"] == "aggregate(sum)"
    assert by_id["schedule/step"] == "StepLR"
    assert by_id["optimizer/sgd/plain"] == "SGD"


def test_a_family_stands_for_all_its_members_in_any_case() -> None:
    chosen = choose(CASES, layer=["gnn"])
    assert {case.call for case in chosen} == {"GNN"}
    assert len({layer_of(case) for case in chosen}) > 5


def test_several_layers_add_up_and_several_flags_narrow() -> None:
    both = choose(CASES, layer=["GCNConv", "SAGEConv"])
    assert {case.call for case in both} == {"GCNConv", "SAGEConv"}
    narrowed = choose(CASES, layer=["GCNConv"], flag=["self-loop", "duplicate-edge"])
    assert narrowed and all({"self-loop", "duplicate-edge"} <= set(case.flags) for case in narrowed)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            {"layer": ["gcncov"]},
            r"no layer or operation 'gcncov' \(did you mean GCNConv or .* There are: pos, ",
        ),
        ({"layer": ["zzz"]}, "no layer or operation 'zzz'. There are: pos, neg, "),
        (
            {"flag": ["slef-loop"]},
            r"no flag 'slef-loop' \(did you mean self-loop\?\). There are: accumulate, ",
        ),
        ({"text": "op/tahn"}, r"no case's id holds 'op/tahn' \(did you mean op/tanh or "),
        ({"text": "pathh"}, r"no case's id holds 'pathh' \(did you mean path or "),
        (
            {"text": "op/tanh", "layer": ["exp"]},
            "the cases of -k op/tanh are of tanh, none of exp: leave",
        ),
        (
            {"layer": ["tanh"], "flag": ["self-loop"]},
            "has all of --flag self-loop. Flags that some",
        ),
    ],
)
def test_a_selection_of_nothing_is_an_error_that_says_why(
    arguments: dict[str, list[str]], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        choose(CASES, **arguments)  # type: ignore[arg-type]


def test_quick_has_every_layer_and_every_flag_and_is_short() -> None:
    quick = quick_cases(CASES)
    assert set(layers(quick)) == set(layers(CASES)) - {"training"}
    assert {flag for case in quick for flag in case.flags} == {f for c in CASES for f in c.flags} - {"long"}
    assert {flag for case in CASES for flag in case.flags} <= set(FLAGS)
    assert len(quick) < len(CASES) // 10
    assert [case.id for case in quick] == [case.id for case in quick_cases(all_cases())]


def test_quick_holds_no_case_that_could_be_left_out_of_the_order() -> None:
    position = {case.id: i for i, case in enumerate(CASES)}
    order = [position[case.id] for case in quick_cases(CASES)]
    assert order == sorted(set(order))
