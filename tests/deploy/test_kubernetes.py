"""The Kubernetes manifests against the schemas of Kubernetes and of the Flink operator, and what they promise.

Schema-checked, not applied: no cluster has seen them.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from typer.testing import CliRunner

from jobs.adapters.flink_home import module_options
from jobs.main import Options, app
from jobs.trade import command_line
from tests.deploy.crd import Schema, flink_deployment
from tests.deploy.test_image import arguments

FOLDER = Path(__file__).parents[2] / "infra" / "kubernetes"
KUBERNETES = "1.33"
LOCKED = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
Manifest = dict[str, Any]


def manifests() -> Iterator[Manifest]:
    for path in sorted(FOLDER.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


ALL = list(manifests())
DEPLOYMENTS = [one for one in ALL if one["kind"] == "FlinkDeployment"]
CORE = [one for one in ALL if one["kind"] != "FlinkDeployment"]
WORKLOADS = [one for one in CORE if one["kind"] in ("Deployment", "StatefulSet")]
PODS = [(one["metadata"]["name"], one["spec"]["template"]) for one in WORKLOADS]
PODS += [(one["metadata"]["name"], one["spec"]["podTemplate"]) for one in DEPLOYMENTS]
CONTAINERS = [(f"{name}/{each['name']}", each) for name, pod in PODS for each in pod["spec"]["containers"]]


def name_of(manifest: Manifest) -> str:
    return f"{manifest['kind']}-{manifest['metadata']['name']}"


def found(kind: str, name: str) -> Manifest:
    [one] = [each for each in ALL if (each["kind"], each["metadata"]["name"]) == (kind, name)]
    return one


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    return flink_deployment(tmp_path_factory.mktemp("operator"))


@pytest.mark.parametrize("manifest", CORE, ids=name_of)
def test_kubernetes_would_take_it(manifest: Manifest) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_a_misspelt_field_is_refused(operator: Schema) -> None:
    wrong = {**found("Namespace", "penstock"), "spek": {}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, KUBERNETES, strict=True)
    other = {**DEPLOYMENTS[0], "spec": {**DEPLOYMENTS[0]["spec"], "jobManger": {}}}
    assert complaints(other, operator) == ["Additional properties are not allowed ('jobManger' was unexpected)"]


@pytest.mark.parametrize("manifest", DEPLOYMENTS, ids=name_of)
def test_the_operator_would_take_it(manifest: Manifest, operator: Schema) -> None:
    assert complaints(manifest, operator) == []


def test_the_operator_knows_our_flink(operator: Schema) -> None:
    known = operator["properties"]["spec"]["properties"]["flinkVersion"]["enum"]
    if operator["x-version"] < "1.15":
        pytest.skip(
            f"the operator's API of 1.15 is not on this Maven; that of {operator['x-version']} ends at {known[-1]}"
        )
    assert {one["spec"]["flinkVersion"] for one in DEPLOYMENTS} <= set(known)


def complaints(manifest: Manifest, operator: Schema) -> list[str]:
    """What the schema says of the spec; nothing of the version of Flink where the schema at hand is older than it."""
    known = operator["properties"]["spec"]["properties"]["flinkVersion"]["enum"]
    spec = {key: value for key, value in manifest["spec"].items() if key != "flinkVersion" or value in known}
    return [error.message for error in jsonschema.Draft202012Validator(operator).iter_errors({"spec": spec})]


@pytest.mark.parametrize(("name", "container"), CONTAINERS, ids=[name for name, _ in CONTAINERS])
def test_containers_are_locked_and_bounded(name: str, container: Manifest) -> None:
    assert container["securityContext"] == LOCKED
    assert container["livenessProbe"]["httpGet"]
    if "flink" not in container["name"]:  # Flink's resources and readiness are the operator's fields
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
        for bound in ("requests", "limits"):
            assert set(container["resources"][bound]) == {"cpu", "memory", "ephemeral-storage"}
        assert container["image"] == "penstock"  # named by kustomize, where it is by digest


@pytest.mark.parametrize(("name", "pod"), PODS, ids=[name for name, _ in PODS])
def test_pods_run_as_the_image_does(name: str, pod: Manifest) -> None:
    context = pod["spec"]["securityContext"]
    assert context["runAsNonRoot"] and context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert f"{context['runAsUser']}:{context['runAsGroup']}" == arguments("USER")[0]
    for volume in pod["spec"]["volumes"]:
        assert "configMap" in volume or volume["emptyDir"]["sizeLimit"]


def test_the_gateway_is_one_with_a_volume_of_its_own() -> None:
    spec = found("StatefulSet", "gateway")["spec"]
    [claim] = spec["volumeClaimTemplates"]
    assert spec["replicas"] == 1
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert set(spec["persistentVolumeClaimRetentionPolicy"].values()) == {"Retain"}
    assert found("Deployment", "archive")["spec"]["strategy"] == {"type": "Recreate"}


def test_nothing_is_reached_that_no_policy_names() -> None:
    deny = found("NetworkPolicy", "default-deny")["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for one in (each for each in ALL if each["kind"] == "NetworkPolicy"):
        for rule in one["spec"].get("ingress", []):
            assert rule["from"], "nothing may be reached from everywhere"


@pytest.mark.parametrize("budget", [one for one in ALL if one["kind"] == "PodDisruptionBudget"], ids=name_of)
def test_budgets_and_policies_select_pods_that_exist(budget: Manifest) -> None:
    wanted = budget["spec"]["selector"]["matchLabels"]
    by_flink = {"component"}  # set by Flink itself on the pods that it makes
    own = {key: value for key, value in wanted.items() if key not in by_flink}
    assert any(own.items() <= pod["metadata"]["labels"].items() for _, pod in PODS)


def test_the_replicas_differ_in_nothing_but_their_letter() -> None:
    a, b = ((FOLDER / f"flink-{letter}.yaml").read_text() for letter in "ab")
    swapped = re.sub(r"(?<=[\s/-])([ab])(?=[\s/,.\]]|$)", lambda one: "b" if one[1] == "a" else "a", _without_words(a))
    assert swapped == _without_words(b)
    for one, letter in zip(DEPLOYMENTS, "ab", strict=True):
        given = command_line().parse_args(one["spec"]["job"]["args"][4:])
        assert given.replica == letter == one["spec"]["podTemplate"]["metadata"]["labels"]["replica"]
        assert f"/{letter}/" in one["spec"]["flinkConfiguration"]["execution.checkpointing.dir"]
        assert one["spec"]["job"]["upgradeMode"] == "savepoint"
        assert one["spec"]["flinkConfiguration"]["env.java.opts.all"].split() == module_options()


def _without_words(text: str) -> str:
    """Without the article, which is one of the letters."""
    return text.replace(" a cluster of its own", "").replace("takes a savepoint", "")


@pytest.mark.parametrize("name", ["gateway", "archive", "exchange"])
def test_commands_know_their_arguments(name: str) -> None:
    [container] = [one for path, one in CONTAINERS if path.endswith(f"/{name}")]
    text = CliRunner().invoke(app, [container["args"][0], "--help"], obj=Options()).output
    missing = [one for one in container["args"] if one.startswith("--") and f"{one} " not in text]
    assert not missing


def test_no_registry_address_or_secret_stands_in_them() -> None:
    text = "".join(path.read_text() for path in FOLDER.glob("*.yaml"))
    assert not any(one["kind"] == "Secret" for one in ALL)
    assert not re.search(r"image: \S*[./]|AKIA|password:", text)
