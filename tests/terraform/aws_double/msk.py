"""What moto lacks of Amazon MSK: clusters that become active, configurations, and bootstrap addresses."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.core.exceptions import ServiceException
from moto.kafka import urls
from moto.kafka.models import KafkaBackend
from moto.kafka.responses import KafkaResponse

PORTS = {"bootstrapBrokerStringSaslIam": ("iam", 9098), "bootstrapBrokerStringSaslScram": ("scram", 9096)}


class NotFoundError(ServiceException):
    """What MSK answers for a cluster that does not exist."""

    code = "NotFoundException"


class BadRequestError(ServiceException):
    """What MSK answers for a configuration that does not exist."""

    code = "BadRequestException"


def _active_at_once(create: Callable[..., Any]) -> Callable[..., Any]:
    def extended(backend: Any, **given: Any) -> Any:
        answer = create(backend, **given)
        arn = answer[0]
        cluster = backend.clusters.pop(arn)
        named = f"arn:aws:kafka:{backend.region_name}:{backend.account_id}:cluster/{answer[1]}/{cluster.cluster_id}-1"
        backend.clusters[named] = cluster
        backend.tagger.tag_resource(named, backend.tagger.list_tags_for_resource(arn)["Tags"])
        cluster.arn, cluster.state = named, "ACTIVE"
        return (named, *answer[1:])

    return extended


def _known_only(operation: Callable[..., Any]) -> Callable[..., Any]:
    def extended(backend: Any, cluster_arn: str, **given: Any) -> Any:
        if cluster_arn not in backend.clusters:
            raise NotFoundError(f"cluster {cluster_arn} does not exist")
        return operation(backend, cluster_arn=cluster_arn, **given)

    return extended


def _described(describe: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the software that runs, which moto leaves out; without it a second plan is not empty."""

    def extended(backend: Any, cluster_arn: str) -> Any:
        info = describe(backend, cluster_arn=cluster_arn)
        info.pop("activeOperationArn", None)
        info.pop("stateInfo", None)
        cluster = backend.clusters[cluster_arn]
        chosen = cluster.configuration_info or {}
        software = {
            "configurationArn": chosen.get("arn"),
            "configurationRevision": chosen.get("revision"),
            "kafkaVersion": cluster.kafka_version,
        }
        info.get("provisioned", info)["currentBrokerSoftwareInfo"] = {k: v for k, v in software.items() if v}
        return info

    return extended


KafkaBackend.create_cluster = _active_at_once(KafkaBackend.create_cluster)
KafkaBackend.create_cluster_v2 = _active_at_once(KafkaBackend.create_cluster_v2)
KafkaBackend.describe_cluster = _known_only(_described(KafkaBackend.describe_cluster))
KafkaBackend.describe_cluster_v2 = _known_only(_described(KafkaBackend.describe_cluster_v2))
KafkaBackend.delete_cluster = _known_only(KafkaBackend.delete_cluster)


class Configurations:
    """The configurations of one account and region, with their revisions."""

    def __init__(self) -> None:
        self.found: dict[str, dict[str, Any]] = {}

    def of(self, arn: str) -> dict[str, Any]:
        if arn not in self.found:
            raise BadRequestError("Configuration ARN does not exist.")
        return self.found[arn]


def _configurations(response: Any) -> Configurations:
    backend = response.kafka_backend
    if not hasattr(backend, "double_configurations"):
        backend.double_configurations = Configurations()
    return backend.double_configurations  # type: ignore[no-any-return]


def _arn(response: Any, before: str, after: str = "") -> str:
    return unquote(response.parsed_url.path).split(before)[-1].removesuffix(after)


def _revision(one: dict[str, Any]) -> dict[str, Any]:
    latest = {"creationTime": one["creationTime"], "revision": len(one["revisions"])}
    return {**latest, "description": one["description"]} if one["description"] else latest


def create_configuration(self: Any) -> str:
    given, backend = json.loads(self.body), self.kafka_backend
    arn = f"arn:aws:kafka:{backend.region_name}:{backend.account_id}:configuration/{given['name']}/{uuid.uuid4()}-1"
    one = {
        "arn": arn,
        "name": given["name"],
        "description": given.get("description", ""),
        "kafkaVersions": given.get("kafkaVersions", []),
        "creationTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "state": "ACTIVE",
        "revisions": [given["serverProperties"]],
    }
    _configurations(self).found[arn] = one
    kept = {key: one[key] for key in ("arn", "name", "creationTime", "state")}
    return json.dumps({**kept, "latestRevision": _revision(one)})


def describe_configuration(self: Any) -> str:
    one = _configurations(self).of(_arn(self, "/configurations/"))
    kept = {key: value for key, value in one.items() if key != "revisions"}
    return json.dumps({**kept, "latestRevision": _revision(one)})


def describe_configuration_revision(self: Any) -> str:
    arn, _, revision = _arn(self, "/configurations/").rpartition("/revisions/")
    one = _configurations(self).of(arn)
    properties = one["revisions"][int(revision) - 1]
    kept = {"arn": arn, "revision": int(revision), "creationTime": one["creationTime"]}
    return json.dumps({**kept, "description": one["description"], "serverProperties": properties})


def update_configuration(self: Any) -> str:
    one, given = _configurations(self).of(_arn(self, "/configurations/")), json.loads(self.body)
    one["revisions"].append(given["serverProperties"])
    one["description"] = given.get("description", "")
    return json.dumps({"arn": one["arn"], "latestRevision": _revision(one)})


def delete_configuration(self: Any) -> str:
    arn = _configurations(self).of(_arn(self, "/configurations/"))["arn"]
    del _configurations(self).found[arn]
    return json.dumps({"arn": arn, "state": "DELETING"})


def get_bootstrap_brokers(self: Any) -> str:
    """Only the addresses whose way of authentication is on."""
    arn = _arn(self, "/clusters/", "/bootstrap-brokers")
    if arn not in self.kafka_backend.clusters:
        raise NotFoundError(f"cluster {arn} does not exist")
    cluster = self.kafka_backend.clusters[arn]
    sasl = (cluster.client_authentication or {}).get("sasl") or {}
    domain = f"{cluster.cluster_name}.{cluster.cluster_id[:6]}.c1.kafka.{cluster.region_name}.amazonaws.com"
    brokers = range(1, int(cluster.number_of_broker_nodes or 1) + 1)
    return json.dumps(
        {
            key: ",".join(f"b-{number}.{domain}:{port}" for number in brokers)
            for key, (way, port) in PORTS.items()
            if (sasl.get(way) or {}).get("enabled")
        }
    )


for function in (
    create_configuration,
    describe_configuration,
    describe_configuration_revision,
    update_configuration,
    delete_configuration,
    get_bootstrap_brokers,
):
    setattr(KafkaResponse, function.__name__, function)

urls.url_paths = {
    "{0}/v1/configurations$": KafkaResponse.dispatch,
    "{0}/v1/configurations/(?P<arn>.+)$": KafkaResponse.dispatch,
    "{0}/v1/clusters/(?P<clusterArn>.+)/bootstrap-brokers$": KafkaResponse.dispatch,
    **urls.url_paths,
}
