"""Chapter 3: a layer of neurons, each a weighted sum and a bias."""


def neuron(inputs, weights, bias):
    total = bias
    for x, w in zip(inputs, weights):
        total = total + x * w
    return total


def layer(x, weight, bias=None):
    offsets = [0.0] * len(weight) if bias is None else bias
    return [[neuron(row, weights, offset) for weights, offset in zip(weight, offsets)] for row in x]
