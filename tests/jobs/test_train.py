from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

import msgspec
import pytest

from jobs import train as training
from jobs.adapters.capture import read_capture
from jobs.train import train
from models.registry import Registry
from schemas.config import FeaturesConfig, load
from schemas.errors import DataError
from schemas.feature_sets import SETS, chosen

CAPTURE = Path("tests/data/binance")
CONFIG = load(Path("jobs/settings/demo.toml"))


@pytest.mark.parametrize(("name", "names"), [("direction", "default"), ("direction-columns", "columns")])
def test_the_installed_models_are_what_training_makes(tmp_path, name, names):
    """From the committed capture, in this process: the same bytes, manifest and card."""
    shipped = Registry().find(name, chosen(SETS[names]))
    if shipped.versions != {library: version(library) for library in training.LIBRARIES}:
        pytest.skip("the installed model was made with other libraries")
    config = msgspec.structs.replace(CONFIG, features=FeaturesConfig(names=SETS[names]))
    made = train(config, CAPTURE, Registry(tmp_path), cards=tmp_path, name=name)
    assert made == shipped
    assert Registry(tmp_path).open(made.sha256) == Registry().open(shipped.sha256)
    card = (files("models") / "cards" / f"{name}.md").read_text(encoding="utf-8")
    assert (tmp_path / f"{name}.md").read_text(encoding="utf-8") == card


def test_both_parts_have_rows_of_every_instrument():
    """The futures' files end at midnight, five minutes before the spot's: the split must leave them a later part."""
    shipped = Registry().find("direction")
    midnight_ns = 1_723_161_600_000_000_000
    assert shipped.trained_to_ns < shipped.evaluated_from_ns < midnight_ns - 30_000_000_000
    assert shipped.rows > 500
    assert shipped.metrics.rows > 500


def test_a_capture_without_a_later_part_is_refused(tmp_path, monkeypatch):
    one = msgspec.structs.replace(CONFIG.universe, instruments=CONFIG.universe.instruments[:1])
    monkeypatch.setattr(training, "read_capture", lambda folder, universe: {0: _start(folder, universe)})
    with pytest.raises(DataError, match=r"made no labelled row|have not both ups and downs"):
        train(msgspec.structs.replace(CONFIG, universe=one), CAPTURE, Registry(tmp_path))
    assert Registry(tmp_path).names() == []


def _start(folder, universe):
    return read_capture(folder, universe)[0][:30_000]
