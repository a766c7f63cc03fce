"""``python -m stepcast``: the command, with its exit codes and signals."""

import os
import sys

from ._program import find_program

if __name__ == "__main__":
    program = find_program()
    # In place of this process, so that signals and the exit code are the command's own.
    os.execv(program, [program, *sys.argv[1:]])
