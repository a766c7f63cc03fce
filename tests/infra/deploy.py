"""Deploys the template to an emulator of AWS, as `sam deploy` does, but in a second and with boto3 alone.

    deploy.py --endpoint http://127.0.0.1:4566 --zips target/lambda-functions infra/template.yaml [NAME=VALUE]...

Changes only `CodeUri` in the template, to the uploaded packages, as `sam package` does. Prints the stack's
outputs as one JSON object on standard output; everything else goes to standard error. Region and credentials come from
the environment.
"""

import argparse
import hashlib
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

BUCKET = "stepcast-packages"
PACKAGE = re.compile(r"(?<=CodeUri: )\S+/(\w+)/bootstrap\.zip")


def main() -> None:
    options = arguments()
    print(json.dumps(deploy(options.endpoint, options.template, options.zips, options.parameters, options.stack)))


def deploy(endpoint: str, template: Path, zips: Path, parameters: list[str], stack: str = "stepcast") -> dict[str, str]:
    """Deploys the template and returns the stack's outputs. If that fails, ends the program with the reasons."""
    clients = Clients(endpoint)
    create(clients.cloudformation, stack, package(clients.s3, template.read_text(), zips), parameters)
    deployed = wait(clients.cloudformation, stack)
    if deployed["StackStatus"] != "CREATE_COMPLETE":
        sys.exit(failures(clients.cloudformation, stack, deployed))
    return {output["OutputKey"]: output["OutputValue"] for output in deployed.get("Outputs", [])}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Deploy the template to an emulator of AWS")
    parser.add_argument("--endpoint", required=True, help="address of the emulator")
    parser.add_argument("--zips", required=True, type=Path, help="folder with NAME/bootstrap.zip for each function")
    parser.add_argument("--stack", default="stepcast", help="name of the stack")
    parser.add_argument("template", type=Path)
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE", help="parameters of the template")
    return parser.parse_args()


class Clients:
    def __init__(self, endpoint: str) -> None:
        session = boto3.Session()
        # Addresses buckets by path, because an emulator has no host name for each bucket.
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1})
        region = session.region_name or "us-east-1"
        self.s3 = session.client("s3", region, endpoint_url=endpoint, config=config)
        self.cloudformation = session.client("cloudformation", region, endpoint_url=endpoint, config=config)


def package(s3: Any, template: str, zips: Path) -> str:
    """Uploads the packages, and the template that names them. Returns the template's address, because a template
    in the request itself may have no more than 51,200 bytes."""
    s3.create_bucket(Bucket=BUCKET)
    template = PACKAGE.sub(lambda found: f"s3://{BUCKET}/{upload(s3, zips / found[1] / 'bootstrap.zip')}", template)
    key = put(s3, template.encode(), ".yaml")
    return f"{s3.meta.endpoint_url}/{BUCKET}/{key}"


def upload(s3: Any, path: Path) -> str:
    return put(s3, path.read_bytes(), ".zip")


def put(s3: Any, content: bytes, suffix: str) -> str:
    key = hashlib.sha256(content).hexdigest() + suffix
    s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    return key


def create(cloudformation: Any, stack: str, template: str, parameters: list[str]) -> None:
    pairs = [parameter.split("=", 1) for parameter in parameters]
    cloudformation.create_stack(
        StackName=stack,
        TemplateURL=template,
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in pairs],
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        OnFailure="DO_NOTHING",
    )


def wait(cloudformation: Any, name: str) -> dict[str, Any]:
    while True:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        time.sleep(0.05)


def failures(cloudformation: Any, name: str, stack: dict[str, Any]) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    lines = [f"the stack `{name}` is {stack['StackStatus']}: {stack.get('StackStatusReason', '')}"]
    for event in reversed(events):
        if event["ResourceStatus"].endswith("_FAILED"):
            lines.append(f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
