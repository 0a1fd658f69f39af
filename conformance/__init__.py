"""The conformance suite: are an implementation's numbers and gradients right?

A `Case` is data with a permanent id, and a `Vector` is a case with its right answer. A `Backend` runs cases
and returns `Result`s; `check` compares these with the right answers and gives a `Report` of `Outcome`s, each
with a verdict; `parametrize` makes one pytest test of each case. On the command line it is
`tinygnn conformance`. Nothing here imports torch until a backend that needs it is made.
"""

from tinygnn.conformance.api import Report as Report
from tinygnn.conformance.api import check as check
from tinygnn.conformance.case import Backend as Backend
from tinygnn.conformance.case import Case as Case
from tinygnn.conformance.case import Failed as Failed
from tinygnn.conformance.case import Result as Result
from tinygnn.conformance.case import Unsupported as Unsupported
from tinygnn.conformance.cases import all_cases as all_cases
from tinygnn.conformance.conforms import assert_conforms as assert_conforms
from tinygnn.conformance.own_report import Conformance as Conformance
from tinygnn.conformance.parametrization import parametrize as parametrize
from tinygnn.conformance.runner import Outcome as Outcome
from tinygnn.conformance.runner import run_cases as run_cases
from tinygnn.conformance.vectors import Vector as Vector
from tinygnn.conformance.vectors import find_vector as find_vector
from tinygnn.conformance.vectors import load_vectors as load_vectors
