"""Drives the load generator, which is the C program in load/."""

import json
import struct
import subprocess
from pathlib import Path

from processes import Failure
from sides import CONNECTIONS_OF_A_PRINCIPAL, Side

ARRIVAL = struct.Struct("<IIIIQ")
STEP_FINISHED, TEST_FINISHED = 0, 1


class Load:
    """One run of the load generator. Its connections are open when this returns; it goes on at `go`."""

    def __init__(self, program: Path, side: Side, connections: int, *mode, principals: range | None = None):
        principals = principals or range(-(-connections // CONNECTIONS_OF_A_PRINCIPAL))
        words = [program, side.name, side.port, side.tokens(principals), connections, *mode]
        pipes = {stream: subprocess.PIPE for stream in ("stdin", "stdout", "stderr")}
        self.started = subprocess.Popen([str(word) for word in words], text=True, **pipes)
        self.connected = self.next_line()

    def next_line(self) -> dict:
        line = self.started.stdout.readline()
        if not line:
            raise Failure(self.started.communicate()[1].strip() or "the load generator ended without a word")
        return json.loads(line)

    def go(self) -> None:
        self.started.stdin.write("\n")
        self.started.stdin.flush()

    def end(self) -> None:
        """Closes standard input, on which an idle load generator waits."""
        self.started.communicate()

    def kill(self) -> None:
        self.started.kill()
        self.started.communicate()


def compile_program(folder: Path) -> Path:
    program = folder / "load"
    sources = sorted((Path(__file__).resolve().parent / "load").glob("*.c"))
    command = ["gcc", "-O2", "-Wall", "-Wextra", "-o", program, *sources]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Failure(
            f"the load generator does not compile:\n{done.stderr}\n"
            "if a header is missing, install the Debian package `libc6-dev`"
        )
    return program


def delays(arrivals: Path, answers: list, kind: int) -> list[float]:
    """The milliseconds from each answer of the site to the arrival of its result, sorted."""
    answered = {(test, step): at for test, step, at in answers}
    found = []
    for arrived, test, step, _, at in ARRIVAL.iter_unpack(arrivals.read_bytes()):
        if arrived == kind:
            found.append((at - answered[test, step]) / 1e6)
    return sorted(found)


def percentile(values: list[float], share: float) -> float:
    return round(values[min(len(values) - 1, int(len(values) * share))], 2)
