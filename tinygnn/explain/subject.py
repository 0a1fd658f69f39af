"""`Subject`: a model on a graph, run forward and backward once while a tape was open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from tinygnn.explain.agreement import Agreement, Compare
from tinygnn.explain.backward import Uses, uses_of
from tinygnn.explain.layers import parameter_names
from tinygnn.explain.record import record
from tinygnn.explain.update import NextStep
from tinygnn.graph import Graph
from tinygnn.linalg import Matrix, is_constant
from tinygnn.nn import BatchNorm, BatchNorm1d, Dropout, SAGPooling, TopKPooling
from tinygnn.nn.module import Module
from tinygnn.optim import Optimizer
from tinygnn.tape import Call, Tape
from tinygnn.tasks import NodeTask
from tinygnn.value import Value
from tinygnn.web_page import in_line

MOST_INPUTS = 20_000  # numbers of x that become Values where messages would have no gradient otherwise


@dataclass
class Subject:
    """What is explained, after `backward` of its loss.

    title: what it is, in a line. notes: what has to be said of it, in sentences. outputs: what the model
    gave for each node. gradients: of the model's parameters. step: what the optimizer would make of them.
    in_loss: which nodes the loss looks at, where that is known. epoch: how long the weights were trained,
    where that is known. agreements: what another library says to each layer's messages. pair: the two nodes
    whose link the loss is of, where it is of one link.
    """

    model: Module
    graph: Graph
    tape: Tape
    loss: Value
    outputs: list[list[Any]]
    title: str = ""
    notes: list[str] = field(default_factory=list)
    gradients: list[float] = field(default_factory=list)
    step: NextStep | None = None
    in_loss: list[bool] = field(default_factory=list)
    epoch: int | None = None
    agreements: list[Agreement] = field(default_factory=list)
    pair: tuple[int, ...] = ()

    @classmethod
    def of(
        cls,
        model: Module,
        graph: Graph,
        loss: Callable[[Any], Value] | None = None,
        optimizer: Optimizer | None = None,
        *,
        title: str = "",
        clip_norm: float | None = None,
        in_loss: Sequence[bool] | None = None,
        epoch: int | None = None,
        compare: Compare | None = None,
    ) -> Subject:
        """Run the model on the graph as it stands, in evaluation (dropout off), and the loss backward.

        loss: of the model's output; by default what the labels y ask for over the train mask. clip_norm:
        what training clips gradients to. compare: asks another library, see `Agreement`. The model's
        training mode, weights and gradients are put back as they were, and the optimizer too.

        Raises ValueError for a graph without labels where no loss is given, and for a model in which no
        messages are passed; TypeError for a loss that is no Value.
        """
        if loss is None:
            in_loss = graph.train_mask or [True] * graph.num_nodes
            loss = default_loss(graph)
        modes = [(module, module.training) for module in model.modules()]
        parameters = model.parameters()
        gradients = [parameter.grad for parameter in parameters]
        model.eval()
        try:
            tape, value, outputs = _run(model, graph, loss)
            if _some_constant(tape) and graph.x and graph.num_nodes * graph.num_features <= MOST_INPUTS:
                x = [[e if isinstance(e, Value) else Value(e) for e in row] for row in graph.x]
                tape, value, outputs = _run(model, replace(graph, x=x), loss)
        finally:
            for module, mode in modes:
                module.training = mode
        found = cls(model, graph, tape, value, outputs, title, in_loss=list(in_loss or []), epoch=epoch)
        if not found.layers:
            between = " between the nodes of the graph" * bool(tape.layers)
            raise ValueError(
                f"{model!r} passes no messages{between}: there is nothing to explain along edges"
            )
        if len(found.layers) < len(tape.layers):
            last = found.layers[-1].name or repr(found.layers[-1].module)
            found.notes.append(f"Layers behind {last} are not shown: their nodes are not those of the graph.")
        if _some_constant(tape):
            found.notes.append("Messages of constant features are constants: they have no gradient.")
        found.notes += _other_in_training(modes)
        found.gradients = [parameter.grad for parameter in parameters]
        if optimizer is not None:
            found.step = NextStep.of(optimizer, clip_norm)
        if compare is not None:
            found.agreements = compare(tape)
        for parameter, gradient in zip(parameters, gradients):
            parameter.grad = gradient
        return found

    @cached_property
    def layers(self) -> list[Call]:
        """The calls in which messages were passed between the graph's nodes, up to where nodes are pooled."""
        found = []
        for call in self.tape:
            others = any(len(passing.outputs) != self.graph.num_nodes for passing in call.passings)
            if others or isinstance(call.module, (SAGPooling, TopKPooling)):
                break
            if call.passings:
                found.append(call)
        return found

    @cached_property
    def uses(self) -> Uses:
        """What is made from each Value, all the way to the loss."""
        return uses_of(self.loss)

    def node(self, name: str | int) -> int:
        """The number of the node of that name, or of that number where no node has the name.

        Raises ValueError where there is no such node.
        """
        return node_number(self.graph, name)

    def label(self, node: int) -> str:
        """What a node is called, in a line; of a long name the beginning."""
        return in_line(node_label(self.graph, node))

    def layer(self, which: str | int) -> int:
        """The number of the layer of that name or number. Raises ValueError for an unknown one."""
        layers = self.layers
        names = [call.name for call in layers]
        if str(which) in names:
            return names.index(str(which))
        if str(which).isdigit() and int(which) < len(layers):
            return int(which)
        known = ", ".join([f"{k} ({name})" if name else str(k) for k, name in enumerate(names)])
        raise ValueError(f"layer {which!r} is not in the model: choose from {known}")

    def parameter_names(self) -> dict[Value, str]:
        """Each number of the parameters with its name and place, as "convs.0.lin.weight[3][1]"."""
        return parameter_names(self.model)

    def behind(self, layer: int) -> list[Call]:
        """The calls that follow a layer, up to the next in which messages are passed: norm, activation ..."""
        call = self.layers[layer]
        for parent in self.tape:
            if call in parent.steps:
                later = parent.calls[parent.calls.index(call) + 1 :]
                stop = next((k for k, other in enumerate(later) if _passes(other)), len(later))
                return later[:stop]
        return []


def node_number(graph: Graph, name: str | int) -> int:
    """The number of the node of that name, or of that number where no node has the name.

    Raises ValueError where there is no such node.
    """
    names = graph.node_ids or []
    for i, known in enumerate(names):
        if known == name and type(known) is type(name):
            return i
    for i, known in enumerate(names):
        if str(known) == str(name):
            return i
    n = graph.num_nodes
    if str(name).isdecimal() and int(name) < n:
        return int(name)
    named = " or a name" if graph.node_ids else ""
    raise ValueError(f"node {name!r} is not in the graph: give a number from 0 to {n - 1}{named}")


def node_label(graph: Graph, node: int) -> str:
    """What a node is called."""
    return str(node if graph.node_ids is None else graph.node_ids[node])


def default_loss(graph: Graph) -> Callable[[Any], Value]:
    """What the labels of the nodes ask for, over the train mask if there is one.

    Raises ValueError for a graph without labels of nodes.
    """
    if graph.y is None or graph.y_level != "node":
        raise ValueError(f"{graph!r} has no labels of nodes: give loss, a function of the model's output")
    masked = graph if graph.train_mask else replace(graph, train_mask=[True] * graph.num_nodes)
    task = NodeTask(masked)
    return lambda outputs: task.objective.loss(outputs, task.targets, task.masks["train"])


def _run(model: Module, graph: Graph, loss: Callable[[Any], Value]) -> tuple[Tape, Value, Any]:
    for parameter in model.parameters():
        parameter.grad = 0.0
    with record() as tape:
        outputs: Matrix = model(graph)
    value = loss(outputs)
    if not isinstance(value, Value):
        raise TypeError(f"loss gave {type(value).__name__}, not a Value: let it return one for the output")
    value.backward()
    return tape, value, outputs


def _some_constant(tape: Tape) -> bool:
    """Whether a message has no Value in it."""
    passings = [passing for call in tape.layers for passing in call.passings]
    return any(is_constant(message) for passing in passings for message in passing.messages[:1])


def _other_in_training(modes: Sequence[tuple[Module, bool]]) -> list[str]:
    """What to say where training's step comes from other numbers than those of evaluation."""
    drops = any(isinstance(module, Dropout) and module.p > 0.0 for module, _ in modes)
    batches = any(isinstance(module, (BatchNorm, BatchNorm1d)) for module, _ in modes)
    reasons = ["dropout is off"] * drops + ["batch norms use their running means"] * batches
    if not reasons:
        return []
    return [f"The model runs as in evaluation: {' and '.join(reasons)}; a step of training differs by that."]


def _passes(call: Call) -> bool:
    return any(inner.passings for inner in call.walk())
