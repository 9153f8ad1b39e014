import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.registry import Manifest, Registry, open_model, reference
from models.scorer import Scorer
from schemas.errors import ModelError
from schemas.feature_sets import DEFAULT
from schemas.features import WIDTH
from tests.models.onnx_bytes import logistic

DATA = logistic(np.ones(WIDTH))
SHA256 = hashlib.sha256(DATA).hexdigest()


def _manifest(**changes) -> Manifest:
    shipped = Registry().find("direction")
    return msgspec.structs.replace(shipped, **{"name": "other", "sha256": SHA256, **changes})


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    registry = Registry(tmp_path / "models")
    registry.add(_manifest(), DATA)
    return registry


def test_what_was_added_is_found_by_name_and_opened_by_content(registry, tmp_path):
    assert registry.find("other") == _manifest()
    assert registry.open(SHA256) == open_model(tmp_path / "models", SHA256) == DATA
    assert registry.names() == ["other"]


def test_a_reference_says_what_a_term_needs():
    model = reference(_manifest(trained_from_ns=5, trained_to_ns=7))
    assert (model.name, model.sha256, model.feature_hash) == ("other", SHA256, DEFAULT.hash)
    assert (model.trained_from_ns, model.trained_to_ns) == (5, 7)


def test_a_changed_file_is_refused(registry, tmp_path):
    path = tmp_path / "models" / f"{SHA256}.onnx"
    path.write_bytes(DATA[:-1] + bytes([DATA[-1] ^ 1]))
    with pytest.raises(ModelError, match="the file was changed"):
        registry.open(SHA256)


def test_another_model_under_the_name_of_this_one_is_refused(registry, tmp_path):
    (tmp_path / "models" / "copy.json").write_bytes((tmp_path / "models" / "other.json").read_bytes())
    with pytest.raises(ModelError, match="speaks of other"):
        registry.find("copy")


def test_a_model_of_other_features_is_refused_by_name(registry):
    registry.add(_manifest(name="older", feature_hash="0" * 64), DATA)
    with pytest.raises(ModelError, match="model older was made for features 000000000000"):
        registry.find("older")


def test_bytes_that_are_not_the_manifests_are_not_kept(registry, tmp_path):
    with pytest.raises(ModelError, match="the manifest says"):
        registry.add(_manifest(name="wrong", sha256="1" * 64), DATA)
    assert registry.names() == ["other"]


@pytest.mark.parametrize("name", ["missing", "../other", "", "a/b", "UP"])
def test_what_is_not_there_is_named(registry, name):
    with pytest.raises(ModelError, match=name or "''"):
        registry.find(name)


@pytest.mark.parametrize("sha256", ["f" * 64, "../../etc/passwd", SHA256[:12]])
def test_no_other_file_is_opened(registry, sha256):
    with pytest.raises(ModelError, match=sha256[:12]):
        registry.open(sha256)


def test_a_document_that_is_no_manifest_is_refused(registry, tmp_path):
    (tmp_path / "models" / "bad.json").write_text('{"name": "bad"}')
    with pytest.raises(ModelError, match="is not a manifest"):
        registry.find("bad")


def test_the_installed_model_is_small_and_fits_the_features():
    """It is package data: `try` has nothing else to open."""
    registry = Registry()
    manifest = registry.find("direction")
    data = registry.open(manifest.sha256)
    assert len(data) < 300_000
    assert manifest.feature_hash == DEFAULT.hash
    assert manifest.trained_from_ns < manifest.trained_to_ns <= manifest.evaluated_from_ns - manifest.gap_ns
    Scorer(data)


def test_the_installed_model_scores_a_row_alike_in_every_batch():
    registry = Registry()
    scorer = Scorer(registry.open(registry.find("direction").sha256))
    x = np.random.default_rng(1).normal(scale=3, size=(1_000, WIDTH)).astype(np.float32)
    whole = scorer._session.run(scorer._outputs, {scorer._input: x})[0]
    assert len(np.unique(whole[:, 1])) > 50
    for size in (1, 7, 64):
        parts = [x[at : at + size] for at in range(0, len(x), size)]
        pieces = [scorer._session.run(scorer._outputs, {scorer._input: part})[0] for part in parts]
        assert np.concatenate(pieces).tobytes() == whole.tobytes()
        assert np.concatenate([scorer(part) for part in parts]).tobytes() == scorer(x).tobytes()
