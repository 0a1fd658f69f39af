"""Parameter groups, state dicts and copies of optimizers."""

from __future__ import annotations

import copy
import json
import math
import pickle
import random
from typing import Any

import pytest

from tinygnn import Value, optim

# Every optimizer with settings that make it remember all it can.
FULL: dict[str, tuple[Any, dict[str, Any]]] = {
    "SGD": (optim.SGD, {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "Adam": (optim.Adam, {"lr": 0.1, "betas": (0.8, 0.9), "amsgrad": True, "weight_decay": 0.1}),
    "AdamW": (optim.AdamW, {"lr": 0.1, "amsgrad": True}),
    "RMSprop": (optim.RMSprop, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.1}),
    "centered RMSprop": (optim.RMSprop, {"lr": 0.1, "momentum": 0.9, "centered": True}),
    "Adagrad": (optim.Adagrad, {"lr": 0.1, "lr_decay": 0.1, "initial_accumulator_value": 0.5}),
}


def values(*numbers: float) -> list[Value]:
    return [Value(number) for number in numbers]


def walk(optimizer: optim.Optimizer, steps: int, seed: int = 0) -> list[list[float]]:
    """The weights after each of these steps along random gradients."""
    rng, points = random.Random(seed), []
    for _ in range(steps):
        for param in optimizer.params:
            param.grad = rng.gauss(0.0, 1.0)
        optimizer.step()
        points.append([param.data for param in optimizer.params])
    return points


def two_groups(kind: Any, settings: dict[str, Any]) -> optim.Optimizer:
    groups = [{"params": values(1.5, -0.75)}, {"params": values(0.5), "lr": 0.01, "weight_decay": 0.0}]
    made: optim.Optimizer = kind(groups, **settings)
    return made


# ---- groups ------------------------------------------------------------------------------------------


def test_each_group_has_its_own_settings_and_the_common_ones() -> None:
    first, second = two_groups(optim.SGD, {"lr": 0.1, "momentum": 0.9}).param_groups
    assert [p.data for p in first.pop("params")] == [1.5, -0.75]
    assert [p.data for p in second.pop("params")] == [0.5]
    common = {"momentum": 0.9, "dampening": 0.0, "nesterov": False, "maximize": False, "weight_decay": 0.0}
    assert first == {**common, "lr": 0.1}
    assert second == {**common, "lr": 0.01}


def test_a_step_moves_each_group_with_its_own_rate() -> None:
    sgd = optim.SGD([{"params": values(1.0)}, {"params": values(1.0), "lr": 0.5}], lr=0.25)
    for param in sgd.params:
        param.grad = 1.0
    sgd.step()
    assert [param.data for param in sgd.params] == [0.75, 0.5]


@pytest.mark.parametrize("name", FULL)
def test_groups_move_as_two_optimizers_would(name: str) -> None:
    kind, settings = FULL[name]
    together = two_groups(kind, settings)
    apart = [
        kind(values(1.5, -0.75), **settings),
        kind(values(0.5), **{**settings, "lr": 0.01, "weight_decay": 0.0}),
    ]
    rng = random.Random(1)
    for _ in range(5):
        gradients = [rng.gauss(0.0, 1.0) for _ in range(3)]
        for params in (together.params, [p for one in apart for p in one.params]):
            for param, gradient in zip(params, gradients):
                param.grad = gradient
        for one in (together, *apart):
            one.step()
        assert [p.data for p in together.params] == [p.data for one in apart for p in one.params]


def test_a_setting_written_into_a_group_is_used_from_then_on() -> None:
    sgd = two_groups(optim.SGD, {"lr": 0.1})
    for param in sgd.params:
        param.grad = 1.0
    sgd.param_groups[1]["lr"] = 1.0
    sgd.param_groups[0]["lr"] = 0.0
    sgd.step()
    assert [param.data for param in sgd.params] == [1.5, -0.75, -0.5]


def test_a_group_can_be_added_later() -> None:
    sgd = optim.SGD(values(1.0), lr=0.5, momentum=0.5)
    walk(sgd, 2)
    sgd.add_param_group({"params": values(2.0), "momentum": 0.0, "name": "head"})
    assert sgd.param_groups[1]["lr"] == 0.5 and sgd.param_groups[1]["name"] == "head"
    sgd.params[1].grad = 1.0
    sgd.step()
    assert sgd.params[1].data == 1.5


def test_params_of_a_group_may_be_one_value_or_nested_lists() -> None:
    one, matrix = Value(1.0), [values(1.0, 2.0), values(3.0, 4.0)]
    sgd = optim.SGD([{"params": one}, {"params": matrix}])
    assert sgd.params == [one, *matrix[0], *matrix[1]]


def test_lr_is_the_only_groups_rate() -> None:
    sgd = optim.SGD(values(1.0), lr=0.5)
    sgd.lr = 0.25
    assert sgd.lr == sgd.param_groups[0]["lr"] == 0.25
    with pytest.raises(ValueError, match=r"2 groups: take optimizer\.param_groups\[0\]\['lr'\]"):
        _ = two_groups(optim.SGD, {}).lr


def test_repr_names_the_rate_of_each_group() -> None:
    assert repr(two_groups(optim.Adam, {"lr": 0.1})) == "Adam(2 groups, 3 parameters, lr=0.1, 0.01)"


SHARED = Value(1.0)
WRONG_GROUPS: dict[str, tuple[list[Any], type[Exception], str]] = {
    "no params": ([{"lr": 0.1}], ValueError, "group 0 has no parameters: give it an entry 'params'"),
    "unknown setting": (
        [{"params": [Value(1.0)]}, {"params": [Value(1.0)], "weight_deacy": 0.1}],
        ValueError, "group 1 sets 'weight_deacy': SGD knows lr, momentum, .*weight_decay",
    ),
    "out of range": ([{"params": [Value(1.0)], "lr": -1.0}], ValueError, "lr is -1.0"),
    "empty": ([{"params": []}], ValueError, "needs parameters"),
    "in two groups": (
        [{"params": [SHARED]}, {"params": [Value(1.0), SHARED]}], ValueError, "parameter 1, .*another group",
    ),
    "mixed": ([{"params": [Value(1.0)]}, Value(1.0)], TypeError, "parameter 0 is {"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG_GROUPS)
def test_a_wrong_group_is_refused(name: str) -> None:
    groups, error, message = WRONG_GROUPS[name]
    with pytest.raises(error, match=message):
        optim.SGD(groups)


def test_maximize_goes_up() -> None:
    for kind, settings in FULL.values():
        down, up = kind(values(1.0), lr=0.1), kind(values(-1.0), lr=0.1, maximize=True)
        for w, v in zip(walk(down, 5), walk(up, 5)):
            assert w[0] == -v[0] or (kind is optim.AdamW and w[0] == pytest.approx(-v[0])), settings


# ---- state dicts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FULL)
def test_a_state_dict_through_json_goes_on_bit_for_bit(name: str) -> None:
    kind, settings = FULL[name]
    never_stopped, stopped = two_groups(kind, settings), two_groups(kind, settings)
    walk(never_stopped, 7)
    walk(stopped, 7)
    text = json.dumps(stopped.state_dict(), allow_nan=False)
    resumed = two_groups(kind, {"lr": 9.0})
    for new, old in zip(resumed.params, stopped.params):
        new.data = old.data
    resumed.load_state_dict(json.loads(text))
    assert walk(resumed, 7, seed=1) == walk(never_stopped, 7, seed=1)
    assert resumed.state_dict() == never_stopped.state_dict()
    assert json.dumps(two_groups(kind, settings).state_dict())  # before the first step too


def test_a_state_dict_says_what_is_remembered() -> None:
    adam = optim.Adam(values(1.0, 2.0), lr=0.1, betas=(0.5, 0.75))
    for param in adam.params:
        param.grad = 4.0
    adam.step()
    state = adam.state_dict()
    assert state["state"] == [{"step": 1, "exp_avg": [2.0, 2.0], "exp_avg_sq": [4.0, 4.0]}]
    assert state["param_groups"] == [
        {
            "params": 2,
            "lr": 0.1,
            "betas": [0.5, 0.75],
            "eps": 1e-8,
            "weight_decay": 0.0,
            "amsgrad": False,
            "maximize": False,
        }
    ]


def test_a_state_dict_is_a_copy() -> None:
    adam = optim.Adam(values(1.0))
    walk(adam, 1)
    state = adam.state_dict()
    before = json.dumps(state)
    walk(adam, 3)
    adam.lr = 5.0
    assert json.dumps(state) == before
    other = optim.Adam(values(1.0))
    other.load_state_dict(state)
    walk(other, 3)
    assert json.dumps(state) == before


def test_loading_keeps_betas_a_tuple_and_notes() -> None:
    adam = optim.Adam([{"params": values(1.0), "initial_lr": 0.5, "name": "body"}])
    other = optim.Adam(values(1.0), betas=(0.1, 0.2))
    other.load_state_dict(adam.state_dict())
    group = other.param_groups[0]
    assert (group["betas"], group["initial_lr"], group["name"]) == ((0.9, 0.999), 0.5, "body")


def broken(change: Any) -> dict[str, Any]:
    """An Adam's state dict with one thing changed."""
    adam = optim.Adam(values(1.0, 2.0))
    walk(adam, 1)
    state = adam.state_dict()
    change(state)
    return state


BROKEN: dict[str, tuple[Any, str]] = {
    "another optimizer's": (
        lambda s: s["param_groups"][0].update(momentum=0.9), "unknown setting 'momentum'",
    ),
    "no groups": (lambda s: s.pop("param_groups"), "no 'param_groups'"),
    "another number of groups": (lambda s: s["state"].append({}), "1 groups, with the state of 2"),
    "two groups": (
        lambda s: s.update(state=[{}, {}], param_groups=s["param_groups"] * 2), "it has 2 groups, expected 1",
    ),
    "other parameters": (lambda s: s["param_groups"][0].update(params=3), "group 0 has 3 param"),
    "a missing setting": (lambda s: s["param_groups"][0].pop("eps"), "group 0 has no 'eps'"),
    "a setting out of range": (lambda s: s["param_groups"][0].update(lr=-1.0), "lr is -1.0"),
    "a short list": (lambda s: s["state"][0]["exp_avg"].pop(), "'exp_avg' of group 0 is not a list of 2"),
    "a word": (lambda s: s["state"][0]["exp_avg"].__setitem__(0, "x"), "expected a real number, got 'x'"),
    "unknown state": (lambda s: s["state"][0].update(sum=[0.0, 0.0]), "unknown state 'sum'"),
    "a broken step": (lambda s: s["state"][0].update(step=1.5), "'step' of group 0 is 1.5"),
    "no dict at all": (lambda s: s.update(state=[3]), "not iterable"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_state_dict_that_does_not_fit_is_refused_and_changes_nothing(name: str) -> None:
    change, message = BROKEN[name]
    adam = optim.Adam(values(1.0, 2.0), lr=0.5)
    walk(adam, 2)
    before = adam.state_dict()
    with pytest.raises(ValueError, match=f"cannot load state_dict into Adam: .*({message})"):
        adam.load_state_dict(broken(change))
    assert adam.state_dict() == before


# ---- copies ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FULL)
@pytest.mark.parametrize("way", ["deepcopy", "pickle"])
def test_a_copy_goes_on_with_weights_of_its_own(name: str, way: str) -> None:
    original = two_groups(*FULL[name])
    walk(original, 3)
    twin = copy.deepcopy(original) if way == "deepcopy" else pickle.loads(pickle.dumps(original))
    assert type(twin) is type(original) and twin.defaults == original.defaults
    assert walk(twin, 3, seed=2) == walk(original, 3, seed=2)
    assert not set(twin.params) & set(original.params)
    twin.param_groups[0]["lr"] = 0.0
    assert original.param_groups[0]["lr"] == 0.1


def test_state_of_a_nan_run_is_kept() -> None:
    """JSON as Python writes it knows nan and inf."""
    adam = optim.Adam(values(1.0))
    adam.params[0].grad = math.nan
    adam.step()
    other = optim.Adam(values(1.0))
    other.load_state_dict(json.loads(json.dumps(adam.state_dict())))
    assert math.isnan(other.state[0]["exp_avg"][0])
