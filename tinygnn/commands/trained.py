"""What `eval` and `predict` begin with: a model from a run, and graphs for it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tinygnn.checkpoint import Checkpoint
from tinygnn.commands.source import SOURCE_HELP, load_graphs
from tinygnn.experiment import make_model
from tinygnn.features import prepare_features
from tinygnn.gnn import GNN
from tinygnn.graph import Graph
from tinygnn.network import Network
from tinygnn.run_folder import RunFolder, load_checkpoint
from tinygnn.settings import TrainSettings


@dataclass(frozen=True)
class Trained:
    """A model as a run left it.

    level: "node", "graph" or "link". kind: "classification", "regression" or "multilabel", "" for links.
    """

    file: Path
    checkpoint: Checkpoint
    settings: TrainSettings
    model: GNN | Network

    @property
    def task(self) -> str:
        return str(self.checkpoint.notes["task"])

    @property
    def level(self) -> str:
        return self.task.partition("-")[0]

    @property
    def kind(self) -> str:
        return self.task.partition("-")[2]

    @property
    def epoch(self) -> int:
        return -1 if self.checkpoint.training is None else self.checkpoint.training.epoch

    @property
    def class_names(self) -> list[Any] | None:
        names: list[Any] | None = self.checkpoint.notes["class_names"]
        return names

    @classmethod
    def load(cls, path: Path) -> Trained:
        """From the folder of a run, its best weights; or from one of its checkpoints.

        Raises ValueError for a checkpoint of another run than the folder's.
        """
        folder = RunFolder(path)
        file = folder.chosen() if path.is_dir() else path
        checkpoint = load_checkpoint(file)
        if path.is_dir():
            folder.check_settings(checkpoint, folder.settings(), file.name)
        notes = checkpoint.notes
        settings = TrainSettings.from_dict(notes["settings"])
        model = make_model(
            settings, notes["in_channels"], notes["outputs"], of_graphs=notes["task"].startswith("graph")
        )
        model.load_state_dict(checkpoint.weights)
        model.eval()
        return cls(file, checkpoint, settings, model)


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add RUN, and SOURCE with what belongs to it."""
    parser.add_argument("folder", metavar="RUN", type=Path, help="the folder that train --out made")
    parser.add_argument("source", metavar="SOURCE", nargs="?", help=f"the run's own, or {SOURCE_HELP}")
    parser.add_argument("--nodes", metavar="NODES.csv", help="the file of nodes beside a file of edges")
    parser.add_argument("--label", metavar="NAME", help="the node attribute or column to predict")
    parser.add_argument("--features", metavar="A,B", help="the node attributes or columns to predict from")


def runs_in(folder: Path) -> list[Path]:
    """The folder itself, or those of its runs if it holds several."""
    if not folder.exists():
        raise ValueError(
            f"{folder}: there is no such run; train one with tinygnn train SOURCE --out {folder}"
        )
    if folder.is_dir():
        kept = RunFolder(folder).settings()
        if kept.runs > 1:
            return [RunFolder(folder).of_seed(kept.seed + k).path for k in range(kept.runs)]
    return [folder]


def settings_for(trained: Trained, options: argparse.Namespace) -> TrainSettings:
    """The run's settings; of another source if one is named, whose label need not be known."""
    kept = trained.settings
    if options.source is None:
        return replace(kept, **{k: v for k in ("nodes", "label", "features") if (v := getattr(options, k))})
    features = options.features or kept.features
    return replace(kept, source=options.source, nodes=options.nodes, label=options.label, features=features)


def graphs_for(trained: Trained, settings: TrainSettings, notes: list[str]) -> list[Graph]:
    """The source's graphs, with features as the model takes them and classes in its order.

    Raises ValueError for features of another size and for a class that the model does not know.
    """
    loaded = load_graphs(settings)
    if not loaded:
        raise ValueError(f"{settings.source} holds no graph")
    graphs = prepare_features(loaded, settings.normalize_features, notes)
    expected = trained.checkpoint.notes["in_channels"]
    for graph in graphs:
        if graph.num_features != expected:
            raise ValueError(
                f"{settings.source} has {graph.num_features} features for each node, "
                f"and the model takes {expected}: choose them with --features A,B"
            )
    names = trained.class_names
    return graphs if names is None else [in_order(graph, names, settings) for graph in graphs]


def in_order(graph: Graph, names: Sequence[Any], settings: TrainSettings) -> Graph:
    """The graph with its classes numbered as those the model learnt."""
    if graph.class_names is None or list(graph.class_names) == list(names):
        return graph
    number = {name: k for k, name in enumerate(names)}
    for name in graph.class_names:
        if name not in number:
            raise ValueError(
                f"{settings.source} has the class {name!r}, and the model knows {', '.join(map(str, names))}"
            )
    new = [number[name] for name in graph.class_names]
    y = [new[label] if isinstance(label, int) and label >= 0 else label for label in graph.y or []]
    return replace(graph, y=y if graph.y is not None else None, class_names=list(names))
