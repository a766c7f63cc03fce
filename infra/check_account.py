"""Reports what an account lacks, before the first deployment to it."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError


def main() -> None:
    session = boto3.Session()
    region = session.region_name or "us-east-1"
    try:
        account = session.client("apigateway", region).get_account()
    except (BotoCoreError, ClientError):
        # SAM reports the cause better.
        return
    if not account.get("cloudwatchRoleArn"):
        print(f"API Gateway cannot write logs in {region} yet: answer `create` to the parameter `AccountLogRole`")


if __name__ == "__main__":
    main()
