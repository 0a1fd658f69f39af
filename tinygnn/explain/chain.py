"""The arithmetic of one node in one layer, from what its neighbours send to what comes out, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tinygnn.explain.backward import gradient_of
from tinygnn.explain.expression import coefficient, sum_of_products
from tinygnn.explain.formulas import expression_of
from tinygnn.explain.line import Line, Step
from tinygnn.explain.slopes import slope_of
from tinygnn.explain.subject import Subject
from tinygnn.explain.value_graph import operation
from tinygnn.tape import Call, Passing
from tinygnn.value import Value


class Chain:
    """The steps of a layer for one node; what has been shown once is not shown again.

    entry: show this column of the output alone, and what it is made of.
    """

    def __init__(self, subject: Subject, layer: int, node: int, entry: int | None = None) -> None:
        self.subject = subject
        self.layer = layer
        self.call = subject.layers[layer]
        self.node = node
        self.entry = entry
        self.known: set[Value] = set()
        self.whose: dict[Any, str] = {}  # outputs, and of which node or graph
        self.steps: list[Step] = []
        rows = self.call.inputs[0] if self.call.inputs else []
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, list):
                self.known.update([number for number in row if isinstance(number, Value)])
        self._describe()

    def _describe(self) -> None:
        passed = False
        for step in self.call.steps:
            if isinstance(step, Passing):
                self._passing(step)
                passed = True
            elif passed:
                self._module(step)
        if self._row(self.call.output) is not None:
            self._rows("What comes out of the layer", "out", self.call.output[self.node])
        for call in self.subject.behind(self.layer):
            self._module(call)
        if self.layer == len(self.subject.layers) - 1:
            for i, row in enumerate(self.subject.outputs):
                self.known.update([number for number in row if isinstance(number, Value)])
                self.whose.update(dict.fromkeys(row, self._name_of_row(i)))
            self._add("The loss, of the outputs of all nodes", list(self._made(self.subject.loss, "loss")))
        self._back_to_the_sums()
        for passing in self.call.passings:
            self._backward(passing)

    # ---- forward ----------------------------------------------------------------------------------------

    def _passing(self, passing: Passing) -> None:
        entering = passing.entering(self.node)
        label, me = self.subject.label, self.subject.label(self.node)
        of = f" ({passing.name})" if passing.name else ""
        columns = self._columns(passing)
        if not entering:
            self.steps.append(Step(f"Node {me} hears from nobody{of}"))
        sent: list[Line] = []
        for k in dict.fromkeys(entering):
            j = label(passing.sources[k])
            row = passing.sent[k]
            new = any(isinstance(row[f], Value) and row[f] not in self.known for f in columns)
            for f in columns if new else ():
                sent += self._made(row[f], f"row of {j} [{f}]")
            if not new:
                sent += [Line(f"row of {j} [{f}]", row[f]) for f in columns if float(row[f]) != 0.0]
        self._add(f"What the neighbours of node {me} send{of}", list(dict.fromkeys(sent)))
        told = [passing.numbers[k] for k in entering] if passing.numbers else []
        factors: list[Line] = []
        if passing.formula or any(isinstance(passing.coefficients[k], Value) for k in entering):
            for position, k in enumerate(entering):
                name, c = f"c {label(passing.sources[k])} -> {me}", passing.coefficients[k]
                if isinstance(c, Value):
                    factors += self._made(c, name)
                    continue
                how = coefficient(passing.formula, told[position], told) if told else None
                factors.append(Line(name, c, how))
        self._add(f"The coefficient of each message{of}: {passing.formula or 'as given'}", factors)
        messages = []
        for k in entering:
            c, name = float(passing.coefficients[k]), f"message {label(passing.sources[k])} -> {me}"
            for f in columns:
                number = passing.messages[k][f]
                self._know(number)
                product = sum_of_products([(c, float(passing.sent[k][f]))])
                messages.append(Line(f"{name} [{f}]", number, product))
        if passing.aggr == "sum":
            self._add(f"The messages{of}: coefficient times row", messages)
        if not passing.aggregates[self.node]:
            return
        together = []
        for f in range(len(passing.aggregates[self.node])) if passing.aggr != "sum" else columns:
            number = passing.aggregates[self.node][f]
            if passing.aggr == "sum":
                heard = [float(passing.messages[k][f]) for k in entering]
                self._know(number)
                together.append(Line(f"{passing.aggr} [{f}]", number, sum_of_products([], heard)))
            else:
                together += self._made(number, f"{passing.aggr} [{f}]")
        self._add(f"The {passing.aggr} of the messages{of}", together)
        own = []
        for name, rows in passing.terms:
            for f in columns:
                row = rows[self.node]
                self_made = list(self._made(row[f], f"{name} [{f}]"))
                own += self_made or [Line(f"{name} [{f}]", row[f])]
        self._add(f"What node {me} adds{of}", own)
        if passing.terms:
            outputs = []
            for f in columns:
                parts = [float(passing.aggregates[self.node][f])]
                parts += [float(rows[self.node][f]) for _, rows in passing.terms]
                number = passing.outputs[self.node][f]
                self._know(number)
                outputs.append(Line(f"total [{f}]", number, sum_of_products([], parts)))
            self._add(f"Both together{of}", outputs)

    def _columns(self, passing: Passing) -> Sequence[int]:
        width = len(passing.messages[0]) if passing.messages else len(passing.outputs[self.node])
        return range(width) if self.entry is None or self.entry >= width else [self.entry]

    def _module(self, call: Call) -> None:
        """A module within or behind the layer: each of its leaves, if it gives rows of nodes."""
        inner = [step for step in call.steps if isinstance(step, Call)]
        for step in inner:
            self._module(step)
        row = self._row(call.output)
        if row is not None:
            *_, before, last = "", *call.name.split(".")
            name = f"{before}.{last}" if last.isdecimal() and before else last
            self._rows(f"{call.name}: {call.module!r}", name, row)

    def _row(self, output: Any) -> list[Any] | None:
        nodes = self.subject.graph.num_nodes
        if not isinstance(output, list) or len(output) != nodes or not isinstance(output[self.node], list):
            return None
        row: list[Any] = output[self.node]
        return row

    def _rows(self, title: str, name: str, row: Sequence[Any]) -> None:
        lines: list[Line] = []
        for f, number in enumerate(row):
            if self.entry is None or f == self.entry or self.entry >= len(row):
                lines += self._made(number, f"{name} [{f}]")
        self._add(title, lines)

    def _made(self, number: Any, name: str) -> Iterator[Line]:
        """How a number was made of what is known, what lies between included."""
        if not isinstance(number, Value) or number in self.known or not number.parents:
            return
        self._know(number)
        for parent in number.parents:
            yield from self._made(parent, name if name.startswith("part of ") else f"part of {name}")
        yield Line(self._of_outputs(number) or name, number, expression_of(number))

    def _of_outputs(self, number: Value) -> str:
        """What a number is called that is made of the output of one or two nodes: "log softmax of 3"."""
        whose = list(dict.fromkeys([self.whose.get(parent) for parent in number.parents]))
        if None in whose or len(whose) > 2:
            return ""
        return f"{operation(number)} of {' and '.join(map(str, whose))}"

    # ---- backward -----------------------------------------------------------------------------------------

    def _back_to_the_sums(self) -> None:
        """The gradients of what stands behind the messages, from the last number that was shown back."""
        of_messages = {id(v) for p in self.call.passings for row in (*p.sent, *p.messages) for v in row}
        of_messages |= {id(c) for p in self.call.passings for c in p.coefficients}
        lines: list[Line] = []
        seen: set[Value] = set()
        uses = self.subject.uses
        shown = [line for step in self.steps for line in step.lines if isinstance(line.number, Value)]
        for line in reversed(shown):
            value = line.number
            known = value in seen or id(value) in of_messages or not value.parents
            if known or (value not in uses and value is not self.subject.loss):
                continue
            seen.add(value)
            name = line.name.removeprefix("part of ")
            for user, k in uses.get(value, [])[:4]:
                slope = slope_of(user, k)
                if slope is not None:
                    lines.append(Line(f"slope of the {operation(user)} by {name}", user.partials[k], slope))
            lines.append(Line(f"d loss / d {line.name}", value.grad, gradient_of(value, uses)))
        self._add("Backward: what each number above hands back, slope times gradient", lines)

    def _backward(self, passing: Passing) -> None:
        if passing.aggr != "sum" or not passing.messages or not isinstance(passing.messages[0][0], Value):
            return
        of = f" ({passing.name})" if passing.name else ""
        label, me = self.subject.label, self.subject.label(self.node)
        columns = self._columns(passing)
        gradients = [passing.aggregates[self.node][f].grad for f in columns]
        lines = [Line(f"d loss / d message ... -> {me} [{f}]", g) for f, g in zip(columns, gradients)]
        for k in passing.entering(self.node):
            j, c = label(passing.sources[k]), passing.coefficients[k]
            for f, g in zip(columns, gradients):
                share = sum_of_products([(float(c), g)])
                lines.append(Line(f"it adds to d loss / d row of {j} [{f}]", float(c) * g, share))
            if isinstance(c, Value) and self.entry is None:
                row = [float(passing.sent[k][f]) for f in columns]
                products = sum_of_products(list(zip(gradients, row)))
                amount = sum([g * v for g, v in zip(gradients, row)])
                lines.append(Line(f"it adds to d loss / d c {j} -> {me}", amount, products))
        self._add(f"Backward{of}: each message has the gradient of the sum, and passes it on times c", lines)

    def _name_of_row(self, i: int) -> str:
        of_nodes = len(self.subject.outputs) == self.subject.graph.num_nodes
        if of_nodes:
            return self.subject.label(i)
        return f"graph {i}" if len(self.subject.outputs) > 1 else "the graph"

    def _know(self, number: Any) -> None:
        if isinstance(number, Value):
            self.known.add(number)

    def _add(self, title: str, lines: Sequence[Line]) -> None:
        if lines:
            self.steps.append(Step(title, list(lines)))
