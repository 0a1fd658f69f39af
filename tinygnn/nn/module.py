"""`Module`: something with parameters and a forward pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tinygnn import notebook
from tinygnn.collector import pause_collector
from tinygnn.tape import recorded, tapes
from tinygnn.value import Value, real_number


class Module:
    """Base of all layers and models.

    Its attributes are searched, in the order they were set: a Value or nested lists of Values is a
    parameter; a Module, or a list, tuple or dict of Modules, has parameters of its own, named as in
    PyTorch ("convs.0.lin.weight"). A result of an operation is no parameter. Numbers that are saved with
    the parameters but not learned, such as running means, are buffers: see `register_buffer`.
    """

    training: bool = True
    _buffer_names: tuple[str, ...] = ()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(f"{type(self).__name__} defines no forward")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run `forward`, telling open tapes; the cyclic garbage collector pauses meanwhile."""
        with pause_collector():
            return recorded(self, args, kwargs) if tapes else self.forward(*args, **kwargs)

    def register_buffer(self, name: str, value: Any) -> None:
        """Keep a number, or nested lists of numbers, that belongs to the state but is not learned.

        It becomes the attribute of that name, which forward may set anew; `state_dict` and
        `load_state_dict` take it along, `parameters` does not. An int stays an int.

        Raises TypeError for what is not a number, ValueError for a name that is taken.
        """
        if name in vars(self) and name not in self._buffer_names:
            raise ValueError(f"{type(self).__name__} has an attribute {name!r} already: choose another name")
        for number in leaves(value):
            real_number(number)
        if name not in self._buffer_names:
            self._buffer_names = (*self._buffer_names, name)
        setattr(self, name, value)

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules this one is made of, with their names."""
        for name, attribute in vars(self).items():
            yield from _modules_in(name, attribute)

    def children(self) -> Iterator[Module]:
        """The modules this one is made of."""
        for _, child in self.named_children():
            yield child

    def modules(self) -> Iterator[Module]:
        """This module and all that it is made of."""
        yield self
        for child in self.children():
            yield from child.modules()

    def named_parameters(self) -> Iterator[tuple[str, Any]]:
        """Every parameter with its name: a Value or nested lists of Values; a shared one comes once."""
        seen: set[int] = set()
        for name, module, attribute in self._entries():
            parameter = getattr(module, attribute)
            if attribute not in module._buffer_names and id(parameter) not in seen:
                seen.add(id(parameter))
                yield name, parameter

    def named_buffers(self) -> Iterator[tuple[str, Any]]:
        """Every buffer with its name: a number or nested lists of numbers."""
        for name, module, attribute in self._entries():
            if attribute in module._buffer_names:
                yield name, getattr(module, attribute)

    def _entries(self, prefix: str = "") -> Iterator[tuple[str, Module, str]]:
        """What a state_dict holds: its name, and the module and attribute where it is."""
        for name, attribute in vars(self).items():
            if _is_parameter(attribute):
                yield prefix + name, self, name
        for name in self._buffer_names:
            yield prefix + name, self, name
        for name, child in self.named_children():
            yield from child._entries(f"{prefix}{name}.")

    def parameters(self) -> list[Value]:
        """All parameters as one flat list of Values, each once: what an optimizer takes."""
        values = [value for _, parameter in self.named_parameters() for value in leaves(parameter)]
        return list(dict.fromkeys(values))

    def zero_grad(self) -> None:
        """Set the gradient of every parameter to 0."""
        for value in self.parameters():
            value.grad = 0.0

    def train(self, mode: bool = True) -> Module:
        """Switch to training, where dropout drops; return self."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Module:
        """Switch to evaluation, where dropout does nothing; return self."""
        return self.train(False)

    def state_dict(self) -> dict[str, Any]:
        """The numbers of all parameters and buffers by name, in nested lists."""
        return {name: numbers_of(getattr(module, attribute)) for name, module, attribute in self._entries()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take over the numbers of a `state_dict`, tinygnn's own or PyTorch's and PyG's.

        Entries are nested lists or have `.tolist()`, as tensors do. Raises ValueError, and changes
        nothing, when a name is missing or unknown, a shape differs, or an entry is not a number (of a
        buffer of integers: not an integer).
        """
        places = {name: (module, attribute) for name, module, attribute in self._entries()}
        wrong = [f"missing {name!r}" for name in places if name not in state_dict]
        wrong += [f"unknown {name!r}" for name in state_dict if name not in places]
        loaded: dict[str, Any] = {}
        for name, (module, attribute) in places.items():
            if name in state_dict:
                entry = state_dict[name]
                entry = entry.tolist() if hasattr(entry, "tolist") else entry
                present = getattr(module, attribute)
                if shape(entry) != shape(present):
                    wrong.append(f"{name!r} has shape {shape(entry)}, expected {shape(present)}")
                else:
                    try:
                        loaded[name] = _numbers_like(present, entry)
                    except (TypeError, ValueError) as error:
                        wrong.append(f"{name!r}: {error}")
        if wrong:
            raise ValueError(f"cannot load state_dict into {type(self).__name__}: " + "; ".join(wrong))
        for name, numbers in loaded.items():
            module, attribute = places[name]
            if attribute in module._buffer_names:
                setattr(module, attribute, numbers)
            else:
                for value, number in zip(leaves(getattr(module, attribute)), leaves(numbers)):
                    value.data = number

    def __repr__(self) -> str:
        parts = ", ".join(f"{name}={child!r}" for name, child in self.named_children())
        return f"{type(self).__name__}({parts})"

    def _repr_html_(self) -> str:
        """What a notebook shows: every parameter and buffer with its shape and the size of its numbers."""
        rows = []
        for kind, entries in (("", self.named_parameters()), (", a buffer", self.named_buffers())):
            for name, entry in entries:
                numbers = leaves(entry)
                sizes = " × ".join(map(str, shape(entry))) or "one number"
                rows.append([name, sizes + kind, str(len(numbers)), notebook.short(_spread(numbers))])
        caption = f"{self!r}: {len(self.parameters())} parameters"
        return notebook.table(caption, rows, head=("name", "shape", "numbers", "root mean square"))


def _spread(numbers: Sequence[Any]) -> float:
    """√(Σ x² / n), 0 of nothing."""
    return (sum([float(x) ** 2 for x in numbers]) / len(numbers)) ** 0.5 if numbers else 0.0


def _is_parameter(attribute: object) -> bool:
    """Whether it is a leaf Value, or nested lists of nothing but leaf Values."""
    if isinstance(attribute, Value):
        return not attribute.parents
    return isinstance(attribute, list) and bool(attribute) and all(map(_is_parameter, attribute))


def _modules_in(name: str, attribute: object) -> Iterator[tuple[str, Module]]:
    """The modules in an attribute: itself, or those in a list, a tuple or a dict."""
    if isinstance(attribute, Module):
        yield name, attribute
    elif isinstance(attribute, (list, tuple)):
        for i, part in enumerate(attribute):
            if isinstance(part, (Module, list, tuple, dict)):  # most are the numbers of a parameter
                yield from _modules_in(f"{name}.{i}", part)
    elif isinstance(attribute, dict):
        for key, part in attribute.items():
            yield from _modules_in(f"{name}.{key}", part)


def leaves(nested: Any) -> list[Any]:
    """All entries of nested lists, in order; of anything else, itself."""
    if not isinstance(nested, (list, tuple)):
        return [nested]
    return [leaf for part in nested for leaf in leaves(part)]


def shape(nested: Any) -> list[int]:
    """The lengths of nested lists, [] for a number. Ragged lists give [..., -1]."""
    if not isinstance(nested, (list, tuple)):
        return []
    inner = [shape(part) for part in nested]
    if any(part != inner[0] for part in inner):
        return [len(nested), -1]
    return [len(nested), *(inner[0] if inner else [])]


def numbers_of(nested: Any) -> Any:
    """A copy of the same nesting with floats in place of Values."""
    if isinstance(nested, Value):
        return nested.data
    if not isinstance(nested, (list, tuple)):
        return nested
    return [part.data if isinstance(part, Value) else numbers_of(part) for part in nested]


def _numbers_like(present: Any, entry: Any) -> Any:
    """The numbers of an entry of a state_dict: integers where integers are now, else floats."""
    if isinstance(present, (list, tuple)):
        return [_numbers_like(own, part) for own, part in zip(present, entry)]
    number = real_number(entry)
    if not isinstance(present, int):
        return number
    if not number.is_integer():
        raise ValueError(f"expected an integer, got {entry!r}")
    return int(entry)
