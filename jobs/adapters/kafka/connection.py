"""How every client of ours reaches the brokers: in the clear, or over TLS with the IAM authentication of Amazon MSK.

PENSTOCK_KAFKA_AUTH chooses: `none` (the default, for a broker on this machine or in a private network) or `iam`, with
AWS_REGION beside it. The credentials are those of the AWS environment: role of the task, profile, variables.
"""

import os
from functools import partial
from typing import Any

from jobs.adapters.kafka.answer import QUIET
from schemas.errors import ConfigError, SetupError

IAM = "software.amazon.msk.auth.iam"  # in aws-msk-iam-auth, which the image has beside Flink's connector


def connection(bootstrap: str) -> dict[str, Any]:
    """The settings that a producer, a consumer and an admin client of librdkafka share."""
    settings: dict[str, Any] = {"bootstrap.servers": bootstrap, **QUIET}
    region = _region()
    if region is None:
        return settings
    token(region)  # without credentials the client would only say that no broker answers
    return settings | {
        "security.protocol": "SASL_SSL",
        "sasl.mechanisms": "OAUTHBEARER",
        "oauth_cb": partial(token, region),
    }


def flink_properties() -> dict[str, str]:
    """The same for Kafka's own client, which Flink's source and sinks use."""
    if _region() is None:
        return {}
    return {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "AWS_MSK_IAM",
        "sasl.jaas.config": f"{IAM}.IAMLoginModule required;",
        "sasl.client.callback.handler.class": f"{IAM}.IAMClientCallbackHandler",
    }


def token(region: str, _: str = "") -> tuple[str, float]:
    """A signed permission to connect, good for a quarter of an hour, and when it ends, in seconds since 1970."""
    from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
    from botocore.exceptions import BotoCoreError

    try:
        signed, expires_ms = MSKAuthTokenProvider.generate_auth_token(region)
    except (AttributeError, ValueError, BotoCoreError) as error:  # the library takes missing credentials for an object
        raise SetupError(
            "Kafka wants IAM authentication, and there are no AWS credentials: give the process a role, or set "
            "AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        ) from error
    return str(signed), expires_ms / 1000


def _region() -> str | None:
    """Where the brokers are; None = without authentication."""
    wanted = os.environ.get("PENSTOCK_KAFKA_AUTH", "none")
    if wanted == "none":
        return None
    if wanted != "iam":
        raise ConfigError(f"PENSTOCK_KAFKA_AUTH is {wanted!r}, known are none and iam")
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        raise ConfigError("PENSTOCK_KAFKA_AUTH is iam, which needs the brokers' region in AWS_REGION")
    return region
