"""The conformance suite: are an implementation's numbers and gradients right?

A `Case` is data with a permanent id; a `Backend` runs it and returns a `Result`; `check` runs all cases,
compares the results with the expected ones and gives a `Report` of `Outcome`s, each with a verdict;
`parametrize` makes one pytest test of each case. On the command line it is `tinygnn conformance`. Nothing
here imports torch until a backend that needs it is made.
"""

from tinygnn.conformance.api import Report as Report
from tinygnn.conformance.api import check as check
from tinygnn.conformance.case import Backend as Backend
from tinygnn.conformance.case import Case as Case
from tinygnn.conformance.case import Result as Result
from tinygnn.conformance.case import Unsupported as Unsupported
from tinygnn.conformance.cases import all_cases as all_cases
from tinygnn.conformance.conforms import Conformance as Conformance
from tinygnn.conformance.conforms import assert_conforms as assert_conforms
from tinygnn.conformance.parametrization import parametrize as parametrize
from tinygnn.conformance.runner import Outcome as Outcome
from tinygnn.conformance.runner import run_cases as run_cases
