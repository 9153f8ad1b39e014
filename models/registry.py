"""Models by content: a folder with `<sha256>.onnx` and, by name, `<name>.json`, which says all that is known of one."""

import hashlib
import re
from importlib.resources import files
from pathlib import Path

import msgspec

from schemas.control import ModelRef
from schemas.errors import ModelError
from schemas.feature_sets import DEFAULT, FeatureSet

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Bin(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One bar of the calibration: how often rows scored `from_bp <= score < to_bp` went up."""

    from_bp: int
    to_bp: int
    rows: int
    score_bp_mean: float
    up_share: float


class Metrics(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a model did on rows that it was not trained on; flat rows (label 0) are not among them."""

    rows: int
    flat_rows: int
    accuracy: float
    accuracy_se: float  # sqrt(accuracy (1 - accuracy) / rows): as if rows were independent, which they are not
    accuracy_se_blocks: float  # with rows of the same horizon's length of time taken as one
    base_rate: float  # share of the more frequent side on the same rows
    log_loss: float
    log_loss_base: float  # of always saying the share of ups among these rows
    calibration: tuple[Bin, ...]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a model is, what it was made from and how it did."""

    name: str
    sha256: str  # of the ONNX bytes
    feature_hash: str
    trained_from_ns: int  # first training row
    trained_to_ns: int  # the last moment that a training label looked at
    evaluated_from_ns: int
    evaluated_to_ns: int
    horizon_ns: int
    gap_ns: int  # between the end of training and the first row evaluated
    rows: int  # trained on
    flat_rows: int  # label 0 in the training part, left out
    metrics: Metrics
    parity_bp_max: float  # largest |LightGBM - ONNX| on the evaluation rows, with the rounding to whole bp
    seed: int
    settings: dict[str, float | int | str | bool]
    versions: dict[str, str]
    data: str
    data_sha256: str  # of the training rows and labels


class Registry:
    """A folder of models; without a folder the one that is installed with the package.

    Raises ModelError for what is not there, for bytes that are not what their name says, and for a manifest of other
    features: always by name.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = Path(str(files("models") / "registry")) if folder is None else folder

    def names(self) -> list[str]:
        return sorted(path.stem for path in self._folder.glob("*.json"))

    def find(self, name: str, features: FeatureSet = DEFAULT) -> Manifest:
        """What is known of a model; it must have been made for these features."""
        path = self._folder / f"{_checked(_NAME, name)}.json"
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
        except OSError as error:
            known = ", ".join(self.names()) or "none"
            raise ModelError(f"model {name}: no readable {path} (there are: {known})") from error
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise ModelError(f"model {name}: {path} is not a manifest: {error}") from error
        if manifest.name != name:
            raise ModelError(f"model {name}: {path} speaks of {manifest.name}")
        if manifest.feature_hash != features.hash:
            ours = f"{manifest.feature_hash[:12]}, these are {features.hash[:12]}"
            raise ModelError(f"model {name} was made for features {ours}: train it again")
        return manifest

    def open(self, sha256: str) -> bytes:
        """The bytes of a model, whose hash has been checked."""
        path = self._folder / f"{_checked(_SHA256, sha256)}.onnx"
        try:
            data = path.read_bytes()
        except OSError as error:
            raise ModelError(f"model {sha256[:12]}: {path}: {error.strerror}") from error
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise ModelError(f"model {sha256[:12]}: {path} has hash {found[:12]}: the file was changed")
        return data

    def add(self, manifest: Manifest, data: bytes) -> None:
        """Keep a model; the manifest comes last, so that a name never stands for bytes that are not there."""
        found = hashlib.sha256(data).hexdigest()
        if found != manifest.sha256:
            raise ModelError(f"model {manifest.name}: the manifest says {manifest.sha256[:12]}, the bytes {found[:12]}")
        _checked(_NAME, manifest.name)
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / f"{found}.onnx").write_bytes(data)
        text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
        (self._folder / f"{manifest.name}.json").write_bytes(text + b"\n")


def reference(manifest: Manifest) -> ModelRef:
    """What a term says of a model."""
    return ModelRef(
        name=manifest.name,
        sha256=manifest.sha256,
        feature_hash=manifest.feature_hash,
        trained_from_ns=manifest.trained_from_ns,
        trained_to_ns=manifest.trained_to_ns,
    )


def open_model(folder: Path | None, sha256: str) -> bytes:
    """`Registry(folder).open(sha256)`, as one function to be handed over."""
    return Registry(folder).open(sha256)


def _checked(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        raise ModelError(f"{text!r} is not a model's name or sha256")
    return text
