"""What a model says of each example that its task judges it by."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Any

from tinygnn.explain.subject import node_label, node_number
from tinygnn.graph import Graph
from tinygnn.nn.module import Module
from tinygnn.objectives import targets_of
from tinygnn.tasks import GraphTask, NodeTask, evaluate, graph_labels
from tinygnn.web_page import Html, command, element, in_line

MOST_OF_A_NAME = 100  # characters; a node with a longer one goes by its number


@dataclass(frozen=True)
class Example:
    """A node or a graph: its number, its name, its splits, what is right, and the model's output."""

    number: int
    name: str
    splits: tuple[str, ...]
    target: Any
    output: list[float]

    @property
    def split(self) -> str:
        """Its split in words, or its splits where masks overlap."""
        return " and ".join(self.splits)

    @property
    def predicted(self) -> int:
        """The class with the largest output, of equal ones the first."""
        return self.output.index(max(self.output))

    @cached_property
    def probabilities(self) -> list[float]:
        """The probability of each class, exp(x) / Σ exp(x)."""
        largest = max(self.output)
        powers = [exp(x - largest) for x in self.output]
        total = sum(powers)
        return [power / total for power in powers]

    @property
    def sureness(self) -> float:
        """The probability of the class that is predicted."""
        return max(self.probabilities)


def examples_of(model: Module, task: NodeTask | GraphTask) -> list[Example]:
    """The examples of all splits, each once."""
    return list(_nodes(model, task) if isinstance(task, NodeTask) else _graphs(model, task))


def _nodes(model: Module, task: NodeTask) -> Iterator[Example]:
    names = task.graph.node_ids
    for i, output in enumerate(evaluate(model, task.graph)):
        splits = tuple(split for split, mask in task.masks.items() if mask[i])
        if splits:
            name = str(i if names is None else names[i])
            yield Example(i, name, splits, task.targets[i], [float(x) for x in output])


def _graphs(model: Module, task: GraphTask) -> Iterator[Example]:
    inside = {split: set(numbers) for split, numbers in task.numbers.items()}
    for number, graph in task.by_number().items():
        splits = tuple(split for split, numbers in inside.items() if number in numbers)
        [output] = evaluate(model, graph)
        [target] = targets_of(graph_labels([graph]), task.objective)
        yield Example(number, f"graph {number}", splits, target, [float(x) for x in output])


def by_split(examples: Sequence[Example]) -> dict[str, list[Example]]:
    """The examples of each split."""
    splits = dict.fromkeys(split for example in examples for split in example.splits)
    return {split: [example for example in examples if split in example.splits] for split in splits}


def wrong_classes(examples: Sequence[Example]) -> list[Example]:
    """Those whose class is predicted wrongly, the surest first."""
    return sorted([e for e in examples if e.predicted != e.target], key=lambda e: -e.sureness)


def class_namer(names: Sequence[Any] | None) -> Callable[[int], str]:
    """The name of a class; its number where classes have no names."""
    return lambda k: in_line(k if names is None else names[k])


# Given a node, a graph or a pair of nodes by number: the address of the page that explains it, or None.
FindPage = Callable[..., str | None]


@dataclass(frozen=True)
class Leads:
    """What leads from an example to how its output came about: a command, and a page where there is one.

    run: the run that the commands name.
    """

    run: str
    page: FindPage = lambda *numbers: None

    def of(self, example: Example, task: NodeTask | GraphTask) -> Html:
        """The cell of a node or a graph."""
        if isinstance(task, GraphTask):
            if not task.by_number()[example.number].num_nodes:
                return element("td", "it has no node")
            return self._cell(["--graph", str(example.number), "--node", "0"], example.number)
        return self._cell(_option("--node", task.graph, example.number), example.number)

    def of_pair(self, graph: Graph, pair: Sequence[int]) -> Html:
        """The cell of a pair of nodes."""
        u, v = pair
        return self._cell([*_option("--node", graph, u), *_option("--with", graph, v)], u, v)

    def _cell(self, options: Sequence[str], *numbers: int) -> Html:
        address = self.page(*numbers)
        link = [] if address is None else [element("a", "its page", href=address), " "]
        return element("td", *link, command(f"tinygnn explain {shlex.join([self.run, *options])}"))


def _option(option: str, graph: Graph, node: int) -> list[str]:
    """An option with the name of a node, or its number where the name is long or that of another too."""
    name = node_label(graph, node)
    if len(name) > MOST_OF_A_NAME or node_number(graph, name) != node:
        name = str(node)
    return [option, name] if name[:1] != "-" else [f"{option}={name}"]
