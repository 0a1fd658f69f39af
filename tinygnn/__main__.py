"""`python -m tinygnn` is the `tinygnn` command."""

import sys

from tinygnn.cli import main

if __name__ == "__main__":
    sys.exit(main())
