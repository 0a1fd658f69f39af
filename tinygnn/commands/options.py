"""The settings of a training run as options of the command line, over those of a TOML file."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import Field, fields
from typing import Any

from tinygnn.commands.source import SOURCE_HELP
from tinygnn.settings import FLAG, Kind, TrainSettings, read_toml


def add_settings(parser: argparse.ArgumentParser, *, config: bool = True) -> None:
    """Add SOURCE, --config (unless the command knows the file), and an option for every other setting."""
    parser.add_argument("source", metavar="SOURCE", nargs="?", default=argparse.SUPPRESS, help=SOURCE_HELP)
    if config:
        parser.add_argument(
            "--config", metavar="FILE.toml", help="settings by name, as lr = 0.01; options come before them"
        )
    for each in fields(TrainSettings):
        if each.name != "source":
            _add_option(parser, each)


def _add_option(parser: argparse.ArgumentParser, each: Field[Any]) -> None:
    about = each.metadata
    default = "" if each.default is None or about["kind"] is FLAG else f" ({each.default})"
    given: dict[str, Any] = {"default": argparse.SUPPRESS, "help": about["says"].replace("%", "%%") + default}
    if about["kind"] is FLAG:
        given["action"] = argparse.BooleanOptionalAction
    elif about["choices"]:
        given["choices"] = about["choices"]
    else:
        given["type"] = _reader(each.name, about["kind"])
        given["metavar"] = about["metavar"]
    parser.add_argument("--" + each.name.replace("_", "-"), **given)


def _reader(name: str, kind: Kind) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        try:
            return kind.read(name, text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return read


def settings_of(options: argparse.Namespace, kept: TrainSettings | None = None) -> TrainSettings:
    """The settings of the command line, over those of the TOML file if one is named, over those kept."""
    given = {} if options.config is None else read_toml(options.config)
    try:
        TrainSettings.from_dict(given)
    except ValueError as error:
        raise ValueError(f"{options.config}: {error}") from None
    base = {} if kept is None else kept.to_dict()
    names = [each.name for each in fields(TrainSettings) if each.name in options]
    settings = TrainSettings.from_dict({**base, **given, **{name: getattr(options, name) for name in names}})
    if settings.source is None:
        raise ValueError(f"train needs a SOURCE ({SOURCE_HELP}), see tinygnn train --help")
    return settings
