"""An exported folder stands alone: plain code, weights, and a probe that it asserts when it loads."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tinygnn import GNN, nn
from tinygnn.adapters import AdapterError, export_torch, to_torch, torch_export
from tinygnn.checkpoint import Checkpoint
from tinygnn.cli import main
from tinygnn.network import Network
from tinygnn.safetensors import load_file, save_file

torch = pytest.importorskip("torch")
pyg = pytest.importorskip("torch_geometric")
torch.set_num_threads(1)  # threads cost more than these few numbers

PNA = {"aggregators": ["mean", "max"], "scalers": ["identity", "linear"], "deg": [1, 2, 3]}
MODELS: dict[str, dict[str, Any]] = {
    "node": {"conv": "gcn", "improved": True, "dropout": 0.5, "act": "elu"},
    "one-layer": {"conv": "sage", "num_layers": 1, "aggr": "max"},
    "no-act": {"conv": "gat", "heads": 2, "act": None},
    "own-act": {"conv": "gcn", "act": nn.LeakyReLU(0.3), "num_layers": 3},
    "shared-act": {"conv": "gin", "act": "prelu", "norm": "layer_norm", "train_eps": True},
    "norm": {"conv": "gatv2", "norm": "graph_norm", "edge_dim": 2, "residual": True, "act_first": True},
    "layer-norm": {"conv": "gcn", "norm": "layer_norm", "jk": "last"},
    "jk-cat": {"conv": "gcn", "norm": "batch_norm", "jk": "cat"},
    "jk-lstm": {"conv": "tag", "jk": "lstm", "input_dropout": 0.5, "dropout": 0.25},
    "appnp": {"conv": "appnp", "conv_kwargs": {"K": 3, "alpha": 0.2}},
    "gcn2": {"conv": "gcn2", "alpha": 0.2, "theta": 0.5},
    "gated": {"conv": "gated", "conv_kwargs": {"num_layers": 2}},
    "rgcn": {"conv": "rgcn", "num_relations": 3, "num_bases": 2},
    "nn": {"conv": "nn", "edge_dim": 3},
    "gine": {"conv": "gine", "edge_dim": 2},
    "edge": {"conv": "edge"},
    "pna": {"conv": "pna", **PNA, "edge_dim": 2, "towers": 1},
    "graph": {"conv": "sage", "readout": "mean"},
    "graph-norm": {"conv": "graph", "readout": "max", "norm": "instance_norm"},
    "set": {"conv": "gcn", "readout": nn.Set2Set(3, 2)},
}
NETWORKS = {
    "layers": "Dropout(0.5), GCNConv(in_channels, 4, improved=True), LayerNorm(4), Linear(4, out_channels)",
    "readout": "GINConv(MLP([in_channels, 4])), SumAggregation(), MLP([4, 4, out_channels], norm=None)",
    "edges": "EdgeConv(Linear(10, 4)), GATConv(4, 4, edge_dim=2), RGCNConv(4, out_channels, 2)",
    "attention": "SAGEConv(in_channels, 4), AttentionalAggregation(Linear(4, 1), MLP([4, out_channels]))",
}
# Runs each folder as a program, and then uses it as a module, where tinygnn is not to be found.
USE = """
import importlib, runpy, sys
sys.modules["tinygnn"] = None
for folder in sys.argv[1:]:
    runpy.run_path(f"{folder}/model.py", run_name="__main__")
    sys.path.insert(0, folder)
    sys.modules.pop("model", None)
    import torch, model
    print(list(model.load()(torch.rand(3, 5).double(), torch.tensor([[0], [1]])).shape))
    sys.path.pop(0)
"""


def make(options: dict[str, Any] | str) -> GNN | Network:
    if isinstance(options, str):
        return Network.of(options, 5, 3, random.Random(1))
    sizes = {"in_channels": 5, "hidden_channels": 4, "num_layers": 2, "out_channels": 3, "seed": 1}
    return GNN(**{**sizes, **options})


def namespace_of(folder: Path) -> dict[str, Any]:
    """What the file defines."""
    namespace: dict[str, Any] = {"__file__": str(folder / "model.py"), "__name__": "exported"}
    exec(compile((folder / "model.py").read_text(), "model.py", "exec"), namespace)
    return namespace


@pytest.mark.parametrize("name", [*MODELS, *NETWORKS])
def test_the_code_makes_the_module_that_to_torch_makes(name: str, tmp_path: Path) -> None:
    model = make({**MODELS, **NETWORKS}[name])
    export_torch(model, tmp_path / "out")
    text = (tmp_path / "out" / "model.py").read_text()
    assert "tinygnn import" not in text and "import tinygnn" not in text
    assert max(map(len, text.splitlines())) <= 110
    namespace = namespace_of(tmp_path / "out")
    loaded, module = namespace["load"](), to_torch(model).eval()
    assert not loaded.training
    assert set(loaded.state_dict()) == set(module.state_dict())
    probe = {name: torch.tensor(t) for name, t in load_file(tmp_path / "out" / "probe.safetensors").items()}
    probe = {
        name: t.double() if t.is_floating_point() else t for name, t in probe.items() if name != "output"
    }
    probe = {name: t + 0.25 if name == "x" else t for name, t in probe.items() if name != "batch"}
    assert torch.allclose(loaded(**probe), module(**probe), rtol=1e-11, atol=1e-13)
    assert len(list(loaded.parameters())) == len(list(module.parameters()))
    assert next(namespace["load"](torch.float32).parameters()).dtype == torch.float32


def test_the_folder_runs_without_tinygnn(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("node", "graph")]
    for folder in folders:
        export_torch(make(MODELS[folder.name]), folder)
        files = ["model.py", "probe.safetensors", "weights.safetensors"]
        assert sorted(path.name for path in folder.iterdir()) == files
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [sys.executable, "-c", USE, *map(str, folders)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("parameters; outputs differ from tinygnn's by") == 2
    assert "[3, 3]" in done.stdout and "[1, 3]" in done.stdout


def test_versions_and_tolerance_stand_in_the_file(tmp_path: Path) -> None:
    export_torch(make(MODELS["node"]), tmp_path / "out")
    text = (tmp_path / "out" / "model.py").read_text()
    assert f'CHECKED_WITH = "torch {torch.__version__}, torch_geometric {pyg.__version__}"' in text
    assert "TOLERANCE = 1e-10" in text


def test_weights_keep_their_names_and_every_bit(tmp_path: Path) -> None:
    model = make(MODELS["node"])
    export_torch(model, tmp_path / "out")
    assert load_file(tmp_path / "out" / "weights.safetensors") == model.state_dict()


def test_a_weight_that_changed_is_noticed_when_it_is_loaded(tmp_path: Path) -> None:
    model = make(MODELS["node"])
    export_torch(model, tmp_path / "out")
    model.convs[0].lin.weight[0][0].data += 1e-6  # type: ignore[attr-defined]
    save_file(model.state_dict(), tmp_path / "out" / "weights.safetensors")
    with pytest.raises(
        AssertionError, match=f"differ from tinygnn's by .* torch_geometric {pyg.__version__}"
    ):
        namespace_of(tmp_path / "out")["load"]()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(AdapterError, match="holds something already: name a new folder"):
        export_torch(make(MODELS["node"]), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    (tmp_path / "empty").mkdir()
    export_torch(make(MODELS["node"]), tmp_path / "empty")
    assert (tmp_path / "empty" / "model.py").exists()


def test_nothing_half_written_stays_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(torch_export, "save_file", full)
    with pytest.raises(OSError, match="no space left"):
        export_torch(make(MODELS["node"]), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_differs_is_refused_before_there_is_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        torch_export,
        "model_class",
        lambda *_: ("class Model(torch.nn.Module):\n    pass\n", ["x", "edge_index"]),
    )
    with pytest.raises(AdapterError, match="the exported model does not compute what tinygnn does"):
        export_torch(make(MODELS["node"]), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        AdapterError, match="export takes a GNN or a Network, not a Linear: to_torch converts it"
    ):
        export_torch(nn.Linear(2, 3), tmp_path / "out")
    with pytest.raises(AdapterError, match="does not tell the size of its input: give in_channels"):
        export_torch(Network(nn.ReLU()), tmp_path / "out")
    export_torch(Network(nn.ReLU()), tmp_path / "out", in_channels=4)
    with pytest.raises(AdapterError, match="a function of your own"):
        export_torch(GNN("gcn", 2, 3, 2, act=lambda value: value), tmp_path / "other")


# ---- the command --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        ["--model", "gat", "--conv", "heads=2", "--hidden", "4"],
        ["--network", "SAGEConv(in_channels, out_channels)"],
    ],
)
def test_the_command_exports_the_best_weights_of_a_run(
    model: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = str(tmp_path / "run"), str(tmp_path / "out")
    assert main(["train", "karate", "--epochs", "2", "--out", run, *model]) == 0
    assert main(["export", run, "--to", "torch", out]) == 0
    shown = capsys.readouterr().out
    assert f"-> {out}" in shown and f"python {out}{os.sep}model.py" in shown
    weights = Checkpoint.load(tmp_path / "run" / "best.safetensors").weights
    assert load_file(tmp_path / "out" / "weights.safetensors") == weights
    assert namespace_of(tmp_path / "out")["load"]() is not None
    assert main(["export", run, "--to", "torch", out]) == 2
    assert "holds something already: name a new folder" in capsys.readouterr().err


def test_the_command_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "no"), "--to", "torch", str(tmp_path / "out")]) == 2
    assert "there is no such run; train one" in capsys.readouterr().err
    run = str(tmp_path / "run")
    assert main(["train", "karate", "--epochs", "1", "--runs", "2", "--out", run]) == 0
    assert main(["export", run, "--to", "torch", str(tmp_path / "out")]) == 2
    assert "holds 2 runs: choose one" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
