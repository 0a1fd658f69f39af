"""What is said of wrong numbers: the first one, factors, and the mistakes that many make."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tinygnn import Value, optim
from tinygnn.conformance.api import every_case
from tinygnn.conformance.case import Case, Result
from tinygnn.conformance.hints import Wrong, alike, factor_of, first_off, hints, place_of
from tinygnn.conformance.likely_mistakes import mistakes
from tinygnn.conformance.vectors import find_vector
from tinygnn.nn import GCNConv
from tinygnn.nn.module import numbers_of

ROUNDING = 1e-9  # the mistakes add up in another order than the layers


def wrong(id: str, change: Callable[[str, Any], Any]) -> Wrong:
    """A result whose numbers are the right ones, changed."""
    vector = find_vector(id)
    outputs = {name: change(name, numbers) for name, numbers in vector.expected.outputs.items()}
    return Wrong(vector.case, vector.expected, Result(outputs))


def times(factor: float, *names: str) -> Callable[[str, Any], Any]:
    """Multiply outputs of these names."""

    def change(name: str, numbers: Any) -> Any:
        if name not in names:
            return numbers
        return [change(name, part) for part in numbers] if isinstance(numbers, list) else factor * numbers

    return change


def test_places_in_nested_lists() -> None:
    assert place_of(0, 1.0) == []
    assert place_of(2, [[1.0], [2.0, 3.0]]) == [1, 1]


def test_the_first_number_that_is_off_is_named_with_its_place() -> None:
    twice = wrong("op/linear/ordinary", times(2.0, "grad weight"))
    assert first_off(twice).startswith("first off: grad weight[0][1] is ")
    assert "which is parameter 0 after step 1" in first_off(wrong("optimizer/sgd/plain", times(2.0, "w")))
    assert first_off(wrong("op/tanh/positive", times(1.0))) == ""


def test_a_common_factor_is_told_and_a_sign() -> None:
    cases = ("op/linear/ordinary", "op/linear/constant")
    said = hints([wrong(id, times(2.0, "grad weight")) for id in cases])
    assert said == [
        "every result is right and gradients are not: look at the derivatives, not at the forward pass",
        "grad weight is 2 times what it must be, everywhere",
    ]
    assert hints([wrong(id, times(-1.0, "out")) for id in cases]) == [
        "out is minus what it must be, everywhere"
    ]
    nothing = [wrong(id, times(0.0, "grad weight", "grad bias")) for id in cases]
    assert hints(nothing)[1] == "grad weight and grad bias: 0 everywhere, where it must not be"
    assert factor_of([(1.0, 2.0), (1.0, 3.0)]) is None
    assert factor_of([(0.0, 1.0), (1.0, 2.0), (2.0, 4.0)]) is None


def test_nothing_is_said_of_shapes_that_differ() -> None:
    assert hints([wrong("op/linear/ordinary", lambda name, numbers: [numbers])]) == []


def gcn_cases() -> Iterator[Case]:
    for case in every_case():
        plain = case.call == "GCNConv" and not set(case.options.get("conv", {})) - {"bias"}
        finite = not {"nan", "infinite", "zero-degree"} & set(case.flags) and "nan" not in case.id
        if plain and finite and case.inputs.get("x") and case.options.get("last") is None:
            yield case


def output(case: Case, edges: Any = None, bias: bool = True, **options: Any) -> Any:
    """tinygnn's layer on a case, with other options or edges."""
    layer = GCNConv(*case.options["sizes"], bias="bias" in case.inputs and bias, **options)
    own = {n: v for n, v in case.inputs.items() if n == "lin.weight" or (n == "bias" and bias)}
    layer.load_state_dict(own)
    weights = case.inputs.get("edge_weight", case.options.get("edge_weight"))
    return numbers_of(layer(case.inputs["x"], case.edge_index if edges is None else edges, weights))


def test_the_mistakes_of_gcn_have_the_numbers_of_the_layer_without_a_part() -> None:
    seen = 0
    for case in gcn_cases():
        made = {sentence.split(":")[0]: numbers["out"] for sentence, numbers in mistakes(case)}
        assert case.edge_index is not None
        assert alike(made["without self loops"], output(case, add_self_loops=False))
        turned = (case.edge_index[1], case.edge_index[0])
        assert alike(made["when edges go the wrong way, from target to source"], output(case, turned))
        if "without the bias" in made:
            assert alike(made["without the bias"], output(case, bias=False))
        seen += 1
    assert seen >= 10


@pytest.mark.parametrize(
    "call", ["GCNConv", "aggregate", "global_mean_pool", "MeanAggregation", "Adam", "SGD"]
)
def test_no_mistake_has_the_right_numbers_everywhere(call: str) -> None:
    told: dict[str, bool] = {}
    for case in every_case():
        if case.call == call:
            expected = find_vector(case.id).expected.outputs
            for sentence, numbers in mistakes(case):
                shown = any(not alike(expected[name], part) for name, part in numbers.items())
                told[sentence] = told.get(sentence, False) or shown
    assert told and all(told.values())


def test_the_mistakes_of_optimizers_are_those_of_the_rule_changed() -> None:
    case = find_vector("optimizer/adam/plain").case
    made = dict(mistakes(case))
    upwards = made["when the step is added, not subtracted"]["w"]
    weights = [Value(w) for w in case.inputs["w"]]
    optimizer = optim.Adam(weights, lr=0.01, maximize=True)
    for row, gradients in zip(upwards, case.options["gradients"]):
        for w, gradient in zip(weights, gradients):
            w.grad = gradient
        optimizer.step()
        assert [w.data for w in weights] == pytest.approx(row, rel=ROUNDING)
    [without] = [numbers["w"] for sentence, numbers in made.items() if "correction of both" in sentence]
    g, w = case.options["gradients"][0][0], case.inputs["w"][0]
    assert without[0][0] == pytest.approx(w - 0.01 * 0.1 * g / (abs(g) * 0.001**0.5 + 1e-8), rel=ROUNDING)
