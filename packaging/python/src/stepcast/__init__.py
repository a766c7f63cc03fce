"""Page tests with live results.

This package contains the ``stepcast`` command and a thin interface to it::

    import asyncio, stepcast

    async def main():
        async with stepcast.check("shop.yaml") as run:
            async for event in run:
                if event["type"] == "test.finished":
                    print(event["outcome"], event["name"])
        print(run.verdict)

    asyncio.run(main())

The events are those of the command's ``--json``, as dictionaries.
"""

from ._program import ProgramNotFound, find_program
from ._run import Run, StepcastError, check, run

__all__ = ["ProgramNotFound", "Run", "StepcastError", "check", "find_program", "run"]
