"""`TrainSettings`: all that decides a training run, from the command line, a TOML file or a recipe."""

from __future__ import annotations

import ast
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

from tinygnn.gnn import CONVOLUTIONS, JUMPS, READOUTS
from tinygnn.nn.activation import ACTIVATIONS
from tinygnn.tasks import TASKS

OPTIMIZERS = ("adagrad", "adam", "adamw", "rmsprop", "sgd")
SCHEDULERS = ("cosine", "exponential", "linear", "multistep", "plateau", "step")


@dataclass(frozen=True)
class Kind:
    """What a setting may be: its Python type, a check, and the words for both."""

    type: type
    says: str
    least: float | None = None
    most: float | None = None

    def check(self, name: str, given: Any) -> Any:
        """The setting as its type; ValueError if it is something else. Whole numbers are floats too."""
        value = given
        if self.type is float and type(given) is int and abs(given) < 2**1023:
            value = float(given)
        right = type(value) is self.type and not (isinstance(value, float) and not isfinite(value))
        if right and self.least is not None:
            right = value >= self.least and (self.most is None or value <= self.most)
        if not right:
            raise ValueError(f"{name} is {given!r}: it must be {self.says}")
        return value

    def read(self, name: str, text: str) -> Any:
        """The setting that a word of the command line says."""
        try:
            return self.check(name, self.type(text))
        except ValueError:
            raise ValueError(f"{text!r} is not {self.says}") from None


TEXT = Kind(str, "text")
FLAG = Kind(bool, "true or false")
WHOLE = Kind(int, "a whole number")
NATURAL = Kind(int, "a whole number of at least 0", 0)
POSITIVE = Kind(int, "a whole number of at least 1", 1)
NUMBER = Kind(float, "a number of at least 0", 0.0)
SHARE = Kind(float, "a number from 0 to 1", 0.0, 1.0)


def setting(kind: Kind, default: Any, says: str, choices: tuple[str, ...] = (), metavar: str = "") -> Any:
    """One setting: what it may be, what it is if nobody says, and what it does."""
    about = {"kind": kind, "says": says, "choices": choices, "metavar": metavar}
    return field(default=default, metadata=about)


@dataclass
class TrainSettings:
    """A field for each option of `tinygnn train` and each key of its TOML files, by the same name.

    >>> settings = TrainSettings.from_dict({"source": "karate", "lr": 1})
    >>> settings.lr, settings.hidden
    (1.0, 16)
    >>> print(settings.to_toml())
    source = "karate"
    normalize_features = false
    ...

    Raises ValueError for a setting of the wrong kind.
    """

    source: str | None = setting(TEXT, None, "where the graphs come from")
    nodes: str | None = setting(TEXT, None, "the file of nodes beside a file of edges", metavar="NODES.csv")
    label: str | None = setting(TEXT, None, "the node attribute or column to predict", metavar="NAME")
    features: str | None = setting(TEXT, None, "the node attributes or columns to learn from", metavar="A,B")
    task: str | None = setting(TEXT, None, "what to learn (what the labels are for)", TASKS)
    split: str | None = setting(TEXT, None, "shares of a random split, the rest is test", metavar="TRAIN,VAL")
    normalize_features: bool = setting(FLAG, False, "divide each row of features by its sum")

    model: str = setting(TEXT, "gcn", "kind of convolution", tuple(sorted(CONVOLUTIONS)))
    hidden: int = setting(POSITIVE, 16, "hidden size", metavar="N")
    layers: int = setting(POSITIVE, 2, "layers", metavar="N")
    heads: int | None = setting(POSITIVE, None, "attention heads, which share the hidden size", metavar="N")
    conv: str | None = setting(TEXT, None, "further options of the convolution", metavar="K=2,...")
    network: str | None = setting(
        TEXT, None, "the model layer by layer, as 'GCNConv(in_channels, 16), ReLU(), GCNConv(16, "
        "out_channels)', in place of all other settings of the model",
        metavar="LAYERS",
    )  # fmt: skip
    act: str = setting(TEXT, "relu", "activation", tuple(sorted(ACTIVATIONS)))
    norm: str | None = setting(TEXT, None, "normalisation, as batch_norm or graph_norm", metavar="NAME")
    dropout: float = setting(SHARE, 0.0, "dropout of hidden numbers", metavar="P")
    input_dropout: float = setting(SHARE, 0.0, "dropout of features", metavar="P")
    jk: str | None = setting(TEXT, None, "what the output is made from: the last layer or all", JUMPS)
    readout: str | None = setting(TEXT, None, "from nodes to a graph (mean)", tuple(sorted(READOUTS)))

    epochs: int = setting(NATURAL, 200, "epochs", metavar="N")
    lr: float = setting(NUMBER, 0.01, "learning rate", metavar="X")
    optimizer: str = setting(TEXT, "adam", "how weights change", OPTIMIZERS)
    weight_decay: float = setting(NUMBER, 0.0, "weight decay", metavar="X")
    weight_decay_first_only: bool = setting(FLAG, False, "weight decay of the first layer alone")
    scheduler: str | None = setting(
        TEXT, None, f"how the learning rate changes: {', '.join(SCHEDULERS)}", metavar="step:step_size=50,..."
    )
    clip_norm: float | None = setting(NUMBER, None, "largest norm of the gradient", metavar="X")
    batch_size: int | None = setting(POSITIVE, None, "graphs per step (all)", metavar="N")
    patience: int | None = setting(POSITIVE, None, "stop after N epochs without a better one", metavar="N")
    monitor: str | None = setting(
        TEXT, None, "what the best epoch is best at (val_loss, if there is a val split)", metavar="NAME"
    )
    seed: int = setting(WHOLE, 0, "of weights and splits", metavar="N")
    runs: int = setting(POSITIVE, 1, "runs, with the seeds from --seed on", metavar="N")
    keep_every: int | None = setting(
        POSITIVE, None, "keep a checkpoint of epoch 0, of every Nth and of the last, as explain shows them",
        metavar="N",
    )  # fmt: skip

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if value is None and each.default is None:
                continue
            about = each.metadata
            setattr(self, each.name, about["kind"].check(each.name, value))
            if about["choices"] and value not in about["choices"]:
                raise ValueError(f"{each.name} is {value!r}: choose from {', '.join(about['choices'])}")

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> TrainSettings:
        """Settings from a dict, as TOML gives it. Raises ValueError that names an unknown key."""
        known = [each.name for each in fields(cls)]
        for name in given:
            if name not in known:
                close = get_close_matches(name, known, 1)
                hint = f": did you mean {close[0]!r}?" if close else f": known are {', '.join(known)}"
                raise ValueError(f"there is no setting {name!r}{hint}")
        return cls(**given)

    @classmethod
    def from_toml(cls, path: str | Path) -> TrainSettings:
        """Settings from a TOML file."""
        return cls.from_dict(read_toml(path))

    def to_dict(self) -> dict[str, Any]:
        """All settings in order, those aside that nobody set and that are None by default."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def to_toml(self) -> str:
        """The text of a TOML file that gives the same settings."""
        return "".join(f"{name} = {_toml(value)}\n" for name, value in self.to_dict().items())


def read_toml(path: str | Path) -> dict[str, Any]:
    """The keys of a TOML file; ValueError, naming the file, if it is none."""
    try:
        return tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is no TOML file: {error}") from None


def _toml(value: Any) -> str:
    """A value in TOML; a string of JSON is one of TOML, if DEL is escaped too."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def parse_options(what: str, text: str) -> dict[str, Any]:
    """The options in "step_size=50,gamma=0.5": names with numbers, texts, True, False, None or lists.

    >>> parse_options("scheduler", "milestones=[30, 80], gamma=0.5")
    {'milestones': [30, 80], 'gamma': 0.5}

    Raises ValueError, naming the option, for anything else.
    """
    try:
        call = ast.parse(f"f({text})", mode="eval").body
    except (SyntaxError, ValueError):
        call = None
    if not isinstance(call, ast.Call) or call.args or not isinstance(call.func, ast.Name):
        raise ValueError(f"{what} options are {text!r}: write name=value,name=value")
    options: dict[str, Any] = {}
    for keyword in call.keywords:
        try:
            options[str(keyword.arg)] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError):
            source = ast.unparse(keyword.value)
            if not isinstance(keyword.value, ast.Name) or keyword.arg is None:
                raise ValueError(f"{what} option {keyword.arg} is {source}: give a number or text") from None
            options[keyword.arg] = source  # a word without quotes, as aggr=max
    return options
