"""Short commands: `ping`, and `jobs` with the limit 1."""

from load_generator import Load
from measurements.jobs import run_job
from report import Metric
from sides import start, suite
from sites import Nginx

HELP = "`ping` and `jobs`: processor time each, p50, p99"
METRICS = [
    Metric("processor_us_each", "processor time each, µs", "lower"),
    Metric("p50_us", "p50, µs", "lower"),
    Metric("p99_us", "p99, µs", "lower"),
]
# `stepcast up` takes 1,000 commands a second from a principal, on average over ten seconds. So each connection has a
# principal of its own, which sends fewer than ten thousand, and then no more.
MOST_OF_A_CONNECTION = 9000


def add_arguments(parser) -> None:
    parser.add_argument("--seconds", type=float, default=5, help="how long to ask at most (default: 5)")


def sides(arguments) -> list[str]:
    return arguments.sides


def measure(bench, arguments, name):
    site = Nginx(bench.folder)
    try:
        side = start(name, bench.stepcast, bench.folder)
        try:
            # So that there is a job to list.
            run_job(bench.load, side, suite("Listed", f"{site.address}/small.html", 100), 100)
            first = 1
            for connections in (1, 32):
                for command in ("ping", "jobs"):
                    for seconds in (1, arguments.seconds):  # The first is a warm-up.
                        principals = range(first, first + connections)
                        first += connections
                        values = _ask(bench, side, principals, command, seconds)
                    yield f"`{command}`, {connections} connection{'s' if connections > 1 else ''}", values
        finally:
            side.stop()
    finally:
        site.stop()


def _ask(bench, side, principals: range, command: str, seconds: float) -> dict:
    mode = ("ask", command, seconds, MOST_OF_A_CONNECTION)
    generator = Load(bench.load, side, len(principals), *mode, principals=principals)
    before = side.total_processor_seconds()
    generator.go()
    result = generator.next_line()
    used = side.total_processor_seconds() - before
    generator.end()
    return {
        "processor_us_each": round(used / result["answers"] * 1e6, 2),
        "p50_us": result["p50_us"],
        "p99_us": result["p99_us"],
        "answers": result["answers"],
        "answers_per_second": round(result["answers"] / result["seconds"]),
    }
