"""Stepcast is killed in the middle of a job, and started again."""

import collections
import time

from load_generator import Load
from processes import Failure
from report import Metric
from sides import Stepcast, suite
from sites import GatedSite

HELP = "Stepcast alone: time to the verdict after `kill -9` and a restart, with tests in flight"
METRICS = [
    Metric("ready_seconds", "from the restart until it accepts connections, s", "lower"),
    Metric("verdict_seconds", "from the restart to the verdict, s", "lower"),
    Metric("in_flight", "pages that were asked for and not answered at the kill"),
    Metric("asked_again", "pages that were answered twice"),
]


def add_arguments(parser) -> None:
    parser.add_argument("--killed-tests", type=int, default=400, help="tests of the job (default: 400)")


def sides(arguments) -> list[str]:
    return ["stepcast"]


def measure(bench, arguments, name):
    tests = arguments.killed_tests
    site = GatedSite(bench.folder)
    try:
        side = Stepcast(bench.stepcast, bench.folder)
        try:
            command = side.write_command(suite("Killed", f"{site.address}/page", tests))
            generator = Load(bench.load, side, 1, "run", command, "-")
            generator.go()
            job = generator.next_line()["job"]
            # The site answers a page every 5 ms. Stepcast dies when it has about half of them.
            site.open_gate(pace_ms=5)
            answers = []
            deadline = time.monotonic() + 60
            while len(answers) < tests / 2:
                if time.monotonic() > deadline:
                    raise Failure(f"only {len(answers)} of {tests} pages were asked for within 60 s")
                time.sleep(0.01)
                answers += site.take_answers()
            in_flight = site.held()
            generator.kill()
            side.processes[0].kill()
            restarted = time.monotonic()
            side = Stepcast(bench.stepcast, bench.folder, keep_data=True)
            ready = time.monotonic() - restarted
            generator = Load(bench.load, side, 1, "watch", job)
            generator.go()
            result = generator.next_line()
            verdict = time.monotonic() - restarted
            generator.end()
            answers += site.take_answers()
        finally:
            side.stop()
    finally:
        site.stop()
    if result["verdict"] != "passed":
        raise Failure(f"the verdict after the restart is `{result['verdict']}`; it should be `passed`")
    answered = collections.Counter(test for test, _, _ in answers)
    if len(answered) != tests:
        raise Failure(f"only {len(answered)} of {tests} pages were asked for, and yet the job passed")
    yield (
        f"{tests} tests, killed half-way",
        {
            "ready_seconds": round(ready, 3),
            "verdict_seconds": round(verdict, 2),
            "in_flight": in_flight,
            "asked_again": sum(times > 1 for times in answered.values()),
        },
    )
