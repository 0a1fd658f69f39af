"""A PyTorch module of one's own: made by FILE.py:NAME, with weights of a safetensors file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tinygnn.conformance.own_code import importable, imported, named_in, parts_of
from tinygnn.conformance.torch_ops import import_torch
from tinygnn.safetensors import load_file


def load_model(text: str, weights: Path | None = None) -> Any:
    """The module that FILE.py:NAME names, in float64 and evaluation.

    The file is imported, which runs it. NAME is a module, or a class or a function without arguments that
    makes one; random numbers that it draws are torch's after manual_seed(0). weights: a file of safetensors
    with all of its parameters and buffers.

    Raises ValueError that says what is wrong with the file, the name or the weights.
    """
    torch = import_torch()
    path, name = parts_of(text, "--model")
    torch.manual_seed(0)
    with importable(path.parent):
        found = made(named_in(imported(path), name, path), text)
    if not isinstance(found, torch.nn.Module):
        raise ValueError(f"--model {text} is a {type(found).__name__}, not a torch.nn.Module")
    found = found.double().eval()
    if weights is not None:
        put_weights(found, weights)
    return found


def made(found: Any, text: str) -> Any:
    """What a class or a function makes; anything else as it is."""
    if isinstance(found, import_torch().nn.Module) or not callable(found):
        return found
    try:
        return found()
    except Exception as error:
        kind = "class" if isinstance(found, type) else "function"
        raise ValueError(
            f"--model {text}: calling the {kind} without arguments raised {type(error).__name__}: {error}. "
            "Where it takes arguments, write a function without any that returns the module"
        ) from error


def put_weights(module: Any, path: Path) -> None:
    """Load all parameters and buffers; nothing in such a file can run."""
    torch = import_torch()
    there = module.state_dict()
    try:
        tensors = {
            name: torch.tensor(numbers, dtype=there[name].dtype if name in there else None)
            for name, numbers in load_file(path).items()
        }
        module.load_state_dict(tensors)
    except OSError as error:
        raise ValueError(f"--weights {path}: cannot be read: {error.strerror}") from error
    except RuntimeError as error:
        raise ValueError(f"--weights {path}: {' '.join(str(error).split())}") from error
