"""The deployment that a configuration of SAM names."""

import sys
from pathlib import Path

import boto3
import tomlkit
from botocore.exceptions import ClientError


class Deployment:
    def __init__(self, config: Path) -> None:
        """Reads what `sam deploy --guided` has kept."""
        if not config.exists():
            sys.exit(f"`{config}` is missing\n\nhint: `scripts/deploy` makes it")
        settings = tomlkit.parse(config.read_text()).unwrap()["default"]["deploy"]["parameters"]
        self.stack: str = settings["stack_name"]
        self.session = boto3.Session(region_name=settings.get("region"), profile_name=settings.get("profile"))

    def outputs(self) -> dict[str, str]:
        """What the stack says of itself, or nothing where there is no stack."""
        cloudformation = self.session.client("cloudformation")
        try:
            stack = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            # CloudFormation has no code of its own for it.
            if "does not exist" in str(error):
                return {}
            raise
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
