"""`export_torch`: a trained model as a folder that needs PyTorch and PyG and no tinygnn."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
import textwrap
from pathlib import Path
from typing import Any

import tinygnn
from tinygnn import nn
from tinygnn.adapters.errors import AdapterError, require_pyg, require_torch
from tinygnn.adapters.torch_code import Imports
from tinygnn.adapters.torch_model_code import model_class
from tinygnn.adapters.torch_output import to_torch
from tinygnn.gnn import GNN
from tinygnn.modes import no_grad
from tinygnn.network import Network
from tinygnn.nn import Module
from tinygnn.safetensors import save_file

PROBE_NODES, PROBE_EDGES = 12, 40

TEXT = '''\
"""A module of PyTorch Geometric, trained by tinygnn as

{name}

    python model.py           loads the weights and compares what they compute with what tinygnn computed
    from model import load    the same in a program: model = load()
                              model({arguments})

Written by tinygnn {tinygnn}; checked with torch {torch} and torch_geometric {pyg}. weights.safetensors and
probe.safetensors belong beside this file.
"""

import json
import struct
from pathlib import Path

import torch
{imports}
FOLDER = Path(__file__).resolve().parent
CHECKED_WITH = "torch {torch}, torch_geometric {pyg}"
# Both sides compute in float64 and add up in another order: relative to the largest number of the output.
TOLERANCE = 1e-10


{model}

def load(dtype=torch.float64):
    """The model with its weights, in evaluation, after its outputs were compared with tinygnn's."""
    model = Model().double()
    model.load_state_dict(read_safetensors(FOLDER / "weights.safetensors"))
    model.eval()
    check(model)
    return model.to(dtype)


def check(model):
    """Compute the output for the stored input; AssertionError unless it is tinygnn's. Return the error."""
    probe = read_safetensors(FOLDER / "probe.safetensors")
    expected = probe.pop("output")
    with torch.no_grad():
        output = model(**probe)
    if output.shape != expected.shape:
        raise AssertionError(f"the output has shape {{list(output.shape)}}, not {{list(expected.shape)}}")
    error = (output - expected).abs().max().item() / (expected.abs().max().item() or 1.0)
    if not error <= TOLERANCE:
        import torch_geometric

        found = f"torch {{torch.__version__}}, torch_geometric {{torch_geometric.__version__}}"
        raise AssertionError(
            f"outputs differ from tinygnn's by {{error:.1e}} (relative), more than {{TOLERANCE}}: "
            f"this is {{found}}, checked was {{CHECKED_WITH}}"
        )
    return error


def read_safetensors(path):
    """The tensors of a file: 8 bytes that tell the length of a JSON header, the header, the numbers."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {{}}
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = (start + offset for offset in entry["data_offsets"])
            code, dtype = {{"F64": ("d", torch.float64), "I64": ("q", torch.int64)}}[entry["dtype"]]
            numbers = struct.unpack(f"<{{(end - begin) // 8}}{{code}}", data[begin:end])
            tensors[name] = torch.tensor(numbers, dtype=dtype).reshape(entry["shape"])
    return tensors


if __name__ == "__main__":
    model = load()
    print(model)
    print(f"{{sum(p.numel() for p in model.parameters())}} parameters; outputs differ from tinygnn's by "
          f"{{check(model):.1e}} (relative), allowed are {{TOLERANCE}}")
'''


def export_torch(model: Module, directory: str | os.PathLike[str], *, in_channels: int | None = None) -> None:
    """Write a GNN or a Network as a PyG module: model.py, weights.safetensors and probe.safetensors.

    model.py defines the module in plain code, loads the weights (float64, PyG's names) and asserts that
    the output for a stored random graph is what tinygnn computed; it runs as `python model.py`. The
    folder appears whole, after all of this was done once. in_channels: the size of the input where the
    model does not tell it.

    Raises AdapterError for a model that has no counterpart, and where the folder holds something already.
    """
    folder = Path(directory)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise AdapterError(f"{folder} holds something already: name a new folder", path=folder)
    text, weights, probe = _contents(model, in_channels)
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        (temporary / "model.py").write_text(text, encoding="utf-8")
        save_file(weights, temporary / "weights.safetensors")
        save_file(probe, temporary / "probe.safetensors")
        _run(temporary / "model.py")
        temporary.chmod(0o755)
        os.replace(temporary, folder)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _contents(model: Module, in_channels: int | None) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """The text of model.py, the weights and the probe."""
    if not isinstance(model, (GNN, Network)):
        raise AdapterError(
            f"export takes a GNN or a Network, not a {type(model).__name__}: to_torch converts it, and "
            "torch.save saves it"
        )
    module = to_torch(model)
    imports = Imports()
    source, arguments = model_class(module, getattr(model, "third", None), imports)
    text = TEXT.format(
        name=textwrap.fill(repr(model), 100, initial_indent="    ", subsequent_indent="        "),
        arguments=", ".join(arguments),
        tinygnn=tinygnn.__version__,
        torch=require_torch().__version__,
        pyg=require_pyg("torch_geometric").__version__,
        imports=imports,
        model=source,
    )
    return text, model.state_dict(), _probe(model, arguments[1:], in_channels)


def _probe(model: GNN | Network, arguments: list[str], in_channels: int | None) -> dict[str, Any]:
    """A random graph, what the model takes of it by name, and the model's output for it.

    With a batch it is two graphs of six nodes each.
    """
    rng = random.Random(0)
    half = PROBE_NODES // 2
    ends = [(rng.randrange(half), rng.randrange(half), half * (e % 2)) for e in range(PROBE_EDGES)]
    layers = list(model.convs if isinstance(model, GNN) else model)
    width = getattr(model, "in_channels", in_channels) or next(filter(None, map(_width, layers)), None)
    if width is None:
        raise AdapterError(f"{model!r} does not tell the size of its input: give in_channels")
    made = {
        "edge_index": [[s + shift for s, _, shift in ends], [t + shift for _, t, shift in ends]],
        "edge_weight": [rng.uniform(0.5, 1.5) for _ in range(PROBE_EDGES)],
        "batch": [i // half for i in range(PROBE_NODES)],
        "edge_type": [rng.randrange(min(map(_relations, layers))) for _ in range(PROBE_EDGES)],
    }
    features = next(filter(None, map(_edge_width, layers)), 0)
    made["edge_attr"] = [[rng.uniform(-1.0, 1.0) for _ in range(features)] for _ in range(PROBE_EDGES)]
    x = [[rng.uniform(-1.0, 1.0) for _ in range(width)] for _ in range(PROBE_NODES)]
    given = {name: made[name] for name in arguments}
    training = model.training
    with no_grad():
        output = model.eval()(x, **given)
    model.train(training)
    return {"x": x, **given, "output": [list(map(float, row)) for row in output]}


def _width(layer: Any) -> int | None:
    """How many columns a layer takes, where it says so."""
    if isinstance(layer, nn.EdgeConv):
        width = _width(layer.nn)
        return None if width is None else width // 2
    for name in ("in_channels", "channels", "num_features"):
        if isinstance(getattr(layer, name, None), int):
            return int(getattr(layer, name))
    parts = [layer.nn] if isinstance(getattr(layer, "nn", None), Module) else list(layer.children())[:1]
    return _width(parts[0]) if parts else None


def _edge_width(layer: Any) -> int | None:
    """How many features of an edge a layer takes."""
    if getattr(layer, "edge_dim", None) is not None:
        return int(layer.edge_dim)
    return _width(layer.nn) if isinstance(layer, (nn.NNConv, nn.GINEConv)) else None


def _relations(layer: Any) -> int:
    return int(getattr(layer, "num_relations", 1))


def _run(path: Path) -> None:
    """Load the model as its user will, but leave no bytecode beside it; AdapterError if that fails."""
    module: dict[str, Any] = {"__name__": "exported_model", "__file__": str(path)}
    try:
        exec(compile(path.read_bytes(), path, "exec"), module)
        with require_torch().random.fork_rng(devices=[]):
            module["load"]()
    except Exception as error:
        raise AdapterError(f"the exported model does not compute what tinygnn does: {error}") from error
