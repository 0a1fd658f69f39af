"""One weight: through whom its gradient comes, and what the optimizer makes of it, line by line."""

from __future__ import annotations

from difflib import get_close_matches

from tinygnn.explain.expression import sum_of_products
from tinygnn.explain.line import Line, Step
from tinygnn.explain.subject import Subject
from tinygnn.value import Value


def weight_steps(subject: Subject, name: str) -> list[Step]:
    """The parts of d loss / d w, which add up to it, and the next step of the optimizer.

    name: of a parameter and the place in it, as "convs.0.lin.weight[3][1]".

    Raises ValueError where there is none of that name.
    """
    weight = _weight(subject, name)
    rows = _senders(subject)
    parts, lines = [], []
    for user, k in subject.uses.get(weight, []):
        amount = user.partials[k] * user.grad
        if amount:
            parts.append(amount)
            how = sum_of_products([(user.partials[k], user.grad)])
            lines.append(Line(f"through {rows.get(user, _operation(user))}", amount, how))
    gradient = dict(zip(subject.model.parameters(), subject.gradients))[weight]
    lines.append(Line(f"d loss / d {name}", gradient, sum_of_products([], parts)))
    found = [Step(f"The gradient of {name}: slope times gradient of each number made from it", lines)]
    if subject.step is not None:
        title = f"The next step of {type(subject.step.optimizer).__name__}"
        found.append(Step(title, subject.step.lines(weight)))
    return found


def _weight(subject: Subject, name: str) -> Value:
    names = subject.parameter_names()
    for value, known in names.items():
        if known == name:
            return value
    close = get_close_matches(name, list(dict.fromkeys(names.values())), 3) or list(names.values())[:3]
    raise ValueError(f"weight {name!r} is not in the model: name one as {', '.join(close)}")


def _senders(subject: Subject) -> dict[Value, str]:
    """Whose row each number is that is sent along edges."""
    found: dict[Value, str] = {}
    for call in subject.layers:
        for passing in call.passings:
            for source, row in zip(passing.sources, passing.sent):
                for f, value in enumerate(row):
                    if isinstance(value, Value):
                        found.setdefault(value, f"the row of {subject.label(source)} [{f}]")
    return found


def _operation(value: Value) -> str:
    name = value.op if isinstance(value.op, str) else value.op[0]
    return f"a {name.replace('_', ' ')}"
