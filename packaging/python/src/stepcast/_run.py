"""Runs the command and reads its events."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Optional, Union

from ._program import find_program

Event = dict[str, Any]
Path = Union[str, "os.PathLike[str]"]

# The longest line is an event of 128 KB, and JSON on standard output escapes what a terminal would obey.
_LONGEST_LINE = 16 * 1024 * 1024


class StepcastError(Exception):
    """The command ended without a verdict: its arguments or its suite are wrong, or it could not tell."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        #: The exit code of the command; 128 and the number of a signal if one ended it
        self.exit_code = exit_code


class Run:
    """A run of the command.

    Iterate over it for its events, as they happen. Leaving the ``async with`` block early ends the command; a job on a
    server goes on.
    """

    def __init__(self, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._process: Optional[asyncio.subprocess.Process] = None
        self._messages: Optional[asyncio.Task[bytes]] = None
        #: The last event, ``job.finished``, once it has come; of several suites the last one's
        self.finished: Optional[Event] = None
        #: The exit code of the command, once it has ended
        self.exit_code: Optional[int] = None

    @property
    def verdict(self) -> Optional[str]:
        """``passed``, ``failed``, ``errored``, ``cancelled`` or ``empty``; ``None`` before the end."""
        return self.finished["verdict"] if self.finished else None

    @property
    def passed(self) -> bool:
        """Whether the command ended and everything passed."""
        return self.exit_code == 0

    async def __aenter__(self) -> Run:
        self._process = await asyncio.create_subprocess_exec(
            find_program(),
            *self._arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **self._environment},
            limit=_LONGEST_LINE,
        )
        assert self._process.stderr is not None
        # Read at once: a full pipe would stop the command.
        self._messages = asyncio.create_task(self._process.stderr.read())
        return self

    async def __aexit__(self, *_: object) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(process.wait(), timeout=10)
            except asyncio.TimeoutError:
                process.kill()
                await process.wait()
        if self._messages is not None:
            await self._messages
        if process is not None:
            self.exit_code = _exit_code(process.returncode)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._events()

    async def _events(self) -> AsyncIterator[Event]:
        if self._process is None:
            async with self:
                async for event in self._events():
                    yield event
            return
        assert self._process.stdout is not None and self._messages is not None
        async for line in self._process.stdout:
            event = json.loads(line)
            if event["type"] == "job.finished":
                self.finished = event
            yield event
        self.exit_code = _exit_code(await self._process.wait())
        if self.finished is None:
            messages = (await self._messages).decode(errors="replace").strip()
            raise StepcastError(messages or f"the command ended with {self.exit_code}", self.exit_code)


def run(
    suite: Path,
    *,
    url: Optional[str] = None,
    token: Optional[str] = None,
    variables: Optional[Mapping[str, str]] = None,
    secrets: Optional[Mapping[str, str]] = None,
    labels: Optional[Mapping[str, str]] = None,
    tags: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> Run:
    """Run a suite file, or a stored suite by its name, on a server.

    ``url`` and ``token`` are by default those of ``STEPCAST_URL`` and ``STEPCAST_TOKEN``. ``arguments`` are further ones
    of ``stepcast run``. Iterating over the result raises :class:`StepcastError` if there is no verdict.
    """
    environment = {"STEPCAST_URL": url, "STEPCAST_TOKEN": token}
    given = {name: value for name, value in environment.items() if value is not None}
    named = [part for name, value in (labels or {}).items() for part in ("--label", f"{name}={value}")]
    return _start("run", [suite], [*named, *arguments], variables, secrets, tags, given)


def check(
    *suites: Path,
    variables: Optional[Mapping[str, str]] = None,
    secrets: Optional[Mapping[str, str]] = None,
    tags: Sequence[str] = (),
    arguments: Sequence[str] = (),
) -> Run:
    """Run suite files in a process on this machine, without a server.

    ``arguments`` are further ones of ``stepcast check``. Iterating over the result raises :class:`StepcastError` if
    there is no verdict.
    """
    return _start("check", suites, arguments, variables, secrets, tags, {})


def _start(
    command: str,
    suites: Sequence[Path],
    arguments: Sequence[str],
    variables: Optional[Mapping[str, str]],
    secrets: Optional[Mapping[str, str]],
    tags: Sequence[str],
    environment: Mapping[str, str],
) -> Run:
    named = [part for name, value in (variables or {}).items() for part in ("--var", f"{name}={value}")]
    # Everybody on the machine can read the arguments of a command, so it takes secrets from its environment.
    hidden = [part for name in secrets or {} for part in ("--secret", name)]
    chosen = ["--tags", ",".join(tags)] if tags else []
    whole = [command, "--json", "-", *named, *hidden, *chosen, *arguments, "--", *(os.fspath(suite) for suite in suites)]
    return Run(whole, {**environment, **(secrets or {})})


def _exit_code(code: Optional[int]) -> int:
    if code is None:
        return 3
    return 128 - code if code < 0 else code
