"""What pyproject.toml cannot say: with TINYGNN_COMPILE=1 a wheel's inner loops are compiled by mypyc.

The same source files run, to the same bits; a C compiler is needed to build and nothing more to run.
"""

import os
from pathlib import Path

from setuptools import setup

COMPILED = [
    "tinygnn/value.py",
    "tinygnn/linalg.py",
    "tinygnn/optim/optimizer.py",
    "tinygnn/optim/sgd.py",
    "tinygnn/optim/adam.py",
    "tinygnn/optim/rmsprop.py",
    "tinygnn/optim/adagrad.py",
    "tinygnn/nn/activation.py",
]


def extensions() -> list:  # type: ignore[type-arg]
    """The extension modules, or none unless a wheel is built and asks for them."""
    folder = os.environ.get("TINYGNN_BUILD_FOLDER")
    if os.environ.get("TINYGNN_COMPILE") != "1" or folder is None:
        return []
    from mypyc.build import mypycify

    options = ["--ignore-missing-imports", "--cache-dir", str(Path(folder, "mypy"))]
    return mypycify(
        [*options, *COMPILED], target_dir=str(Path(folder, "mypyc")), opt_level="3", debug_level="0"
    )


setup(ext_modules=extensions())
