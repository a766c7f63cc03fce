"""Translates the template as CloudFormation does before it deploys it, and fails if SAM does not understand it.

    translate.py infra/template.yaml target/infra

Writes `template.translated.json`, and `template.everything.json` with everything that conditions may leave out, for
linters that use the defaults of parameters.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

import yaml
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoManagedPolicies:
    """Resolves no managed policies by name: the template names none."""

    def load(self) -> dict[str, str]:
        return {}


def main() -> None:
    template, folder = Path(sys.argv[1]), Path(sys.argv[2])
    # SAM asks for the partition it is in.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    try:
        translated = transform(packaged(yaml_parse(template.read_text())), {}, NoManagedPolicies())
    except yaml.YAMLError as error:
        sys.exit(f"{template} is not YAML: {error}")
    except InvalidDocumentException as error:
        sys.exit("\n".join([str(error.message), *(str(cause.message) for cause in error.causes)]))
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "template.translated.json", translated)
    for resource in translated["Resources"].values():
        resource.pop("Condition", None)
    write(folder / "template.everything.json", translated)


def packaged(template: dict[str, Any]) -> dict[str, Any]:
    """Returns the template as `sam package` writes it."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": "packages", "Key": "bootstrap.zip"}
    return template


def write(path: Path, template: dict[str, Any]) -> None:
    path.write_text(json.dumps(template, indent=2) + "\n")


if __name__ == "__main__":
    main()
