"""`python -m tinygnn.conformance` is the command `tinygnn conformance`."""

import sys

from tinygnn.conformance.cli import run

sys.exit(run(sys.argv[1:]))
