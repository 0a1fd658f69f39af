"""`Checkpoint`: a moment of a training run in one file, so that one rename makes it visible.

The file is a safetensors file of the weights, which other programs can open. Its metadata holds all the
rest as JSON: optimizer, schedule, random generators, the epochs so far, and a sha256 over the whole file.
"""

from __future__ import annotations

import json
import random
import struct
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

from tinygnn import safetensors
from tinygnn.files import write_atomically
from tinygnn.history import History, TrainingState
from tinygnn.nn import init
from tinygnn.nn.module import Module

KIND = "checkpoint 1"  # a later form gets a later number
ZEROS = b"0" * 64  # stand in the place of the digest while it is computed
DIGEST = b'"sha256":"'  # quotes inside of JSON texts are escaped: this begins the entry and nothing else


@dataclass(frozen=True)
class Checkpoint:
    """Weights, and what training needs beside them to go on to the same bits.

    weights: the model's state_dict. optimizer, scheduler: theirs, None where there is none. training: the
    `TrainingState` without its best weights. generators: the states of the random generators that the
    model draws from. notes: what the caller wants to keep, in JSON's kinds of values.

    >>> from tinygnn import GNN, optim
    >>> model = GNN("gcn", in_channels=2, hidden_channels=4, num_layers=2, out_channels=3, seed=0)
    >>> optimizer = optim.Adam(model.parameters())
    >>> data = Checkpoint.of(model, optimizer, notes={"epoch": 7}).to_bytes()  # .save(path) writes a file
    >>> checkpoint = Checkpoint.from_bytes(data)
    >>> checkpoint.restore(model, optimizer)
    >>> checkpoint.notes
    {'epoch': 7}
    """

    weights: dict[str, Any]
    optimizer: dict[str, Any] | None = None
    scheduler: dict[str, Any] | None = None
    training: TrainingState | None = None
    generators: list[Any] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        model: Module,
        optimizer: Any = None,
        scheduler: Any = None,
        training: TrainingState | None = None,
        notes: Mapping[str, Any] | None = None,
        *,
        weights: dict[str, Any] | None = None,
    ) -> Checkpoint:
        """The moment as it is; what happens to the model and the others later does not change it.

        weights: the model's state_dict, where it is at hand already.
        """
        return cls(
            model.state_dict() if weights is None else weights,
            None if optimizer is None else optimizer.state_dict(),
            None if scheduler is None else scheduler.state_dict(),
            None if training is None else _copy_of(training),
            [generator.getstate() for generator in generators_of(model)],
            dict(notes or {}),
        )

    def restore(self, model: Module, optimizer: Any = None, scheduler: Any = None) -> None:
        """Give a model, an optimizer and a scheduler, made as those were, the state of that moment.

        Raises ValueError for others: of different sizes, settings or kinds.
        """
        generators = generators_of(model)
        if len(generators) != len(self.generators):
            raise ValueError(
                f"the checkpoint has {len(self.generators)} random generators, the model {len(generators)}"
            )
        for name, part, saved in (
            ("optimizer", optimizer, self.optimizer),
            ("scheduler", scheduler, self.scheduler),
        ):
            if (part is None) != (saved is None):
                holds = "no" if saved is None else "the state of a"
                raise ValueError(f"the checkpoint holds {holds} {name}, and {part!r} was given")
        model.load_state_dict(self.weights)
        for part, saved in ((optimizer, self.optimizer), (scheduler, self.scheduler)):
            if part is not None:
                part.load_state_dict(saved)
        for generator, state in zip(generators, self.generators):
            generator.setstate(state)

    def save(self, path: str | Path) -> None:
        """Write it to a file, which holds the old checkpoint or this one whatever happens meanwhile."""
        write_atomically(path, self.to_bytes())

    @classmethod
    def load(cls, path: str | Path) -> Checkpoint:
        """Read a file that `save` wrote. Raises ValueError, naming it, if it is anything else."""
        return cls.from_bytes(Path(path).read_bytes(), str(path))

    def to_bytes(self) -> bytes:
        """The bytes of the file; the same moment gives the same bytes."""
        training = None if self.training is None else self.training.to_json()
        for epoch in training["epochs"] if training else ():
            epoch["seconds"] = 0.0  # no two runs take the same time
        state = {
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
            "training": training,
            "generators": self.generators,
            "notes": self.notes,
        }
        text = json.dumps(_packed(state), separators=(",", ":"), allow_nan=False)
        metadata = {"tinygnn": KIND, "state": text, "sha256": ZEROS.decode()}
        data = safetensors.save(self.weights, metadata)
        return data.replace(DIGEST + ZEROS, DIGEST + sha256(data).hexdigest().encode(), 1)

    @classmethod
    def from_bytes(cls, data: bytes, name: str = "these bytes") -> Checkpoint:
        """What `to_bytes` gave; `name` is what an error calls it."""
        try:
            weights, metadata = safetensors.parse(data, name)
        except ValueError as error:
            raise ValueError(f"{error}; take a copy of it, or another checkpoint") from None
        kind, text, digest = (metadata.get(key) for key in ("tinygnn", "state", "sha256"))
        if kind is None or text is None or digest is None:
            raise ValueError(
                f"{name} holds weights, but is no checkpoint of tinygnn: "
                "tinygnn.safetensors.load_file reads the weights"
            )
        if kind != KIND:
            raise ValueError(f"{name} is a {kind!r}, not a {KIND!r}: read it with the tinygnn that wrote it")
        zeroed = data.replace(DIGEST + digest.encode(), DIGEST + ZEROS, 1)
        if sha256(zeroed).hexdigest() != digest:
            raise ValueError(
                f"{name} was changed after it was written: its sha256 is another; "
                "take a copy of it, or another checkpoint"
            )
        state = _unpacked(json.loads(text))
        training = state["training"]
        return cls(
            weights,
            state["optimizer"],
            state["scheduler"],
            None if training is None else TrainingState.from_json(training),
            [(version, tuple(words), gauss) for version, words, gauss in state["generators"]],
            state["notes"],
        )


def generators_of(model: Module) -> list[random.Random]:
    """The generators that a model's modules draw from, each once; first that of `tinygnn.manual_seed`."""
    found = [init.default_rng]
    for module in model.modules():
        for attribute in vars(module).values():
            if isinstance(attribute, random.Random) and not any(attribute is other for other in found):
                found.append(attribute)
    return found


def _copy_of(training: TrainingState) -> TrainingState:
    """A copy that further epochs do not change, without the best weights."""
    history, rng = training.history, random.Random()
    rng.setstate(training.rng.getstate())
    return TrainingState(History(history.monitor, list(history.epochs), history.best_epoch), rng)


# ---- exact JSON: lists of floats as their bytes, and nan and inf, which JSON does not have -------------


def _packed(value: Any) -> Any:
    """The value with floats that are not finite, and lists of nothing but floats, as base64 of float64."""
    if isinstance(value, float):
        return value if isfinite(value) else {"float64": _base64([value])}
    if isinstance(value, dict):
        return {name: _packed(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        kinds = set(map(type, value))
        if kinds == {float}:
            return {"floats64": _base64(value)}
        return list(value) if kinds <= {int, str, bool} else [_packed(entry) for entry in value]
    return value


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"float64"}:
            return _floats(value["float64"])[0]
        if value.keys() == {"floats64"}:
            return _floats(value["floats64"])
        return {name: _unpacked(entry) for name, entry in value.items()}
    return [_unpacked(entry) for entry in value] if isinstance(value, list) else value


def _base64(numbers: Any) -> str:
    return b64encode(struct.pack(f"<{len(numbers)}d", *numbers)).decode()


def _floats(text: str) -> list[float]:
    data = b64decode(text)
    return list(struct.unpack(f"<{len(data) // 8}d", data))
