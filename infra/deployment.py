"""The deployment that a SAM configuration names."""

import sys
from pathlib import Path

import boto3
import tomlkit
from botocore.exceptions import ClientError


class Deployment:
    def __init__(self, config: Path) -> None:
        """Reads the settings that `sam deploy --guided` has stored."""
        if not config.exists():
            sys.exit(f"`{config}` is missing\n\nhint: `scripts/deploy` makes it")
        settings = tomlkit.parse(config.read_text()).unwrap()["default"]["deploy"]["parameters"]
        self.stack: str = settings["stack_name"]
        self.session = boto3.Session(region_name=settings.get("region"), profile_name=settings.get("profile"))

    def outputs(self) -> dict[str, str]:
        """Returns the outputs of the stack, or an empty dictionary if there is no stack."""
        cloudformation = self.session.client("cloudformation")
        try:
            stack = cloudformation.describe_stacks(StackName=self.stack)["Stacks"][0]
        except ClientError as error:
            # CloudFormation has no error code for this.
            if "does not exist" in str(error):
                return {}
            raise
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
