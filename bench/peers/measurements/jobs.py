"""Runs a job over one connection. Several measurements do that."""

import time

from load_generator import Load
from processes import Failure
from sides import Side


def check(result: dict, tests: int) -> None:
    """A job counts only if each test has one result, and all of them passed."""
    if result["verdict"] != "passed" or result["distinct_results"] != tests:
        raise Failure(f"a job of {tests} tests ended otherwise than it should: {result}")


def run_job(load, side: Side, suite: dict, tests: int) -> dict:
    """Runs the suite, and returns what the load generator saw, with the processor time of the servers."""
    command = side.write_command(suite)
    generator = Load(load, side, 1, "run", command, "-")
    before = side.processor_seconds()
    generator.go()
    generator.next_line()
    result = generator.next_line()
    generator.end()
    # What a side does after the verdict, such as writing what it had put off, is part of the job.
    time.sleep(0.5)
    after = side.processor_seconds()
    check(result, tests)
    result["processor_seconds"] = {name: round(after[name] - before[name], 3) for name in after}
    return result
