"""Chapter 1: tanh as an operation; its local derivative is 1 - tanh² x."""

import math

from tinygnn import Value


def tanh(x):
    t = math.tanh(x.data)
    return Value(t, (x,), (1.0 - t * t,), "tanh")
