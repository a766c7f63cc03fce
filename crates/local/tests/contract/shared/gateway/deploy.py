"""deploy.py ENDPOINT: makes a WebSocket API whose functions are `forward.py`, and prints its address."""

import io
import pathlib
import sys
import zipfile

import boto3

ROUTES = ["$connect", "$default", "$disconnect"]


def packed() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.write(pathlib.Path(__file__).with_name("forward.py"), "forward.py")
    return archive.getvalue()


def main(endpoint: str) -> None:
    def client(service: str):
        credentials = {"aws_access_key_id": "contract", "aws_secret_access_key": "contract"}
        return boto3.client(service, endpoint_url=endpoint, region_name="us-east-1", **credentials)

    function = client("lambda").create_function(
        FunctionName="forward",
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/forward",
        Handler="forward.handler",
        Code={"ZipFile": packed()},
        Timeout=29,
    )["FunctionArn"]
    gateway = client("apigatewayv2")
    selection = "$request.body.action"
    api = gateway.create_api(Name="contract", ProtocolType="WEBSOCKET", RouteSelectionExpression=selection)["ApiId"]
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    integration = gateway.create_integration(ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=uri)
    for route in ROUTES:
        gateway.create_route(ApiId=api, RouteKey=route, Target=f"integrations/{integration['IntegrationId']}")
    print(f"{endpoint}/_aws/execute-api/{api}")


main(sys.argv[1])
