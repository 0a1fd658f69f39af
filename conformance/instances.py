"""Which cases an instance can run: those whose constructor arguments are its own.

What an instance is made of is read from its attributes, which have the names of PyG's arguments, and from
the shapes of its parameters. An argument that it does not show is taken to have PyG's default. Where the
suite has the instance's options but not its sizes, the same graphs are asked with numbers of its sizes, and
tinygnn's own answers are the expected ones.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from tinygnn import nn
from tinygnn.conformance.case import DATA, Case
from tinygnn.conformance.convs_table import parameters
from tinygnn.conformance.described import built
from tinygnn.conformance.modules import MODULE_DATA, build
from tinygnn.conformance.parameter_names import translated
from tinygnn.conformance.pyg_backend import find as of_torch
from tinygnn.conformance.resized import resized
from tinygnn.conformance.tinygnn_models import build_layer
from tinygnn.conformance.tinygnn_models import find as of_tinygnn
from tinygnn.nn.module import Module, shape

Arguments = dict[str, Any]
MOST_SIZES = 400  # pairs or triples of sizes that are tried
SAME_NAMES = {"add": "sum"}
UNASKED = ("bias", "rng")  # told by the parameters; of no matter once it is made
OF_MODULES = ("gate_nn", "nn")  # arguments that are modules, in some cases told by their sizes
HIDDEN = object()


def cases_of_instance(
    module: Any, like: str, cases: Sequence[Case], params: Mapping[str, str], options: Mapping[str, Any]
) -> tuple[list[Case], list[str]]:
    """The cases for it, and sentences on how they were chosen.

    Where the names of its parameters fit no case, the cases nearest to them, which will say so.
    """
    shapes = {translated(name, params): sizes_of(p) for name, p in module.named_parameters()}
    own = {name: sizes[::-1] if turned else sizes for (name, turned), sizes in shapes.items()}
    hidden: dict[str, None] = {}
    fitting = [case for case in cases if has_options(module, case, options, hidden)]
    related = [case for case in cases if has_options(module, case, options, {}, numbers=False)]
    named = [case for case in cases if set(shapes_of(case)) == set(own)]
    if named and not any(case in named for case in related):  # parameters show what attributes do not
        fitting = [case for case in named if has_options(module, case, options, None)]
        related = [case for case in named if has_options(module, case, options, None, numbers=False)]
    notes = [
        f"taken for PyG's default, as {type(module).__name__} does not show it (else give options={{...}}): "
        + ", ".join(hidden)
    ]
    notes = notes if hidden else []
    if not related:
        return [], [*notes, f"no case of {like} has the options of this instance"]
    exact = [case for case in fitting if shapes_of(case) == own and has_sizes(module, case)]
    if exact:
        return exact, [*notes, f"{len(exact)} of {len(cases)} cases have the options of this instance"]
    made = list(with_sizes(module, related, own))
    if made:
        return made, [
            *notes,
            f"no case has the sizes and numbers of this instance: {len(made)} with its options were made "
            "anew for it, and tinygnn computed what is expected",
        ]
    apart = [len(own.keys() ^ shapes_of(case).keys()) for case in related]
    if min(apart) == 0:
        sentence = f"no case of {like} has the sizes and numbers of this instance, and none can be made"
        return [], [*notes, sentence]
    counts = [(abs(len(own) - len(shapes_of(case))), n) for case, n in zip(related, apart)]
    return [case for case, n in zip(related, counts) if n == min(counts)], notes


def has_options(
    module: Any,
    case: Case,
    options: Mapping[str, Any],
    hidden: dict[str, None] | None,
    numbers: bool = True,
) -> bool:
    """Whether the instance has a case's options, but for sizes, and for numbers unless `numbers`.

    An option that it does not show has to be PyG's default and is noted in `hidden`; with None it may be
    anything. One that has no default has to be given in `options`.
    """
    given, twin = arguments(case), twin_of(case)
    shared = shared_numbers(module, twin, given)
    if numbers and any(own != other for own, other in shared):
        return False
    defaults = {p.name: p.default for p in inspect.signature(getattr(nn, case.call)).parameters.values()}
    sizes = size_names(case)
    for name, value in given.items():
        known = name in sizes or name in UNASKED or name in shapes_of(case)
        if known or made_of_modules(name, value):
            continue
        wanted = plain(getattr(twin, name, value))
        if wanted is HIDDEN:
            wanted = plain(value)
        inner = shown_as(module, name)
        shown = plain(options[name]) if name in options else plain(inner)
        if shown is HIDDEN and callable(inner) and name not in options:
            if not same_activation(inner, value):
                return False
        elif shown is HIDDEN:
            if defaults.get(name) is inspect.Parameter.empty and not is_number(value):
                return False  # PNAConv's aggregators: it has to be told which
            if value != defaults.get(name) and hidden is not None and not shared:
                hidden[name] = None
                return False
        elif not numbers and is_number(shown) and is_number(wanted):
            continue
        elif shown != wanted:
            return False
    return True


def shared_numbers(module: Any, twin: Any, given: Arguments) -> list[tuple[Any, Any]]:
    """What the instance and tinygnn's layer both show beside arguments, such as a number made of them."""
    computed = [name for name, value in vars(type(twin)).items() if isinstance(value, property)]
    shown = [name for name in (*vars(twin), *computed) if name not in given]
    names = [name for name in shown if is_number(getattr(twin, name))]
    both = [(plain(getattr(module, name, HIDDEN)), getattr(twin, name)) for name in names]
    return [(own, other) for own, other in both if is_number(own)]


def alike(module: Any, made: Case) -> bool:
    """Whether the numbers that the instance has made of its arguments are those of a case made for it."""
    return all(own == other for own, other in shared_numbers(module, twin_of(made), arguments(made)))


def shown_as(module: Any, name: str) -> Any:
    """An instance's attribute of that name, of a Dropout its probability; HIDDEN where there is none."""
    shown: Any = getattr(module, name, HIDDEN)
    return shown.p if type(shown).__name__ == "Dropout" else shown


def has_sizes(module: Any, case: Case) -> bool:
    """Whether the sizes that the instance shows, and its inner modules, are the case's."""
    for name, value in arguments(case).items():
        shown = getattr(module, name, HIDDEN)
        if made_of_modules(name, value):
            if shown is not HIDDEN and looks(shown) != looks(built_module(module, name, value)):
                return False
        elif name in size_names(case) and plain(shown) not in (HIDDEN, plain(value)):
            return False
    return True


def with_sizes(module: Any, cases: Sequence[Case], own: Mapping[str, list[int]]) -> Iterator[Case]:
    """The cases with the instance's sizes and numbers in place of theirs, as far as that can be."""
    found: dict[str, list[int] | None] = {}
    widths: dict[str, list[int]] = {}
    done = set()
    for case in cases:
        settings = settings_for(module, case)
        if settings is None:
            continue
        key = repr((len(case.options["sizes"]), settings))
        if key not in found:
            found[key] = sizes_for(module, case, settings, own)
            every = [n for part in own.values() for n in part]
            halves = [n // 2 for n in every]  # EdgeConv's nn takes two rows
            widths[key] = [*(found[key] or []), *every, 3, *halves]
        sizes = found[key]
        same = repr((key, case.edge_index, list(case.inputs), case.options.get("batch")))
        if sizes is not None and same not in done:
            made = resized(case, sizes, settings, widths[key], [n for part in own.values() for n in part])
            if made is not None and alike(module, made):
                done.add(same)
                if case.edge_index is None or case.edge_index[0]:  # without edges any width may do
                    widths[key] = [len(made.inputs["x"][0])]
                yield made


def settings_for(module: Any, case: Case) -> dict[str, Any] | None:
    """A case's settings with the numbers and modules of the instance, or None where that cannot be."""
    if case.kind != "model" or case.call == "MLP":
        return None
    settings = dict(case.options.get("conv", {}))
    for name, value in arguments(case).items():
        shown = shown_as(module, name)
        if made_of_modules(name, value):
            settings[name] = described(shown)
            if settings[name] is None:
                return None
        elif name not in size_names(case) and is_number(plain(shown)) and is_number(value):
            settings.update({name: plain(shown)} if plain(shown) != value else {})
    return settings


def sizes_for(
    module: Any, case: Case, settings: Mapping[str, Any], own: Mapping[str, list[int]]
) -> list[int] | None:
    """The sizes with which tinygnn's layer has parameters of the instance's shapes."""
    seen = sorted({n for sizes in own.values() for n in sizes} | {1, 2, 3, 4})
    choices = []
    for name in size_names(case):
        shown = getattr(module, name, None)
        choices.append([shown] if isinstance(shown, int) and not isinstance(shown, bool) else seen)
    for tried, sizes in enumerate(product(*choices)):
        if tried >= MOST_SIZES:
            break
        try:
            state, _, _ = parameters(case.call, "", {"sizes": list(sizes), "conv": settings})
        except (ValueError, TypeError, IndexError, ZeroDivisionError):
            continue
        if {name: shape(values) for name, values in state.items()} == own:
            return list(sizes)
    return None


def arguments(case: Case) -> Arguments:
    """All arguments of the constructor in a case, by name, those that are not given with their defaults."""
    sizes = [case.options["sizes"]] if case.call == "MLP" else case.options.get("sizes", [])
    settings = case.options.get("conv", case.options.get("settings", {}))
    if case.call == "MLP" and "conv" not in case.options:
        settings = {"act": case.options.get("act"), "norm": None}
    bound = inspect.signature(getattr(nn, case.call)).bind(*sizes, **settings)
    bound.apply_defaults()
    found = dict(bound.arguments)
    found.update(found.pop("kwargs", {}))
    return found


def twin_of(case: Case) -> Any:
    """tinygnn's layer of a case, which shows what defaults such as None stand for."""
    if case.kind == "module":
        return build(nn, case.call, case.options["settings"])
    return build_layer(case.call, case.options)


def size_names(case: Case) -> list[str]:
    """The names of the arguments that are sizes."""
    if case.call == "MLP":
        return ["channel_list"]
    if case.kind == "module":
        return [name for name in case.options["settings"] if name.endswith(("_channels", "_size"))]
    return list(inspect.signature(getattr(nn, case.call)).parameters)[: len(case.options["sizes"])]


def shapes_of(case: Case) -> dict[str, list[int]]:
    """The shapes of a case's parameters."""
    data = MODULE_DATA if case.kind == "module" else DATA
    return {name: shape(numbers) for name, numbers in case.inputs.items() if name not in data}


def made_of_modules(name: str, value: Any) -> bool:
    """Whether an argument describes a module, or sizes that stand for one."""
    if name in OF_MODULES and isinstance(value, list):
        return True
    return isinstance(value, dict) and ("call" in value or "channel_list" in value)


def sizes_of(parameter: Any) -> list[int]:
    """The shape of a tensor, or of nested lists of Values."""
    return list(parameter.shape) if hasattr(parameter, "shape") else shape(parameter)


def built_module(module: Any, name: str, value: Any) -> Any:
    """The module that a case's argument describes: tinygnn's or torch's, as the instance is."""
    find = of_tinygnn if isinstance(module, Module) else of_torch
    if isinstance(value, list):
        return find("Linear")(*value)
    return built(value, find) if "call" in value else find("MLP")(**value)


def looks(module: Any) -> str:
    """What a module says that it is; torch's and PyG's Linear alike."""
    return repr(described(module) or module)


def plain(value: Any) -> Any:
    """A number, a word or a list of them in one form, HIDDEN for everything else."""
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return SAME_NAMES.get(value, value)
    if isinstance(value, (list, tuple)):
        parts = [plain(part) for part in value]
        return HIDDEN if HIDDEN in parts else parts[0] if len(parts) == 1 else parts
    return HIDDEN


def is_number(value: Any) -> bool:
    """Whether it is a number, which a truth value is not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same_activation(shown: Any, name: Any) -> bool:
    """Whether a module or a function is the activation of that name, or of the same class."""
    own = getattr(shown, "__name__", type(shown).__name__)
    word = name if isinstance(name, str) else type(name).__name__
    return bool(own.replace("_", "").lower() == word.replace("_", "").lower())


def described(module: Any) -> dict[str, Any] | None:
    """A Sequential, a Linear or an activation without settings as data; None for any other module."""
    name = type(module).__name__
    if not hasattr(module, "named_parameters") or not hasattr(nn, name):
        return None
    if name == "Sequential":
        parts = [described(part) for part in module]
        return None if None in parts else {"call": "Sequential", "args": parts}
    if name == "Linear":
        bias = {} if module.bias is not None else {"bias": False}
        sizes = sizes_of(module.weight)
        return {"call": "Linear", "args": sizes[::-1], **bias}
    return {"call": name, "args": []} if repr(module) == f"{name}()" else None
