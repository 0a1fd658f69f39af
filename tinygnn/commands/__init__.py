"""The commands of `tinygnn`, a file each: `add_parser` says what it takes, `run` does it."""
