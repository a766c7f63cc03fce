"""Makes sure that a deployment may be deleted, and empties its buckets, because CloudFormation deletes only empty ones.

    prepare_deletion.py [--yes] infra/samconfig.local.toml
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from deployment import Deployment


def main() -> None:
    options = arguments()
    deployment = Deployment(options.config)
    outputs = deployment.outputs()
    if not outputs:
        sys.exit(f"there is no stack `{deployment.stack}` in {deployment.session.region_name}")
    refuse_if_protected(deployment.session.client("dynamodb"), outputs["TableName"], options.config)
    if not options.yes:
        confirm(deployment.stack, deployment.session.region_name)
    for bucket in {"DashboardBucket", "EvidenceBucket"} & outputs.keys():
        deployment.session.resource("s3").Bucket(outputs[bucket]).objects.delete()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Prepare a deployment to be deleted")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("config", type=Path, help="what `sam deploy --guided` has kept")
    return parser.parse_args()


def refuse_if_protected(dynamodb: Any, table: str, config: Path) -> None:
    """Refuses before anything is deleted: CloudFormation would delete the rest of the stack and fail with the table."""
    if dynamodb.describe_table(TableName=table)["Table"].get("DeletionProtectionEnabled"):
        sys.exit(
            f"the table `{table}` is protected from being deleted, and with it the deployment\n\n"
            f'hint: write DeletionProtection="false" into `parameter_overrides` in {config}, run `scripts/deploy`, '
            "then this again"
        )


def confirm(stack: str, region: str) -> None:
    print(f"This deletes `{stack}` in {region}: all jobs and results with their evidence, stored suites, the")
    print("secret and with it all tokens, logs and alarms. It cannot be undone.")
    if input(f"Type the name `{stack}` to go on: ") != stack:
        sys.exit("nothing was deleted")


if __name__ == "__main__":
    main()
