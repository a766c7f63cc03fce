#!/usr/bin/env python3
"""Measures how fast each Lambda function is ready: from the start of its process to its first request for an event.

    bench/cold_start.py [--runs 20] [FOLDER]

FOLDER holds the packages from `make package` (default: target/lambda-functions). Prints, for each function, the size
of its package and of its program, the time from the start of the process to the first `next` of the runtime API
(https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html), and the peak memory at that moment.
"""

import argparse
import os
import re
import socket
import statistics
import subprocess
import tempfile
import time
import zipfile
from pathlib import Path

ENVIRONMENT = {
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "AWS_LAMBDA_FUNCTION_VERSION": "1",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "group",
    "AWS_LAMBDA_LOG_STREAM_NAME": "stream",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "AKIDBENCH",
    "AWS_SECRET_ACCESS_KEY": "none",
    "STEPCAST_TABLE": "stepcast",
    "STEPCAST_QUEUE_URL": "http://127.0.0.1:9/queue",
    "STEPCAST_DEAD_LETTER_URL": "http://127.0.0.1:9/dead-letters",
    "STEPCAST_PUSH_ENDPOINT": "http://127.0.0.1:9",
    "STEPCAST_SECRET": "a secret of nobody",
}


def first_next(program: Path) -> tuple[float, int]:
    """Returns the milliseconds until the program requests an event, and its peak memory in KiB at that moment."""
    with socket.create_server(("127.0.0.1", 0)) as runtime:
        port = runtime.getsockname()[1]
        environment = {**ENVIRONMENT, "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}"}
        start = time.perf_counter()
        process = subprocess.Popen([program], env=environment, stdout=subprocess.DEVNULL)
        try:
            runtime.settimeout(10)
            connection, _ = runtime.accept()
            with connection:
                request = connection.recv(4096)
                elapsed = (time.perf_counter() - start) * 1000
                assert b"/invocation/next" in request, request
                status = Path(f"/proc/{process.pid}/status").read_text()
                return elapsed, int(re.search(r"VmHWM:\s+(\d+)", status).group(1))
        finally:
            process.kill()
            process.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("target/lambda-functions"))
    arguments = parser.parse_args()
    print(f"{'function':<12}{'package':>10}{'program':>10}{'first next':>22}{'peak memory':>14}")
    with tempfile.TemporaryDirectory() as folder:
        for package in sorted(arguments.folder.glob("*/bootstrap.zip")):
            name = package.parent.name
            zipfile.ZipFile(package).extract("bootstrap", Path(folder) / name)
            program = Path(folder) / name / "bootstrap"
            os.chmod(program, 0o755)
            first_next(program)  # Once for the page cache.
            runs = [first_next(program) for _ in range(arguments.runs)]
            times = [elapsed for elapsed, _ in runs]
            memory = statistics.median(peak for _, peak in runs) / 1024
            print(
                f"{name:<12}{package.stat().st_size / 1e6:>7.2f} MB{program.stat().st_size / 1e6:>7.2f} MB"
                f"{statistics.median(times):>9.1f} ms (min {min(times):.1f}){memory:>9.1f} MiB"
            )


if __name__ == "__main__":
    main()
