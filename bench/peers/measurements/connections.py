"""Many connections that do nothing."""

import resource
import time

from load_generator import Load
from measurements import numbers
from processes import Failure
from report import Metric
from sides import start

HELP = "idle connections: time to open them, memory of each, processor time"
METRICS = [
    Metric("open_seconds", "time to open them, s", "lower"),
    Metric("kilobytes_each", "memory of one, KB", "lower"),
    Metric("idle_ms_per_second", "processor time while idle, ms a second", "lower"),
]


def add_arguments(parser) -> None:
    parser.add_argument("--connections", type=numbers, default=[1000, 10000], help="default: 1000,10000")
    parser.add_argument(
        "--idle-seconds",
        type=float,
        default=30,
        help="how long they are idle (default: 30, in which Socket.IO pings each once)",
    )


def sides(arguments) -> list[str]:
    return arguments.sides


def measure(bench, arguments, name):
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for connections in arguments.connections:
        if connections + 500 > most:
            raise Failure(
                f"{connections} connections need as many open files, and the limit is {most}; "
                f"raise it with `ulimit -Hn {connections + 1000}` as root, or choose fewer with --connections"
            )
        # Servers of their own, because memory that was used before would be used again.
        side = start(name, bench.stepcast, bench.folder)
        try:
            yield f"{connections:,} connections", _open(bench, side, connections, arguments.idle_seconds)
        finally:
            side.stop()


def _open(bench, side, connections: int, idle_seconds: float) -> dict:
    # One connection first: what a server allocates for the first one is not the price of each.
    Load(bench.load, side, 1, "idle").end()
    time.sleep(2)
    memory_before, processor_before = side.memory(), side.total_processor_seconds()
    generator = Load(bench.load, side, connections, "idle")
    try:
        time.sleep(3)
        opening = side.total_processor_seconds() - processor_before
        processor_before, started = side.total_processor_seconds(), time.monotonic()
        time.sleep(idle_seconds)
        used = side.total_processor_seconds() - processor_before
        seconds = time.monotonic() - started
        memory = side.memory() - memory_before
        if generator.started.poll() is not None:
            generator.next_line()
    finally:
        generator.kill()
    return {
        "open_seconds": generator.connected["seconds"],
        "kilobytes_each": round(memory * 1024 / connections, 2),
        "idle_ms_per_second": round(used / seconds * 1000, 3),
        "opening_processor_us_each": round(opening / connections * 1e6, 1),
    }
