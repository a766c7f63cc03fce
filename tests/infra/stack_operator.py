"""The operator of a stack on an emulator of AWS: deploys it, and then carries out the orders of the tests.

    stack_operator.py --endpoint http://127.0.0.1:4566 [NAME=VALUE]...

Once the stack is deployed, prints one JSON object: its outputs, the id of its API and its secret. Then carries out one
order per line of standard input, and answers each with one JSON object:

    messages        how many messages the two queues and the dead-letter queue have, including those in flight
    reap            invokes the reaper twice at once, as a schedule may, and waits until both are done
    errors          the lines with level ERROR or WARN in the functions' logs
    metrics         the lines of the logs that CloudWatch makes metrics of
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# The account of the emulator. Region and credentials are set before boto3 reads them.
os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")

import boto3  # noqa: E402

import deploy  # noqa: E402

FUNCTIONS = ["connect", "disconnect", "default", "worker", "relay", "reaper"]


def main() -> None:
    parser = argparse.ArgumentParser(description="Deploy the template to an emulator of AWS and look after it")
    parser.add_argument("--endpoint", required=True, help="address of the emulator")
    parser.add_argument("parameters", nargs="*", metavar="NAME=VALUE", help="parameters of the template")
    options = parser.parse_args()
    outputs = deploy.deploy(
        options.endpoint,
        template=Path("infra/template.yaml"),
        zips=Path("target/lambda-functions"),
        parameters=options.parameters,
    )
    operator = Operator(options.endpoint, outputs)
    policies = operator.policies()
    operator.allow_batches()
    operator.limit_workers()
    operator.allow_evidence_without_tls()
    api = urlsplit(outputs["WebSocketUrl"]).hostname.split(".")[0]
    say({**outputs, "Api": api, "Secret": operator.secret(), "Policies": policies})
    for line in sys.stdin:
        say(operator.carry_out(line.strip()))


def say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)


class Operator:
    def __init__(self, endpoint: str, outputs: dict[str, str]) -> None:
        self.outputs = outputs
        self.client = lambda service: boto3.client(service, endpoint_url=endpoint)
        self.sqs = self.client("sqs")

    def secret(self) -> str:
        return self.client("secretsmanager").get_secret_value(SecretId=self.outputs["SecretArn"])["SecretString"]

    def policies(self) -> dict[str, list[dict[str, Any]]]:
        """Returns the statements of each function's role, by the name of the policy, which is the function's name."""
        return {name: document["Statement"] for _, name, document in self.role_policies()}

    def role_policies(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        iam = self.client("iam")
        for role in iam.list_roles()["Roles"]:
            for name in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]:
                if name in FUNCTIONS:
                    policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName=name)
                    yield role["RoleName"], name, policy["PolicyDocument"]

    def allow_batches(self) -> None:
        """Allows the actions that only the emulator has, for batches of messages (docs/EMULATORS.md)."""
        iam = self.client("iam")
        for role, name, document in list(self.role_policies()):
            batches = [
                {**statement, "Sid": f"{statement['Sid']}Batch", "Action": f"{statement['Action']}Batch"}
                for statement in document["Statement"]
                if statement["Action"] in ("sqs:SendMessage", "sqs:ChangeMessageVisibility")
            ]
            if batches:
                document = json.dumps({**document, "Statement": document["Statement"] + batches})
                iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=document)

    def limit_workers(self) -> None:
        """Sets a number: the emulator keeps parameters as text, and cannot compare them (docs/EMULATORS.md)."""
        functions = self.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            if "ScalingConfig" not in mapping:
                continue
            workers = int(mapping["ScalingConfig"]["MaximumConcurrency"])
            functions.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": workers})

    def allow_evidence_without_tls(self) -> None:
        """Removes the statement that the emulator, which speaks no TLS, would refuse every request by."""
        s3, bucket = self.client("s3"), self.outputs["EvidenceBucket"]
        statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        if [statement["Sid"] for statement in statements] != ["TlsOnly"]:
            sys.exit(f"the bucket for evidence has another policy than expected: {statements}")
        s3.delete_bucket_policy(Bucket=bucket)

    def carry_out(self, order: str) -> dict[str, Any]:
        match order:
            case "messages":
                queued = self.count("QueueUrl") + self.count("RelayUrl")
                return {"queue": queued, "dead_letters": self.count("DeadLetterUrl")}
            case "reap":
                with ThreadPoolExecutor() as invocations:
                    list(invocations.map(lambda _: self.reap(), range(2)))
                return {}
            case "errors":
                return {"errors": self.errors()}
            case "metrics":
                return {"metrics": [line for line in self.log() if '"_aws"' in line]}
        raise ValueError(f"no such order: {order}")

    def reap(self) -> None:
        self.client("lambda").invoke(FunctionName="stepcast-reaper", Payload=b"{}")

    def count(self, url: str) -> int:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        answer = self.sqs.get_queue_attributes(QueueUrl=self.outputs[url], AttributeNames=names)
        return sum(int(answer["Attributes"][name]) for name in names)

    def errors(self) -> list[str]:
        return [line for line in self.log() if '"level":"ERROR"' in line or '"level":"WARN"' in line]

    def log(self) -> list[str]:
        logs = self.client("logs")
        lines: list[str] = []
        for function in FUNCTIONS:
            group = f"/aws/lambda/stepcast-{function}"
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
                lines += [event["message"] for event in page["events"]]
        return lines


if __name__ == "__main__":
    main()
