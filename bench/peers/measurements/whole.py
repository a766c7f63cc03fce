"""Processor time, wall time, memory and events of whole jobs."""

from measurements import numbers
from measurements.jobs import run_job
from report import Metric
from sides import start, suite
from sites import Nginx

HELP = "jobs of many tests: processor time a test, time to the verdict, memory, events"
METRICS = [
    Metric("processor_ms_per_test", "processor time a test, ms", "lower"),
    Metric("wall_seconds", "time to the verdict, s", "lower"),
    Metric("peak_megabytes", "peak memory, MB", "lower"),
    Metric("events_per_test", "events a test"),
]


def add_arguments(parser) -> None:
    parser.add_argument("--tests", type=numbers, default=[1000, 10000], help="sizes of the jobs (default: 1000,10000)")
    parser.add_argument("--warm-up", type=int, default=1000, help="tests of a job before them (default: 1000)")


def sides(arguments) -> list[str]:
    return arguments.sides


def measure(bench, arguments, name):
    site = Nginx(bench.folder)
    try:
        side = start(name, bench.stepcast, bench.folder)
        try:
            address = f"{site.address}/small.html"
            run_job(bench.load, side, suite("Warm-up", address, arguments.warm_up), arguments.warm_up)
            for tests in arguments.tests:
                side.forget_peak()
                result = run_job(bench.load, side, suite(f"{tests} pages", address, tests), tests)
                processor = result["processor_seconds"]
                yield (
                    f"{tests:,} tests",
                    {
                        "processor_ms_per_test": round(sum(processor.values()) / tests * 1000, 4),
                        "wall_seconds": result["seconds"],
                        "peak_megabytes": round(side.peak_memory(), 1),
                        "events_per_test": round(result["events"] / tests, 3),
                        "frames": result["frames"],
                        "processor_seconds": processor,
                        "load_processor_seconds": result["load_processor_seconds"],
                    },
                )
        finally:
            side.stop()
    finally:
        site.stop()
