"""Checks that each statement of each function's role allows one action on one resource, and prints them.

    policies.py target/infra/template.everything.json

The tests that run the functions compare these actions with those that the functions request.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main() -> None:
    resources = json.loads(Path(sys.argv[1]).read_text())["Resources"]
    functions = [resource for resource in resources.values() if resource["Type"] == "AWS::Lambda::Function"]
    roles = {function["Properties"]["Role"]["Fn::GetAtt"][0] for function in functions}
    problems = [problem for role in sorted(roles) for problem in problems_of(role, resources[role]["Properties"])]
    sys.exit("\n".join(problems) or None)


def problems_of(role: str, properties: dict[str, Any]) -> Iterator[str]:
    if "ManagedPolicyArns" in properties:
        yield f"{role} has managed policies; it should have a statement for each action its function asks for"
    statements = [found for policy in properties["Policies"] for found in policy["PolicyDocument"]["Statement"]]
    for number, statement in enumerate(statements, 1):
        name, action = statement.get("Sid", f"statement {number}"), statement["Action"]
        if "Sid" not in statement:
            yield f"{role}, {name}: it has no `Sid`"
        if not isinstance(action, str) or "*" in action:
            yield f"{role}, {name}: it allows {action}; it should allow one action"
        if isinstance(statement["Resource"], list) or statement["Resource"] == "*":
            yield f"{role}, {name}: it is for {statement['Resource']}; it should be for one resource"


if __name__ == "__main__":
    main()
