"""What people see when something cannot work: one line that says what to do."""

import importlib.util
import sys
from pathlib import Path

from jobs.adapters import log
from schemas.errors import PenstockError, SetupError

PACKAGES = ("schemas", "models", "udfs", "jobs")
ROOT = Path(__file__).resolve().parents[2]
# Modules that an extra of the distribution brings.
EXTRAS = {
    "pipeline": (
        *("pyflink", "chdb", "clickhouse_connect", "confluent_kafka", "great_expectations", "prometheus_client"),
        "psutil",
    ),
    "train": ("lightgbm", "onnx", "onnxmltools", "sklearn"),
    "broker": ("alpaca",),
    "aws": ("aws_msk_iam_sasl_signer",),
}


def find_shadowing(packages: tuple[str, ...], root: Path = ROOT) -> SetupError | None:
    """The error when one of our packages would be imported from a folder that is not ours."""
    for name in packages:
        found = importlib.util.find_spec(name)
        places = [Path(one).resolve() for one in (found.submodule_search_locations or ())] if found else []
        if places != [root / name]:
            place = places[0] if places else "nowhere"
            return SetupError(
                f"the package {name!r} is found at {place}, not at {root / name}: a folder or file of that name comes "
                "first on the path; start penstock from another folder, or clear PYTHONPATH"
            )
    return None


def explained(error: ModuleNotFoundError) -> SetupError | None:
    """What to install when a library of an extra is missing; None when the module is ours or unknown."""
    top = (error.name or "").partition(".")[0]
    for extra, modules in EXTRAS.items():
        if top in modules:
            return SetupError(f"{top} is not installed, and this command needs it: pip install 'penstock[{extra}]'")
    return None


def tell(error: PenstockError) -> None:
    """Print an error in red to standard error, without its traceback; as JSON where logs are."""
    if log.is_json():
        log.begin("penstock")
        log.error(str(error))
        return
    is_terminal = sys.stderr.isatty()
    red, plain = ("\x1b[31m", "\x1b[0m") if is_terminal else ("", "")
    print(f"{red}penstock: {log.redacted(str(error))}{plain}", file=sys.stderr)
