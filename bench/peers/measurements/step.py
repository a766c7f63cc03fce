"""The delay of a step to the one client that runs the job."""

from load_generator import STEP_FINISHED, Load, delays, percentile
from measurements.jobs import check
from report import Metric
from sides import start, suite
from sites import GatedSite

HELP = "delay from a page's answer to `step.finished` at one watcher"
METRICS = [
    Metric("p50_ms", "delay, p50, ms", "lower"),
    Metric("p99_ms", "delay, p99, ms", "lower"),
]
STEPS = 50
ANSWER_MS = 20


def add_arguments(parser) -> None:
    parser.add_argument("--jobs", type=int, default=8, help=f"jobs of one test with {STEPS} steps (default: 8)")


def sides(arguments) -> list[str]:
    return arguments.sides


def measure(bench, arguments, name):
    site = GatedSite(bench.folder)
    try:
        side = start(name, bench.stepcast, bench.folder)
        try:
            site.open_gate(delay_ms=ANSWER_MS)
            found = []
            # The first job is a warm-up.
            for job in range(arguments.jobs + 1):
                ones = _run(bench, side, site)
                if job:
                    found += ones
            found.sort()
            yield (
                f"{STEPS} steps, each answered after {ANSWER_MS} ms",
                {"p50_ms": percentile(found, 0.5), "p99_ms": percentile(found, 0.99), "steps": len(found)},
            )
        finally:
            side.stop()
    finally:
        site.stop()


def _run(bench, side, site) -> list[float]:
    arrivals = bench.folder / "arrivals"
    command = side.write_command(suite("Steps", f"{site.address}/page", 1, STEPS))
    site.take_answers()
    generator = Load(bench.load, side, 1, "run", command, arrivals)
    generator.go()
    generator.next_line()
    result = generator.next_line()
    generator.end()
    check(result, 1)
    return delays(arrivals, site.take_answers(), STEP_FINISHED)
