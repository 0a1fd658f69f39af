"""The build backend: setuptools', with two differences.

TINYGNN_COMPILE=1 adds mypy to what a build needs, since mypyc comes with it; no other build needs
more than setuptools. And wheels are built in a temporary folder: the build/ that setuptools leaves in
the checkout would put modules deleted long ago into the next wheel.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from setuptools import build_meta

Settings = dict[str, Any] | None

build_sdist = build_meta.build_sdist
prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """What a wheel needs besides setuptools."""
    return ["mypy>=2.0"] if os.environ.get("TINYGNN_COMPILE") == "1" else []


def get_requires_for_build_sdist(config_settings: Settings = None) -> list[str]:
    """A source archive needs nothing more."""
    return []


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    """An editable install is never compiled: it would go on running what was compiled."""
    os.environ.pop("TINYGNN_COMPILE", None)
    return []


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel that points at the checkout."""
    os.environ.pop("TINYGNN_COMPILE", None)
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel, everything in between in a temporary folder."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "setup.cfg")
        config.write_text(f"[build]\nbuild_base = {folder}\n[egg_info]\negg_base = {folder}\n")
        os.environ["DIST_EXTRA_CONFIG"] = str(config)
        return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
