#!/usr/bin/env -S python3 -B
"""Compares `stepcast up` with what a Node team would build for the same job. README.md says how, and what is unfair.

    bench/peers/run.py all                                # everything, about half an hour
    bench/peers/run.py whole --tests 1000 --repeat 5
    bench/peers/run.py watchers --sides stepcast

Each result is a line of JSON on standard output, and a table of medians follows. Progress goes to standard error.
The program is $STEPCAST, otherwise target/release/stepcast.
"""

import argparse
import os
import platform
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from measurements import Bench, commands, connections, engine, recovery, step, watchers, whole
from load_generator import compile_program
from processes import Failure
from report import Results

HERE = Path(__file__).resolve().parent
MEASUREMENTS = {
    "whole": whole,
    "watchers": watchers,
    "commands": commands,
    "connections": connections,
    "step": step,
    "recovery": recovery,
    "engine": engine,
}
PACKAGES = {"nginx": "nginx-light", "redis-server": "redis-server", "gcc": "gcc libc6-dev"}


def read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    subparsers = parser.add_subparsers(dest="measurement", required=True)
    for name, measurement in {**MEASUREMENTS, "all": None}.items():
        subparser = subparsers.add_parser(name, help=measurement.HELP if measurement else "all of these")
        subparser.add_argument("--repeat", type=int, default=3, help="how often to measure each side (default: 3)")
        subparser.add_argument(
            "--sides", type=lambda text: text.split(","), default=["stepcast", "node"], help="default: stepcast,node"
        )
        for added in [measurement] if measurement else MEASUREMENTS.values():
            added.add_arguments(subparser)
    return parser.parse_args()


def find_stepcast() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR", HERE.parents[1] / "target"))
    program = Path(os.environ.get("STEPCAST") or target / "release/stepcast").resolve()
    if not os.access(program, os.X_OK):
        raise Failure(
            f"`{program}` is not a program; "
            "build it with `cargo build --release -p stepcast`, or name another with STEPCAST"
        )
    return program


def need_programs() -> None:
    missing = [program for program in PACKAGES if not shutil.which(program, path=search_path())]
    if missing:
        packages = " ".join(PACKAGES[program] for program in missing)
        raise Failure(f"{', '.join(missing)} missing; install it, on Debian with `apt-get install {packages}`")
    if not shutil.which("node") or not shutil.which("npm"):
        raise Failure("node or npm is missing; install Node 20.19 or newer from https://nodejs.org")


def search_path() -> str:
    # Debian puts nginx where only root looks.
    return os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def install_packages() -> None:
    peer = HERE / "peer"
    installed = peer / "node_modules/.package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= (peer / "package-lock.json").stat().st_mtime:
        return
    print("npm ci in bench/peers/peer", file=sys.stderr)
    # None of the packages needs an install script.
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    if subprocess.run(command, cwd=peer, stdout=sys.stderr).returncode:
        raise Failure("npm could not install the packages of bench/peers/peer; its output is above")
    installed.touch()


def raise_limit_of_files() -> None:
    """Every connection is an open file. Processes inherit the limit."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def describe_machine() -> str:
    def first_line(*command: str) -> str:
        return subprocess.run(command, capture_output=True, text=True).stdout.split("\n")[0]

    lines = Path("/proc/cpuinfo").read_text().splitlines()
    models = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    model = models[0] if models else platform.machine()
    redis = first_line("redis-server", "--version").split(" ")[2].replace("v=", "Redis ")
    return f"{os.cpu_count()} × {model}, Linux {platform.release()}, Node {first_line('node', '--version')}, {redis}"


def measure_all(arguments: argparse.Namespace, bench: Bench) -> None:
    names = list(MEASUREMENTS) if arguments.measurement == "all" else [arguments.measurement]
    results = Results()
    try:
        for name in names:
            measurement = MEASUREMENTS[name]
            for repeat in range(arguments.repeat):
                sides = measurement.sides(arguments)
                # Whoever comes second may find a warmer machine, or a more tired one. So they take turns.
                for side in sides if repeat % 2 == 0 else sides[::-1]:
                    print(f"{name}: {side}, {repeat + 1} of {arguments.repeat}", file=sys.stderr)
                    for case, values in measurement.measure(bench, arguments, side):
                        results.add(name, case, side, repeat + 1, values)
    finally:
        # What was measured before a failure, or before Ctrl-C, is still worth reading.
        if results.rows:
            print(f"\n{describe_machine()}. Medians of {arguments.repeat}.")
            print("The ratio says how many times better Stepcast is; below 1 it is worse.")
        for name in names:
            if any(row["measurement"] == name for row in results.rows):
                print(f"\n### {name}\n\n{results.table(name, MEASUREMENTS[name].METRICS)}")


def main() -> None:
    arguments = read_arguments()
    # So that an end by signal ends the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        stepcast = find_stepcast()
        need_programs()
        os.environ["PATH"] = search_path()
        install_packages()
        raise_limit_of_files()
        with tempfile.TemporaryDirectory(prefix="stepcast-peers-") as folder:
            measure_all(arguments, Bench(stepcast, compile_program(Path(folder)), Path(folder)))
    except Failure as failure:
        sys.exit(f"error: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
