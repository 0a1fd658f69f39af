"""`Line`: a number, what it is called, and how it is made; `Step`: some of them under a title."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tinygnn.explain.expression import Expression, plain_number
from tinygnn.value import Value

RESIDUE = 1e-14  # of the sum of what cancels: a number below it is rounding


@dataclass(frozen=True)
class Line:
    """A number, what it is called, and how it is made; number may be a Value."""

    name: str
    number: Any
    expression: Expression | None = None

    def text(self) -> str:
        """`name = expression = number`; where no formula is known, the number and the operation's name."""
        if self.expression is not None:
            number = float(self.number)
            is_residue = 0.0 < abs(number) < RESIDUE * sum(map(abs, self.expression.numbers))
            said = "   (what rounding leaves of 0)" if is_residue else ""
            return f"{self.name} = {self.expression.equation(number)}{said}"
        made = isinstance(self.number, Value) and self.number.parents
        by = f"   (by {_operation(self.number)})" if made else ""
        return f"{self.name} = {plain_number(float(self.number))}{by}"

    def facts(self) -> dict[str, Any]:
        """The line for JSON, with all digits; a gradient where it is a Value."""
        found: dict[str, Any] = {"name": self.name, "value": float(self.number)}
        if isinstance(self.number, Value):
            found["gradient"] = self.number.grad
        if self.expression is not None:
            found["expression"] = self.expression.text(17)
        return found


@dataclass
class Step:
    """Some lines under a title."""

    title: str
    lines: list[Line] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        return {"title": self.title, "lines": [line.facts() for line in self.lines]}


def _operation(value: Value) -> str:
    name = value.op if isinstance(value.op, str) else value.op[0]
    numbers = [plain_number(parent.data) for parent in value.parents]
    more = [f"... {len(numbers) - 6} more"] if len(numbers) > 6 else []
    return f"{name}({', '.join([*numbers[:6], *more])})"
