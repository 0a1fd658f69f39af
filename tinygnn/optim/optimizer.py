"""`Optimizer`: parameter groups, what is remembered of earlier steps, and how both are saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from tinygnn.nn.module import Module, leaves
from tinygnn.value import Value, real_number

Group = dict[str, Any]  # "params" and a value for each setting, under PyTorch's names
State = dict[str, Any]  # what is remembered of a group: "step", and lists of one number per parameter

# What a group may hold beside its settings: the first lr, for schedules, and a name.
NOTES = ("initial_lr", "name")


class Optimizer:
    """Holds the parameters in groups; subclasses define `update`, which moves one group.

    param_groups: one dict per group, as in PyTorch: its "params" and a value for each setting; to change
    a setting between steps, write it there. state: one dict per group, filled by the first step.

    Args:
        params: Values, nested lists of them, or a list of dicts with "params" and settings of their own.
        defaults: every setting by name, for the groups that do not give it.

    Raises TypeError for what is no parameter, ValueError for no parameters, a parameter in two groups, an
    unknown setting or one outside its range.
    """

    remembers: ClassVar[tuple[str, ...]] = ()  # the names that `state` may hold

    def __init__(self, params: Iterable[Any], defaults: dict[str, Any]) -> None:
        if isinstance(params, Module):
            raise TypeError("an optimizer takes parameters: give it model.parameters()")
        given = list(params)
        in_groups = bool(given) and all(isinstance(part, dict) for part in given)
        self.defaults = defaults
        self.param_groups: list[Group] = []
        self.state: list[State] = []
        for group in given if in_groups else [{"params": given}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add {"params": ..., and any settings}; what it does not set is as the optimizer was made with."""
        number = len(self.param_groups)
        if "params" not in param_group:
            raise ValueError(f"group {number} has no parameters: give it an entry 'params'")
        for name in param_group:
            if name != "params" and name not in self.defaults and name not in NOTES:
                raise ValueError(
                    f"group {number} sets {name!r}: {type(self).__name__} knows {', '.join(self.defaults)}"
                )
        settings = {**self.defaults, **param_group}
        self.check(settings)
        params = self._checked_parameters(settings.pop("params"))
        self.param_groups.append({"params": params, **settings})
        self.state.append({})

    def _checked_parameters(self, given: Any) -> list[Value]:
        params: list[Any] = leaves(given if isinstance(given, Value) else list(given))
        taken = set(self.params)
        for i, param in enumerate(params):
            if not isinstance(param, Value) or param.parents:
                raise TypeError(f"parameter {i} is {param!r}: an optimizer changes leaf Values")
            if param in taken:
                raise ValueError(
                    f"parameter {i}, {param!r}, is in another group already: it would move twice"
                )
        if not params:
            raise ValueError("an optimizer needs parameters: did you mean model.parameters()?")
        return list(dict.fromkeys(params))

    def check(self, settings: Mapping[str, Any]) -> None:
        """Raise ValueError for a setting outside its range."""
        at_least_0("lr", settings["lr"])

    @property
    def params(self) -> list[Value]:
        """All parameters, group by group."""
        return [param for group in self.param_groups for param in group["params"]]

    @property
    def lr(self) -> float:
        """The learning rate of an optimizer with one group; of several, each has its own."""
        return float(self._only_group()["lr"])

    @lr.setter
    def lr(self, lr: float) -> None:
        self._only_group()["lr"] = lr

    def _only_group(self) -> Group:
        if len(self.param_groups) != 1:
            raise ValueError(
                f"there are {len(self.param_groups)} groups: take optimizer.param_groups[0]['lr']"
            )
        return self.param_groups[0]

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for group in self.param_groups:
            params: list[Value] = group["params"]
            for param in params:
                param.grad = 0.0

    def step(self) -> None:
        """Change every parameter once."""
        for group, state in zip(self.param_groups, self.state):
            self.update(group, state)

    def update(self, group: Group, state: State) -> None:
        """Change the parameters of one group, given what is remembered of its earlier steps."""
        raise TypeError(f"{type(self).__name__} defines no update")

    def state_dict(self) -> dict[str, Any]:
        """Settings and what is remembered, in numbers, strings, lists and dicts: exact through JSON.

        {"state": [of each group], "param_groups": [settings of each group, with the number of its "params"]}
        """
        groups = [
            {name: _plain(value) for name, value in {**group, "params": len(group["params"])}.items()}
            for group in self.param_groups
        ]
        return {
            "state": [{name: _plain(part) for name, part in state.items()} for state in self.state],
            "param_groups": groups,
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on where the optimizer stood whose `state_dict` this is; the parameters stay.

        Raises ValueError, and changes nothing, for an optimizer of other groups, settings or sizes.
        """
        try:
            groups, states = list(state_dict["param_groups"]), list(state_dict["state"])
            if len(groups) != len(states):
                raise ValueError(f"it has {len(groups)} groups, with the state of {len(states)}")
            if len(groups) != len(self.param_groups):
                raise ValueError(f"it has {len(groups)} groups, expected {len(self.param_groups)}")
            settings = [self._loaded_settings(i, group) for i, group in enumerate(groups)]
            state = [self._loaded_state(i, part) for i, part in enumerate(states)]
        except (KeyError, TypeError, ValueError) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise ValueError(f"cannot load state_dict into {type(self).__name__}: {reason}") from error
        for group, loaded in zip(self.param_groups, settings):
            params = group["params"]
            group.clear()
            group.update({"params": params, **loaded})
        self.state = state

    def _loaded_settings(self, i: int, given: Mapping[str, Any]) -> dict[str, Any]:
        size, expected = given["params"], len(self.param_groups[i]["params"])
        if size != expected:
            raise ValueError(f"group {i} has {size} parameters, expected {expected}")
        settings = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in dict(given).items()
            if name != "params"
        }
        for name in settings:
            if name not in self.defaults and name not in NOTES:
                raise ValueError(f"group {i} has the unknown setting {name!r}")
        for name in self.defaults:
            if name not in settings:
                raise ValueError(f"group {i} has no {name!r}")
        self.check(settings)
        return settings

    def _loaded_state(self, i: int, given: Mapping[str, Any]) -> State:
        size = len(self.param_groups[i]["params"])
        state: State = {}
        for name, part in dict(given).items():
            if name not in self.remembers:
                raise ValueError(f"group {i} has the unknown state {name!r}")
            if name == "step":
                if not isinstance(part, int):
                    raise ValueError(f"'step' of group {i} is {part!r}, expected a whole number")
                state[name] = part
            elif not isinstance(part, list) or len(part) != size:
                raise ValueError(f"{name!r} of group {i} is not a list of {size} numbers")
            else:
                state[name] = [real_number(number) for number in part]
        return state

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle with the parameters and all that was remembered of earlier steps."""
        names = ("defaults", "param_groups", "state")
        return type(self), (self.param_groups,), {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, attribute in state.items():
            setattr(self, name, attribute)

    def __repr__(self) -> str:
        groups = f"{len(self.param_groups)} groups, " if len(self.param_groups) > 1 else ""
        rates = ", ".join([str(group["lr"]) for group in self.param_groups])
        return f"{type(self).__name__}({groups}{len(self.params)} parameters, lr={rates})"


def gradients_of(group: Group) -> list[float]:
    """The gradients of a group's parameters, with the weight decay: g + weight_decay · w, or -g + ... ."""
    params: list[Value] = group["params"]
    decay: float = group["weight_decay"]
    gradients = [-w.grad for w in params] if group["maximize"] else [w.grad for w in params]
    if decay:
        return [g + decay * w.data for g, w in zip(gradients, params)]
    return gradients


def zeros(group: Group) -> list[float]:
    """One 0 for each parameter of a group."""
    return [0.0] * len(group["params"])


def at_least_0(name: str, setting: float) -> None:
    """Raise ValueError unless the setting is at least 0."""
    require(setting >= 0.0, name, setting, "at least 0")


def require(holds: bool, name: str, setting: object, expected: str) -> None:
    """Raise ValueError, naming the setting, unless it holds."""
    if not holds:
        raise ValueError(f"{name} is {setting!r}: it must be {expected}")


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, (list, tuple)) else value
