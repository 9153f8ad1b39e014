"""The Flink operator's schema, from its API on Maven Central; it is fetched, never committed."""

import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

# The newest first. Operators from 1.15 on know Flink 2.3; an older one still has the same fields.
VERSIONS = ("1.15.0", "1.10.0")
ARTIFACT = "org.apache.flink:flink-kubernetes-operator-api"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"
NAME = "META-INF/fabric8/flinkdeployments.flink.apache.org-v1.yml"

Schema = dict[str, Any]


def flink_deployment(folder: Path) -> Schema:
    """The schema of a FlinkDeployment, unknown fields refused; skips with one line where no version can be had."""
    maven = shutil.which("mvn")
    if maven is None:
        pytest.skip("no Maven, which fetches the operator's schema")
    for version in VERSIONS:
        command = [maven, "-B", "-q", COPY, f"-Dartifact={ARTIFACT}:{version}", f"-DoutputDirectory={folder}"]
        subprocess.run(command, capture_output=True, timeout=120, check=False)
        for jar in folder.glob("*.jar"):
            with zipfile.ZipFile(jar) as archive:
                crd = yaml.load(archive.read(NAME), yaml.CSafeLoader)
            return strict(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"] | {"x-version": version})
    pytest.skip(f"Maven Central does not answer, or has none of {', '.join(VERSIONS)} of {ARTIFACT}")


def strict(schema: Any) -> Any:
    """The same with unknown fields refused: the API server would drop a misspelt one in silence."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: strict(value) for key, value in schema.items()}
    is_open = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object" and not is_open:
        found["additionalProperties"] = False
    return found
