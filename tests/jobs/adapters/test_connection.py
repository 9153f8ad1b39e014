"""IAM authentication at Amazon MSK: the token is recomputed here from AWS's published rules for signatures."""

import base64
import hashlib
import hmac
import time
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from jobs.adapters.endpoints import free_port
from jobs.adapters.kafka.connection import connection, flink_properties, token
from schemas.errors import ConfigError, SetupError

REGION, KEY, SECRET, SESSION = "eu-central-1", "AKIDEXAMPLE", "made/up+secret", "made-up-session"


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_KAFKA_AUTH", "iam")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_SESSION_TOKEN", SESSION)
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def test_without_a_choice_nothing_is_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PENSTOCK_KAFKA_AUTH", raising=False)
    assert set(connection("host:1")) == {"bootstrap.servers", "log_level", "log.connection.close"}
    assert flink_properties() == {}


def test_a_token_is_a_presigned_request_that_msk_can_check(credentials: None) -> None:
    text, expires_s = token(REGION)
    assert "=" not in text, "unpadded"
    url = urlsplit(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    assert (url.scheme, url.netloc, url.path) == ("https", f"kafka.{REGION}.amazonaws.com", "/")
    query = dict(parse_qsl(url.query, strict_parsing=True))
    day = query["X-Amz-Date"][:8]
    scope = f"{day}/{REGION}/kafka-cluster/aws4_request"
    assert query["Action"] == "kafka-cluster:Connect"
    assert query["X-Amz-Credential"] == f"{KEY}/{scope}"
    assert query["X-Amz-Security-Token"] == SESSION
    assert (query["X-Amz-Algorithm"], query["X-Amz-SignedHeaders"]) == ("AWS4-HMAC-SHA256", "host")
    assert query["X-Amz-Expires"] == "900"
    assert 0 < expires_s - time.time() <= 900
    query.pop("User-Agent")  # appended behind the signature
    assert query.pop("X-Amz-Signature") == signature(query, url.netloc, scope, day)


def signature(query: dict[str, str], host: str, scope: str, day: str) -> str:
    """AWS Signature Version 4 of a GET with an empty body."""
    pairs = "&".join(f"{quote(key, safe='-_.~')}={quote(value, safe='-_.~')}" for key, value in sorted(query.items()))
    request = "\n".join(("GET", "/", pairs, f"host:{host}\n", "host", hashlib.sha256(b"").hexdigest()))
    to_sign = "\n".join(("AWS4-HMAC-SHA256", query["X-Amz-Date"], scope, hashlib.sha256(request.encode()).hexdigest()))
    key = f"AWS4{SECRET}".encode()
    for part in (day, REGION, "kafka-cluster", "aws4_request", to_sign):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


def test_every_client_asks_for_a_token_by_itself(credentials: None) -> None:
    """Also one that is never polled: a question to the broker comes first."""
    settings, asked = connection(f"127.0.0.1:{free_port()}"), []
    signed = settings["oauth_cb"]
    admin = AdminClient({**settings, "oauth_cb": lambda given: asked.append(given) or signed(given)})
    with pytest.raises(KafkaException):
        admin.list_topics(timeout=1)
    assert asked
    assert (settings["security.protocol"], settings["sasl.mechanisms"]) == ("SASL_SSL", "OAUTHBEARER")


def test_flink_gets_the_same_by_the_name_of_its_own_client(credentials: None) -> None:
    found = flink_properties()
    assert (found["security.protocol"], found["sasl.mechanism"]) == ("SASL_SSL", "AWS_MSK_IAM")
    assert SECRET not in str(found)


def test_what_is_missing_is_said(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PENSTOCK_KAFKA_AUTH", "kerberos")
    with pytest.raises(ConfigError, match="none and iam"):
        connection("host:1")
    monkeypatch.setenv("PENSTOCK_KAFKA_AUTH", "iam")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    for name, value in (("AWS_EC2_METADATA_DISABLED", "true"), ("AWS_CONFIG_FILE", "/nowhere")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(SetupError, match="no AWS credentials"):
        connection("host:1")
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(ConfigError, match="AWS_REGION"):
        connection("host:1")
