"""Many watchers of one job: what their events cost, and how late they are."""

import time

from load_generator import STEP_FINISHED, TEST_FINISHED, Load, delays, percentile
from measurements import numbers
from measurements.jobs import check
from processes import Failure
from report import Metric
from sides import CONCURRENCY, start, suite
from sites import GatedSite

HELP = "watchers of one job: events a second of processor time, delay from the page's answer to a watcher"
METRICS = [
    Metric("events_per_processor_second", "events a second of processor time", "higher"),
    Metric("results_per_processor_second", "results (`test.finished`) a second of processor time", "higher"),
    Metric("step_p50_ms", "delay of `step.finished`, p50, ms", "lower"),
    Metric("step_p99_ms", "the same, p99, ms", "lower"),
    Metric("test_p50_ms", "delay of `test.finished`, p50, ms", "lower"),
    Metric("test_p99_ms", "the same, p99, ms", "lower"),
]
ANSWER_MS = 50
# Several principals, as in a team.
PRINCIPALS = range(8)


def add_arguments(parser) -> None:
    parser.add_argument("--watchers", type=numbers, default=[200, 1000], help="default: 200,1000")
    parser.add_argument("--watched-tests", type=int, default=200, help="tests of the job (default: 200)")
    parser.add_argument(
        "--paces",
        type=numbers,
        default=[0, 100],
        help="the site answers one page every so many milliseconds; with 0 all it is asked for (default: 0,100)",
    )


def sides(arguments) -> list[str]:
    return arguments.sides


def measure(bench, arguments, name):
    tests = arguments.watched_tests
    site = GatedSite(bench.folder)
    try:
        side = start(name, bench.stepcast, bench.folder)
        try:
            # A first job, so that neither side compiles or allocates for the first time in one that counts.
            _watch(bench, side, site, 2, tests, 0)
            for pace in arguments.paces:
                speed = f"one page every {pace} ms" if pace else "as fast as it goes"
                for watchers in arguments.watchers:
                    yield f"{watchers:,} watchers, {speed}", _watch(bench, side, site, watchers, tests, pace)
        finally:
            side.stop()
    finally:
        site.stop()


def _watch(bench, side, site, watchers: int, tests: int, pace: int) -> dict:
    arrivals = bench.folder / "arrivals"
    command = side.write_command(suite("Watched", f"{site.address}/page", tests))
    site.close_gate()
    site.take_answers()
    # The connection that runs the job is a watcher too.
    generator = Load(bench.load, side, watchers, "run", command, arrivals, principals=PRINCIPALS)
    try:
        generator.go()
        generator.next_line()
        _wait_until_held(site, min(CONCURRENCY, tests))
        before = side.processor_seconds()
        site.open_gate(delay_ms=ANSWER_MS, pace_ms=pace)
        opened = time.monotonic()
        result = generator.next_line()
        seconds = time.monotonic() - opened
        generator.end()
    finally:
        generator.kill()
    time.sleep(0.5)
    after = side.processor_seconds()
    check(result, tests)
    if result["tests_finished"] < tests * watchers:
        raise Failure(f"{watchers} watchers of {tests} tests got only {result['tests_finished']} results")
    answers = site.take_answers()
    steps, results = (delays(arrivals, answers, kind) for kind in (STEP_FINISHED, TEST_FINISHED))
    processor = {process: round(after[process] - before[process], 3) for process in after}
    used = max(sum(processor.values()), 0.01)
    return {
        "events_per_processor_second": round(result["events"] / used),
        # The sides differ in how many tests they have told of when the gate opens; results they have equally many.
        "results_per_processor_second": round(result["tests_finished"] / used),
        "step_p50_ms": percentile(steps, 0.5),
        "step_p99_ms": percentile(steps, 0.99),
        "test_p50_ms": percentile(results, 0.5),
        "test_p99_ms": percentile(results, 0.99),
        "events": result["events"],
        "frames": result["frames"],
        "bytes": result["bytes"],
        "steps_finished": result["steps_finished"],
        "seconds": round(seconds, 2),
        "processor_seconds": processor,
        "load_processor_seconds": result["load_processor_seconds"],
    }


def _wait_until_held(site, wanted: int) -> None:
    deadline = time.monotonic() + 30
    while site.held() < wanted:
        if time.monotonic() > deadline:
            raise Failure(f"only {site.held()} of {wanted} pages were asked for within 30 s")
        time.sleep(0.05)
