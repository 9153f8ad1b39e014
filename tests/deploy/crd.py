"""The Flink operator's schema of a FlinkDeployment, as its repository had it at `COMMIT`: 1.16-SNAPSHOT, Apache-2.0.

`flinkdeployments.yml.gz` is flinkdeployments.flink.apache.org-v1.yml of the operator's chart there, compressed.
It takes Flink 2.3; the file that release 1.15.0 ships ends at 2.2, though its Java knows 2.3. The same schema stands in
org.apache.flink:flink-kubernetes-operator-api on Maven, of which no version above 1.10.0 could be had.
"""

import gzip
from pathlib import Path
from typing import Any

import yaml

COMMIT = "6e9caeb48118934f4311534725196c52159eaa21"  # 2026-07-20
FILE = Path(__file__).with_name("flinkdeployments.yml.gz")

Schema = dict[str, Any]


def flink_deployment() -> Schema:
    """The schema of a FlinkDeployment, unknown fields refused."""
    crd = yaml.load(gzip.decompress(FILE.read_bytes()), yaml.CSafeLoader)
    [version] = [one for one in crd["spec"]["versions"] if one["storage"]]
    found: Schema = strict(version["schema"]["openAPIV3Schema"])
    return found


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
