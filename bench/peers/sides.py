"""The two sides that are compared: `stepcast up`, and the Node processes in peer/."""

import json
import shutil
import subprocess
from pathlib import Path

from processes import Failure, Process, free_port

HERE = Path(__file__).resolve().parent

# How many pages each side fetches at once.
CONCURRENCY = 64
# Below the limit of `--max-connections`, so that no connection is rejected.
CONNECTIONS_OF_A_PRINCIPAL = 4000


class Side:
    """The servers of one side. Subclasses set `name`, `port`, `folder` and `processes`."""

    name: str
    port: int
    folder: Path
    processes: list[Process]

    def processor_seconds(self) -> dict[str, float]:
        return {process.name: process.processor_seconds() for process in self.processes}

    def total_processor_seconds(self) -> float:
        return sum(self.processor_seconds().values())

    def memory(self) -> float:
        return sum(process.memory() for process in self.processes)

    def peak_memory(self) -> float:
        return sum(process.peak_memory() for process in self.processes)

    def forget_peak(self) -> None:
        for process in self.processes:
            process.forget_peak()

    def tokens(self, principals: range) -> Path:
        """A file with the tokens of these principals, one a line."""
        path = self.folder / f"tokens-{principals.start}-{principals.stop}"
        if not path.exists():
            path.write_text("\n".join(self._make_tokens(principals)) + "\n")
        return path

    def _make_tokens(self, principals: range) -> list[str]:
        raise NotImplementedError

    def write_command(self, suite: dict) -> Path:
        """A file with the command that runs the suite, as this side wants it."""
        path = self.folder / "command"
        path.write_text(self._command(suite))
        return path

    def _command(self, suite: dict) -> str:
        raise NotImplementedError

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.stop()


class Stepcast(Side):
    name = "stepcast"

    def __init__(self, program: Path, folder: Path, keep_data: bool = False):
        self.program = program
        self.folder = folder
        self.data = folder / "stepcast-data"
        if not keep_data:
            shutil.rmtree(self.data, ignore_errors=True)
            self.data.mkdir(mode=0o700)
            for old in folder.glob("tokens-*"):
                old.unlink()
        command = [program, "up", "--json", "--port", "0", "--data-dir", self.data, "--allow-private-targets"]
        command += ["--max-connections", "5000"]
        process = Process("stepcast", command, folder, ready='"ready":true')
        self.processes = [process]
        self.port = int(json.loads(process.ready_line)["http"].rsplit(":", 1)[1])

    def _make_tokens(self, principals: range) -> list[str]:
        command = [self.program, "token", "new", "--role", "admin", "--expires", "1d", "--data-dir", self.data]
        return [
            subprocess.run(
                [*command, "--principal", f"user-{number}"], capture_output=True, text=True, check=True
            ).stdout.strip()
            for number in principals
        ]

    def _command(self, suite: dict) -> str:
        return json.dumps({"action": "run", "id": 1, "suite": suite}, separators=(",", ":"))


class Node(Side):
    name = "node"

    def __init__(self, folder: Path):
        self.folder = folder
        self.port = free_port()
        data = folder / "redis-data"
        shutil.rmtree(data, ignore_errors=True)
        data.mkdir()
        for old in folder.glob("tokens-*"):
            old.unlink()
        redis_port = free_port()
        environment = {
            "NODE_ENV": "production",
            "PORT": str(self.port),
            "REDIS_PORT": str(redis_port),
            "CONCURRENCY": str(CONCURRENCY),
        }
        # The append-only file alone. Snapshots beside it would cost this side more, and keep nothing more.
        redis = ["redis-server", "--port", redis_port, "--bind", "127.0.0.1", "--dir", data, "--save", ""]
        redis += ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory-policy", "noeviction"]
        self.processes = []
        try:
            self.processes.append(Process("redis", redis, folder, ready="Ready to accept connections"))
            for name in ("worker", "server"):
                program = ["node", HERE / f"peer/{name}.js"]
                self.processes.append(Process(name, program, folder, ready="ready", environment=environment))
        except BaseException:
            self.stop()
            raise

    def _make_tokens(self, principals: range) -> list[str]:
        command = ["node", HERE / "peer/token.js", str(principals.start), str(principals.stop)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    def _command(self, suite: dict) -> str:
        return f'421["run",{json.dumps(suite, separators=(",", ":"))}]'


def start(name: str, program: Path, folder: Path) -> Side:
    if name == "stepcast":
        return Stepcast(program, folder)
    if name == "node":
        return Node(folder)
    raise Failure(f"there is no side `{name}`; name `stepcast`, `node` or both, with a comma between them")


def suite(name: str, address: str, tests: int, steps: int = 1) -> dict:
    """A suite that both sides understand: in each step a page with its own query, and three checks of it."""
    expected = [{"status": 200}, {"css": "li.product", "count": 5}, {"css": "#number", "text": "${n}"}]
    joint = "&" if "?" in address else "?"
    made = [
        {"name": f"Step {step}", "get": f"{address}{joint}n=${{n}}&s={step}", "expect": expected}
        for step in range(steps)
    ]
    return {
        "suite": name,
        "defaults": {"host": {"concurrency": CONCURRENCY}, "timeout": "2m"},
        "tests": [{"name": "Page ${n}", "each": {"n": list(range(tests))}, "steps": made}],
    }
