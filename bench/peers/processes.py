"""Starts and ends processes, and reads their processor time and memory."""

import os
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Failure(Exception):
    """What happened, and what to do next."""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Process:
    """A process whose output goes to a file. It is ready when a line of its output contains `ready`."""

    def __init__(self, name: str, command: list, folder: Path, ready: str = "", environment: dict | None = None):
        self.name = name
        self.log = folder / f"{name}.log"
        with open(self.log, "w") as log:
            self.started = subprocess.Popen(
                [str(word) for word in command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
            )
        self.id = self.started.pid
        if ready:
            try:
                self.ready_line = self._wait_for(ready)
            except BaseException:
                self.stop()
                raise

    def _wait_for(self, ready: str) -> str:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.started.poll() is None:
            for line in self.log.read_text(errors="replace").splitlines():
                if ready in line:
                    return line
            time.sleep(0.01)
        raise Failure(f"{self.name} did not start; its output was:\n{self.log.read_text(errors='replace')[-2000:]}")

    def stop(self) -> None:
        if self.started.poll() is None:
            self.started.send_signal(signal.SIGTERM)
            try:
                self.started.wait(20)
            except subprocess.TimeoutExpired:
                self.started.kill()
        self.started.wait()

    def kill(self) -> None:
        self.started.kill()
        self.started.wait()

    def processor_seconds(self) -> float:
        """User and system time, with that of ended children, such as those in which Redis rewrites its file."""
        fields = Path(f"/proc/{self.id}/stat").read_text().rsplit(") ", 1)[1].split()
        return sum(map(int, fields[11:15])) / TICKS_PER_SECOND

    def _megabytes(self, key: str) -> float:
        status = Path(f"/proc/{self.id}/status").read_text()
        return int(re.search(rf"{key}:\s+(\d+)", status).group(1)) / 1024

    def memory(self) -> float:
        return self._megabytes("VmRSS")

    def peak_memory(self) -> float:
        return self._megabytes("VmHWM")

    def forget_peak(self) -> None:
        Path(f"/proc/{self.id}/clear_refs").write_text("5")
