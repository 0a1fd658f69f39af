"""What happened in a forward and a backward pass, to be looked at."""

from tinygnn.explain.dot import to_dot as to_dot
from tinygnn.explain.draw import draw as draw
from tinygnn.explain.page import explain as explain
from tinygnn.explain.record import record as record
