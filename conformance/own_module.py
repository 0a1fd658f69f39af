"""What every backend of a user's own code has in common: how it is made, called, and what is said of it."""

from __future__ import annotations

import functools
import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

from tinygnn.adapters.errors import AdapterError
from tinygnn.conformance.call_arguments import arguments_for
from tinygnn.conformance.case import DATA, Case, Result, Unsupported
from tinygnn.conformance.modules import build
from tinygnn.conformance.parameter_names import translated
from tinygnn.conformance.runner import Reference
from tinygnn.nn.module import shape


class OwnCode(ABC):
    """A class, an instance or a function of a user's, as a backend for the cases of one layer or operation.

    made: the class, instance or function. like: the layer or operation whose cases it runs. params: a
    module's own names of parameters to PyG's. options: what it does without being asked: cases that ask for
    something else are skipped, and these are not passed on. After `run`, result is what it answered, and
    remarks say of an output what the comparison does not know.
    """

    library = "tinygnn"  # or torch

    def __init__(
        self,
        made: Any,
        like: str,
        params: Mapping[str, str],
        options: Mapping[str, Any],
        reference: Reference,
    ) -> None:
        self.made, self.like, self.params, self.options = made, like, params, options
        self.reference = reference
        self.name = name_of(made)
        self.version = f"with {self.library} {import_module(self.library).__version__}"
        self.remarks: dict[str, str] = {}
        self.result: Result | None = None

    @property
    def is_instance(self) -> bool:
        """Whether it is a module, and no class that makes one."""
        return False

    def supports(self, case: Case) -> bool:
        return True

    def run(self, case: Case) -> Result:
        self.remarks, self.result = {}, None
        self.result = self.answer(case)
        return self.result

    @abstractmethod
    def answer(self, case: Case) -> Result:
        """Run the case."""


class OwnModule(OwnCode):
    """Modules: how one is made for a case. Subclasses know PyTorch's or tinygnn's classes and numbers."""

    def supports(self, case: Case) -> bool:
        return case.call == self.like and case.kind in ("model", "module")

    @abstractmethod
    def find(self, name: str) -> Any:
        """The library's class of that name."""

    @abstractmethod
    def setting(self, call: str, name: str, value: Any) -> Any:
        """A case's setting as the library's classes take it."""

    @abstractmethod
    def holder(self, shapes: Mapping[str, list[int]]) -> Any:
        """A module of the library's with parameters of these names and shapes."""

    def forward(self, module: Any, data: Mapping[str, Any]) -> Any:
        """Call a module with the data, by name and by position."""
        positional, named, absent = arguments_for(getattr(module, "forward", module), data)
        try:
            return module(*positional, **named)
        except Exception as error:
            if absent:
                names, short = " and ".join(absent), f"{type(error).__name__}: {error}"
                raise Unsupported(
                    f"its forward requires {names}, which the case has not, and with None it raises {short}"
                ) from error
            raise

    def new(self, case: Case) -> Any:
        """A module for the case; Unsupported where it has not the options for it."""
        try:
            if is_forward(self.made, self.params):
                return self.made if case.kind == "module" else self.around(case)
            return self.constructed(case)
        except (NotImplementedError, AdapterError) as error:
            raise Unsupported(f"it cannot be made: {error}") from error

    def around(self, case: Case) -> Any:
        """A module whose forward is the user's function, with its parameters for arguments."""
        data = (*DATA, "edge_index")
        wanted = {name: shape(numbers) for name, numbers in case.inputs.items() if name not in data}
        settings = dict(case.options.get("conv", {}))
        parameters = list(inspect.signature(self.made).parameters.values())
        shapes: dict[str, list[int]] = {}
        for p in parameters:
            name, transposed = translated(p.name, self.params)
            if name in wanted and p.name not in settings:
                shapes[p.name] = wanted[name][::-1] if transposed else wanted[name]
        unnamed = [p.name for p in parameters[2:] if p.default is p.empty and p.name not in (*data, *shapes)]
        missing = [sizes for name, sizes in wanted.items() if name not in self.named(shapes)]
        missing.sort(key=len, reverse=True)  # weights before biases
        shapes.update(zip(unnamed, missing))  # which `load` will complain of, with a proposal
        if settings.get("bias") is False:
            if any(translated(p.name, self.params)[0] == "bias" and p.default is p.empty for p in parameters):
                raise Unsupported("it always takes a bias")
            del settings["bias"]
        module = self.holder(shapes)
        given = {name: getattr(module, name) for name in shapes} | self.accepted(case, settings)
        module.forward = functools.partial(self.made, **given)
        return module

    def named(self, own: Iterable[str]) -> set[str]:
        """PyG's names of parameters."""
        return {translated(name, self.params)[0] for name in own}

    def constructed(self, case: Case) -> Any:
        """Call the class with the case's sizes and settings."""
        if case.kind == "module":
            if case.call.startswith("global_"):
                return self.made
            settings = self.accepted(case, case.options["settings"])
            return build(Library(self.like, self.made, self.find), case.call, settings)
        sizes, settings = case.options["sizes"], case.options.get("conv", {})
        if case.call == "MLP":
            sizes = [sizes]
            settings = case.options.get("conv", {"act": case.options.get("act"), "norm": None})
        accepted = self.accepted(case, settings)
        return self.made(*sizes, **{name: self.setting(case.call, name, v) for name, v in accepted.items()})

    def accepted(self, case: Case, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The settings that the constructor is given; Unsupported where it takes one of them not."""
        return accepted(self.made, settings, pyg_defaults(case.call), self.options)


def is_forward(made: Any, params: Mapping[str, str]) -> bool:
    """Whether a function is a layer itself, x and its parameters in, x out, and does not make one."""
    if isinstance(made, type) or not callable(made):
        return False
    names = parameters_of(made) or set()
    return bool(names & {"x", "edge_index", *params})


class Library:
    """The modules that a case is made of: one of them is the user's, the others the library's."""

    def __init__(self, name: str, made: Any, find: Callable[[str], Any]) -> None:
        self.name, self.made, self.find = name, made, find

    def __getattr__(self, name: str) -> Any:
        return self.made if name == self.name else self.find(name)


def accepted(
    made: Callable[..., Any],
    settings: Mapping[str, Any],
    defaults: Mapping[str, Any],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Of a case's settings those that a class is called with.

    Raises Unsupported where it lacks one that the case sets otherwise than by default, or where options say
    that it does something else.
    """
    for name, value in options.items():
        if settings.get(name, defaults.get(name)) != value:
            raise Unsupported(f"it has {name}={value!r}, as options says")
    taken = parameters_of(made)
    found = {}
    for name, value in settings.items():
        if name in options:
            continue
        if taken is None or name in taken:
            found[name] = value
        elif name not in defaults or defaults[name] != value:
            raise Unsupported(f"its constructor takes no {name}")
    return found


def pyg_defaults(call: str) -> dict[str, Any]:
    """The defaults of PyG's layer of that name, which are those of tinygnn's."""
    from tinygnn import nn

    made = getattr(nn, call, None)
    return {} if made is None else defaults_of(made)


def defaults_of(made: Callable[..., Any]) -> dict[str, Any]:
    """The arguments with a default, and these."""
    entries = inspect.signature(made).parameters.values()
    return {p.name: p.default for p in entries if p.default is not inspect.Parameter.empty}


def parameters_of(made: Callable[..., Any]) -> set[str] | None:
    """The names that a class's constructor takes; None if it takes any."""
    try:
        entries = inspect.signature(made).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(entry.kind is inspect.Parameter.VAR_KEYWORD for entry in entries):
        return None
    return {entry.name for entry in entries if entry.kind is not inspect.Parameter.POSITIONAL_ONLY}


def name_of(made: Any) -> str:
    """The name of a class or a function, or of an instance's class."""
    if isinstance(made, type) or inspect.isroutine(made) or hasattr(made, "__name__"):
        return str(getattr(made, "__name__", repr(made)))
    return type(made).__name__ if not hasattr(made, "func") else name_of(made.func)


def is_class(made: Any, base: Any) -> bool:
    """Whether it is a class derived from this one."""
    return isinstance(made, type) and issubclass(made, base)


def described(out: Any) -> str:
    """What was returned, in words."""
    if isinstance(out, (tuple, list)):
        return f"a {type(out).__name__} of {len(out)}"
    return "None" if out is None else f"a {type(out).__name__}"
