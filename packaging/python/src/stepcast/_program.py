"""Finds the command that was installed with this package."""

from __future__ import annotations

import os
import shutil
import sysconfig


class ProgramNotFound(FileNotFoundError):
    """The command is neither beside this package nor in ``PATH``."""


def find_program() -> str:
    """Return the path of the ``stepcast`` command.

    The command of the environment this package is installed in comes first, so that both have the same version.
    """
    name = "stepcast" + (sysconfig.get_config_var("EXE") or "")
    for folder in _script_folders():
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    found = shutil.which("stepcast")
    if found is None:
        raise ProgramNotFound(
            "the `stepcast` command is not installed; install it with `pip install --force-reinstall stepcast`"
        )
    return found


def _script_folders() -> list[str]:
    folders = [sysconfig.get_path("scripts"), sysconfig.get_path("scripts", scheme=_user_scheme())]
    # `pip install --target DIR` puts commands into `DIR/bin`.
    package = os.path.dirname(os.path.abspath(__file__))
    return [*folders, os.path.join(os.path.dirname(package), "bin")]


def _user_scheme() -> str:
    # Python 3.10 has a public name for this; 3.9 does not.
    preferred = getattr(sysconfig, "get_preferred_scheme", None)
    return preferred("user") if preferred else f"{os.name}_user"
