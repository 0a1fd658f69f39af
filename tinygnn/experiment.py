"""`Experiment`: from settings and graphs to a task, a model and a training run."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tinygnn import lr_scheduler, optim
from tinygnn.batch import Batch
from tinygnn.features import prepare_features
from tinygnn.gnn import GNN
from tinygnn.graph import Graph
from tinygnn.history import History, TrainingState, is_smaller_better
from tinygnn.link_prediction import LinkTask
from tinygnn.link_split import SHARES as LINK_SHARES
from tinygnn.network import READOUTS as NETWORK_READOUTS
from tinygnn.network import Network
from tinygnn.objectives import OBJECTIVES
from tinygnn.settings import TrainSettings, parse_options
from tinygnn.splits import SHARES as NODE_SHARES
from tinygnn.splits import Masks, is_class, random_split, split_masks
from tinygnn.tasks import GraphTask, NodeTask, Task, graph_labels
from tinygnn.training import Callback, check_monitor, default_monitor, fit

OPTIMIZERS: dict[str, Callable[..., optim.Optimizer]] = {
    "adagrad": optim.Adagrad,
    "adam": optim.Adam,
    "adamw": optim.AdamW,
    "rmsprop": optim.RMSprop,
    "sgd": optim.SGD,
}
SCHEDULERS: dict[str, Callable[..., Any]] = {
    "cosine": lr_scheduler.CosineAnnealingLR,
    "exponential": lr_scheduler.ExponentialLR,
    "linear": lr_scheduler.LinearLR,
    "multistep": lr_scheduler.MultiStepLR,
    "plateau": lr_scheduler.ReduceLROnPlateau,
    "step": lr_scheduler.StepLR,
}
Shares = tuple[float, float]
GRAPH_SHARES = (0.8, 0.1)  # of train and val; test has the rest


@dataclass
class Experiment:
    """A training run that is ready to start, or to go on.

    notes: what was decided that nobody asked for, in words. `fit` trains with the settings.

    >>> graph = Graph(([0, 1, 1, 2], [1, 0, 2, 1]), y=[0, 0, 1])
    >>> experiment = Experiment.of(TrainSettings(epochs=3, split="1,0"), [graph])
    >>> len(experiment.fit())
    4
    """

    settings: TrainSettings
    graphs: list[Graph]
    task: Task
    model: GNN | Network
    optimizer: optim.Optimizer
    scheduler: Any = None
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, settings: TrainSettings, graphs: Sequence[Graph]) -> Experiment:
        """Make task, model, optimizer and scheduler; the settings' seed decides all that is random.

        Raises ValueError for settings that do not fit the graphs or each other.
        """
        notes: list[str] = []
        if not graphs:
            raise ValueError(f"{settings.source} holds no graph")
        graphs = prepare_features(graphs, settings.normalize_features, notes)
        task = make_task(settings, graphs, notes)
        of_graphs = isinstance(task, GraphTask)
        model = make_model(settings, graphs[0].num_features, task.outputs, of_graphs=of_graphs)
        optimizer = make_optimizer(settings, model)
        scheduler = make_scheduler(settings, optimizer, task)
        check_monitor(settings.monitor or default_monitor(task), settings.patience, scheduler)
        return cls(settings, graphs, task, model, optimizer, scheduler, notes)

    def fit(self, callbacks: Iterable[Callback] = (), state: TrainingState | None = None) -> History:
        """Train; with a state go on after its last epoch."""
        return fit(
            self.model,
            self.graphs,
            self.optimizer,
            task=self.task,
            scheduler=self.scheduler,
            epochs=self.settings.epochs,
            monitor=self.settings.monitor,
            patience=self.settings.patience,
            clip_norm=self.settings.clip_norm,
            callbacks=callbacks,
            seed=self.settings.seed,
            state=state,
        )


# ---- task ---------------------------------------------------------------------------------------------


def make_task(settings: TrainSettings, graphs: Sequence[Graph], notes: list[str]) -> Task:
    """The task that is named, or the one that the labels are for."""
    level, _, kind = (settings.task or level_of(graphs)).partition("-")
    objective = OBJECTIVES[kind] if kind else None
    names = [name for name in graphs[0].class_names or [] if isinstance(name, str)]
    if kind == "regression" and names:
        raise ValueError(
            f"{settings.source} has names for labels, as {names[0]!r}: regression is of numbers; "
            "--label NAME chooses others"
        )
    if level == "graph":
        labels = graph_labels(graphs)
        masks = _drawn(settings, labels, GRAPH_SHARES, "no masks", notes)
        return GraphTask(graphs, masks, batch_size=settings.batch_size, objective=objective)
    if settings.batch_size is not None:
        raise ValueError("batch_size is for tasks of graphs: here all nodes are one batch")
    if level == "link":
        if len(graphs) != 1:
            raise ValueError(
                f"{settings.source} holds {len(graphs)} graphs: choose one, as in '{settings.source}[0]'"
            )
        [graph] = graphs
        shares = _shares(settings, LINK_SHARES)
        notes.append(f"a random split of linked pairs, {_in_words(shares)}, seed {settings.seed}")
        return LinkTask(graph, shares, seed=settings.seed)
    graph = side_by_side(graphs)
    labels = node_labels(graph, settings)
    masks = split_masks(graph) if settings.split is None else {}
    if "train" not in masks and isinstance(graph, Batch):  # whole graphs: nodes of test are of unseen ones
        known = {k for k, label in zip(graph.batch, labels) if is_class(label)}
        numbers = [0.0 if k in known else None for k in range(graph.num_graphs)]
        of_graphs = _drawn(settings, numbers, GRAPH_SHARES, "no train mask", notes, " of graphs")
        masks = {
            name: [mask[k] and is_class(label) for k, label in zip(graph.batch, labels)]
            for name, mask in of_graphs.items()
        }
    elif "train" not in masks:
        masks = _drawn(settings, labels, NODE_SHARES, "no train mask", notes)
    return NodeTask(graph, masks, objective=objective)


def side_by_side(graphs: Sequence[Graph]) -> Graph:
    """The graph of a task of nodes: the one that there is, or a Batch of all."""
    return graphs[0] if len(graphs) == 1 else Batch.from_graphs(graphs)


def level_of(graphs: Sequence[Graph]) -> str:
    """Whether the labels are of nodes or of graphs; they are not asked for links."""
    return "graph" if any(graph.y_level == "graph" for graph in graphs) and len(graphs) > 1 else "node"


def node_labels(graph: Graph, settings: TrainSettings) -> list[Any]:
    """The label of each node. Raises ValueError that says which could be meant where there are none."""
    if graph.y is None:
        known = list(map(str, graph.node_attrs))
        more = f" and {len(known) - 8} more" if len(known) > 8 else ""
        hint = f" (there are: {', '.join(known[:8])}{more})" if known else ""
        raise ValueError(f"{settings.source} names no labels: say which with --label NAME{hint}")
    if graph.y_level != "node":
        if isinstance(graph, Batch):
            raise ValueError(f"{settings.source} has a label for each graph: leave the task of nodes out")
        raise ValueError(
            f"{settings.source} is one graph with one label: train needs one for each node, or several graphs"
        )
    labels: list[Any] = graph.y
    return labels


def _drawn(
    settings: TrainSettings, labels: Sequence[Any], default: Shares, why: str, notes: list[str], of: str = ""
) -> Masks:
    """A random split, without empty parts."""
    shares = _shares(settings, default)
    masks = random_split(labels, shares, seed=settings.seed)
    by_class = " by class" if any(type(label) is int for label in labels) else ""
    why = f"{why}: " if settings.split is None else ""
    notes.append(f"{why}a random split{of or by_class}, {_in_words(shares)}, seed {settings.seed}")
    return {name: mask for name, mask in masks.items() if any(mask)}


def _shares(settings: TrainSettings, default: Shares) -> Shares:
    if settings.split is None:
        return default
    try:
        train, val = map(float, settings.split.split(","))
    except ValueError:
        raise ValueError(
            f"split is {settings.split!r}: give the shares of train and val, as 0.6,0.2"
        ) from None
    return train, val


def _in_words(shares: Shares) -> str:
    return "/".join(f"{100 * share:.4g}" for share in (*shares, max(0.0, 1.0 - sum(shares))))


# ---- model, optimizer, scheduler ----------------------------------------------------------------------


def make_model(
    settings: TrainSettings, in_channels: int, outputs: int | None, *, of_graphs: bool
) -> GNN | Network:
    """The model that the settings describe, with as many outputs as the task needs."""
    options = {} if settings.conv is None else parse_options("conv", settings.conv)
    if settings.heads is not None:
        options["heads"] = settings.heads
    outputs = settings.hidden if outputs is None else outputs
    if outputs < 1:
        raise ValueError(f"{settings.source}: the labels leave the model without an output")
    if settings.network is not None:
        return make_network(settings, in_channels, outputs, of_graphs=of_graphs)
    readout = settings.readout
    if of_graphs:
        readout = readout or "mean"
    elif readout is not None:
        raise ValueError("readout is for tasks of graphs")
    try:
        return GNN(
            settings.model,
            in_channels,
            settings.hidden,
            settings.layers,
            outputs,
            act=settings.act,
            norm=settings.norm,
            dropout=settings.dropout,
            input_dropout=settings.input_dropout,
            jk=settings.jk,
            readout=readout,
            seed=settings.seed,
            conv_kwargs=options,
        )
    except TypeError as error:
        if not options and "missing" not in str(error):
            raise
        given = f"the conv options {options} do" if options else "without conv options it does"
        raise ValueError(f"{given} not fit {settings.model}: {error}; write conv as 'name=value'") from error


def make_network(settings: TrainSettings, in_channels: int, outputs: int, *, of_graphs: bool) -> Network:
    """The network that is named layer by layer; it has a readout if the task is of graphs, and only then."""
    assert settings.network is not None
    for name in ("conv", "heads", "norm", "jk", "input_dropout", "readout"):
        if getattr(settings, name):
            raise ValueError(f"{name} is for a model by its name: network says it layer by layer")
    network = Network.of(settings.network, in_channels, outputs, random.Random(settings.seed))
    if of_graphs != any(isinstance(layer, NETWORK_READOUTS) for layer in network):
        needed = (
            "needs a readout, such as MeanAggregation()" if of_graphs else "has a readout, for whole graphs"
        )
        raise ValueError(
            f"network {settings.network!r} {needed}: the task is of {'graphs' if of_graphs else 'nodes'}"
        )
    return network


def make_optimizer(settings: TrainSettings, model: GNN | Network) -> optim.Optimizer:
    """The optimizer, with a group of its own for the first layer if it alone decays."""
    make = OPTIMIZERS[settings.optimizer]
    decay = settings.weight_decay
    parameters = model.parameters()
    if not settings.weight_decay_first_only:
        return make(parameters, lr=settings.lr, weight_decay=decay)
    layers = [model.lin_in, *model.convs] if isinstance(model, GNN) else list(model)
    first = next((layer.parameters() for layer in layers if layer is not None and layer.parameters()), [])
    known = set(first)
    rest = [parameter for parameter in parameters if parameter not in known]
    groups: list[dict[str, Any]] = [{"params": first, "weight_decay": decay}]
    if rest:
        groups.append({"params": rest, "weight_decay": 0.0})
    return make(groups, lr=settings.lr)


def make_scheduler(settings: TrainSettings, optimizer: optim.Optimizer, task: Task) -> Any:
    """The scheduler in "name:option=value,...", or None.

    A cosine ends with the last epoch unless T_max says otherwise; a plateau looks at the monitored number,
    and knows whether it is to be large.
    """
    if settings.scheduler is None:
        return None
    name, _, text = settings.scheduler.partition(":")
    if name not in SCHEDULERS:
        raise ValueError(f"scheduler is {name!r}: choose from {', '.join(SCHEDULERS)}")
    options = parse_options("scheduler", text)
    if name == "cosine":
        options.setdefault("T_max", max(1, settings.epochs))
    if name == "plateau":
        monitor = settings.monitor or default_monitor(task)
        options.setdefault("mode", "min" if monitor is None or is_smaller_better(monitor) else "max")
    try:
        return SCHEDULERS[name](optimizer, **options)
    except TypeError as error:
        raise ValueError(f"the scheduler options {text!r} do not fit {name}: {error}") from error
