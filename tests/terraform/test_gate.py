"""The double refuses what AWS's own model does not allow, on every protocol that the stack uses; S3 too."""

import io
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.terraform.aws_double import gaps
from tests.terraform.aws_double.gate import Gate

__all__ = ["gaps"]  # importing it extends moto

HEAD = "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/{}/aws4_request, SignedHeaders=host, Signature=0"
CASES = {
    "json": ("kms", "POST", "/", "", b'{"KeyUsage": "NONSENSE"}', {"HTTP_X_AMZ_TARGET": "TrentService.CreateKey"}),
    "json unknown": ("kms", "POST", "/", "", b'{"Colour": "red"}', {"HTTP_X_AMZ_TARGET": "TrentService.CreateKey"}),
    "query unknown": (
        *("iam", "POST", "/", ""),
        b"Action=CreateRole&Version=2010-05-08&RoleName=a&AssumeRolePolicyDocument=%7B%7D&Colour=red",
        {},
    ),
    "ec2 unknown": ("ec2", "POST", "/", "", b"Action=CreateVpc&Version=2016-11-15&CidrBlock=10.0.0.0/16&Hue=1", {}),
    "rest xml unknown": (
        *("s3", "PUT", "/bucket", "versioning="),
        b"<VersioningConfiguration><Status>Enabled</Status><Colour>red</Colour></VersioningConfiguration>",
        {},
    ),
    "query": ("iam", "POST", "/", "", b"Action=CreateRole&Version=2010-05-08", {}),
    "rest json": ("kafka", "POST", "/api/v2/clusters", "", b'{"clusterName": ""}', {}),
    "rest xml": (
        *("s3", "PUT", "/bucket", "versioning="),
        b"<VersioningConfiguration><Status>Perhaps</Status></VersioningConfiguration>",
        {},
    ),
    "no such operation": ("kms", "POST", "/", "", b"{}", {"HTTP_X_AMZ_TARGET": "TrentService.PaintKey"}),
}
FINE = {
    "ec2": ("ec2", "POST", "/", "", b"Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1&Filter.1.Name=a", {}),
    "query": (
        *("iam", "POST", "/", ""),
        b"Action=CreateRole&Version=2010-05-08&RoleName=a&AssumeRolePolicyDocument=%7B%7D&Tags.member.1.Key=k"
        b"&Tags.member.1.Value=v",
        {},
    ),
    "json": ("kms", "POST", "/", "", b"{}", {"HTTP_X_AMZ_TARGET": "TrentService.CreateKey"}),
    "rest xml": (
        *("s3", "PUT", "/bucket", "versioning="),
        b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        {},
    ),
}


class Passed:
    """What stands behind the gate: counts what reaches it."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.count += 1
        start("200 OK", [])
        return [environ["wsgi.input"].read()]


def ask(gate: Gate, service: str, method: str, path: str, query: str, body: bytes, more: dict[str, str]) -> str:
    """The status of the answer."""
    answered: list[str] = []
    text = "application/x-www-form-urlencoded" if body.startswith(b"Action") else "application/x-amz-json-1.1"
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": text,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "HTTP_AUTHORIZATION": HEAD.format(service) if service else "",
        **more,
    }
    list(gate(environ, lambda status, headers: answered.append(status)))
    return answered[0]


@pytest.mark.parametrize("case", CASES)
def test_refuses(case: str) -> None:
    behind = Passed()
    assert ask(Gate(behind), *CASES[case]).startswith("400")
    assert behind.count == 0


@pytest.mark.parametrize("case", FINE)
def test_passes_on_what_is_allowed(case: str) -> None:
    behind = Passed()
    assert ask(Gate(behind), *FINE[case]).startswith("200")
    assert behind.count == 1


def test_refuses_what_names_no_service() -> None:
    behind = Passed()
    assert ask(Gate(behind), "", "GET", "/", "", b"", {}).startswith("400")
    assert behind.count == 0


def test_requests_pass_one_at_a_time() -> None:
    inside: list[int] = []
    at_most: list[int] = []

    def slow(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        inside.append(1)
        time.sleep(0.01)
        at_most.append(len(inside))
        inside.pop()
        start("200 OK", [])
        return []

    gate = Gate(slow)
    with ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(lambda _: ask(gate, *FINE["ec2"]), range(8)))
    assert answers == ["200 OK"] * 8 and at_most == [1] * 8


@mock_aws
def test_a_rule_that_is_gone_has_the_code_of_its_id() -> None:
    ec2 = boto3.client("ec2", "eu-central-1", aws_access_key_id="test", aws_secret_access_key="test")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="a", Description="a", VpcId=vpc)["GroupId"]
    [rule] = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    given = {"GroupId": group, "SecurityGroupRuleIds": [rule["SecurityGroupRuleId"]]}
    ec2.revoke_security_group_egress(**given)
    with pytest.raises(ClientError, match=r"InvalidSecurityGroupRuleId\.NotFound"):
        ec2.revoke_security_group_egress(**given)
