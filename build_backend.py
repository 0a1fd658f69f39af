"""The build backend: setuptools', except that a wheel is built in a temporary folder.

The build/ that setuptools leaves in the checkout would put modules deleted since into the next wheel.
TINYGNN_COMPILE=1 asks for a wheel whose inner loops are compiled by mypyc; see setup.py.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from setuptools import build_meta

Settings = dict[str, Any] | None

build_sdist = build_meta.build_sdist
build_editable = build_meta.build_editable
get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist
get_requires_for_build_editable = build_meta.get_requires_for_build_editable
prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    """mypy, for its mypyc, where a compiled wheel is asked for."""
    return ["mypy>=2.0"] if os.environ.get("TINYGNN_COMPILE") == "1" else []


def build_wheel(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    """Build the wheel and return its file name."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "setup.cfg")
        config.write_text(f"[build]\nbuild_base = {folder}\n[egg_info]\negg_base = {folder}\n")
        os.environ["DIST_EXTRA_CONFIG"] = str(config)
        os.environ["TINYGNN_BUILD_FOLDER"] = folder
        return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
