"""Checks that the table of parameters in the README lists those of the template, with their defaults.

    parameters.py infra/template.yaml infra/README.md
"""

import re
import sys
from pathlib import Path

from samtranslator.yaml_helper import yaml_parse

ROW = re.compile(r"^\| `(?P<name>[A-Z]\w+)` \| (?P<default>none|`.*?`) \|", re.MULTILINE)


def main() -> None:
    template, readme = Path(sys.argv[1]), Path(sys.argv[2])
    parameters = yaml_parse(template.read_text())["Parameters"]
    defaults = {name: str(parameter["Default"]) for name, parameter in parameters.items()}
    rows = ROW.finditer(readme.read_text())
    shown = {row["name"]: "" if row["default"] == "none" else row["default"].strip("`") for row in rows}
    wrong = [name for name in {**defaults, **shown} if defaults.get(name) != shown.get(name)]
    if wrong:
        sys.exit(f"{readme}: the table of parameters is not the template's: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
