"""Chapter 2: the chain rule. What a Value is handed is added up before it hands anything on."""


def order(value, found):
    if value.parents and value not in found:
        for parent in value.parents:
            order(parent, found)
        found.append(value)
    return found


def backward(output):
    values = order(output, [])
    for value in values:
        value.grad = 0.0
    output.grad += 1.0
    for value in reversed(values):
        for parent, partial in zip(value.parents, value.partials):
            if partial != 0.0:
                parent.grad += value.grad * partial
