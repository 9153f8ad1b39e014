"""`train`: rows by the pipeline's own machines, a model fitted on the earlier part, judged on the later one, kept."""

import hashlib
from importlib.metadata import version
from pathlib import Path

import numpy as np

from jobs.adapters.capture import read_capture
from jobs.adapters.terms import make_term
from jobs.results.played import log_of
from models.card import card
from models.evaluate import evaluate
from models.export import parity, to_onnx
from models.fit import SETTINGS, TREES, fit
from models.registry import Manifest, Registry
from models.scorer import Scorer
from models.splits import Examples, digest, examples, joined, split
from schemas.config import Config
from schemas.control import ModelRef, Term
from schemas.errors import DataError
from schemas.feature_sets import chosen
from schemas.frame import Records, encode
from schemas.topics import FEATURES, OUTCOMES, QUARANTINE
from udfs.channel import Resources
from udfs.machine import Pipeline
from udfs.pipeline import market
from udfs.play import play
from udfs.signals.label import Label
from udfs.signals.matured import Matured

TRAIN_SHARE = 0.35  # of the capture's time: both parts then have rows of the futures, whose files end at midnight
LIBRARIES = ("lightgbm", "numpy", "onnx", "onnxmltools", "onnxruntime")


def train(
    config: Config,
    capture: Path,
    registry: Registry,
    cards: Path | None = None,
    name: str = "direction",
    train_share: float = TRAIN_SHARE,
    seed: int = 1,
) -> Manifest:
    """Make, judge and keep a model; the same capture and libraries make the same bytes.

    `train_share` of the capture's time is for training; evaluation begins a horizon and the features' longest look
    back after it. Raises DataError when a part has not both ups and downs, ModelError when ONNX and LightGBM differ.
    """
    ticks = read_capture(capture, config.universe)
    term, features = _term(config), chosen(config.features.names)
    whole = joined([_channel(term, channel, log) for channel, log in sorted(ticks.items())])
    first_ns = min(int(log["receive_ns"][0]) for log in ticks.values())
    last_ns = max(int(log["receive_ns"][-1]) for log in ticks.values())
    at_ns = first_ns + round((last_ns - first_ns) * train_share)
    gap_ns = config.learn.horizon_ns + features.look_back_ns
    learned, judged = split(whole, at_ns, gap_ns)
    booster = fit(learned, seed, features)
    data = to_onnx(booster)
    manifest = Manifest(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        feature_hash=features.hash,
        trained_from_ns=int(learned.row_ns.min()),
        trained_to_ns=int(learned.matured_ns.max()),
        evaluated_from_ns=int(judged.row_ns.min()),
        evaluated_to_ns=int(judged.matured_ns.max()),
        horizon_ns=config.learn.horizon_ns,
        gap_ns=gap_ns,
        rows=len(learned.moved()),
        flat_rows=len(learned) - len(learned.moved()),
        metrics=evaluate(Scorer(data, len(features))(judged.x), judged, config.learn.horizon_ns),
        parity_bp_max=parity(booster, data, judged.x),
        seed=seed,
        settings={**SETTINGS, "trees": TREES},
        versions={library: version(library) for library in LIBRARIES},
        data=_description(config, train_share),
        data_sha256=digest(learned),
    )
    registry.add(manifest, data)
    if cards is not None:
        (cards / f"{name}.md").write_text(card(manifest), encoding="utf-8")
    return manifest


def _term(config: Config) -> Term:
    """A term for machines that ask no model."""
    made_for = chosen(config.features.names).hash
    nobody = ModelRef(name="none", sha256="", feature_hash=made_for, trained_from_ns=0, trained_to_ns=0)
    return make_term(config, nobody, "training")


def _channel(term: Term, channel: int, ticks: Records) -> Examples:
    """The labelled rows of a channel, as `play` makes them."""
    build = Resources(lambda term, own: Pipeline([*market(term, own), Label(term, own), Matured(term, own)]))
    made: dict[str, list[Records]] = {FEATURES.name: [], OUTCOMES.name: [], QUARANTINE.name: []}
    for output in play((encode(frame) for frame in log_of(term, channel, ticks)), channel, build):
        for topic, frame in output.frames:
            made[topic.name].append(frame.records)
    if not made[OUTCOMES.name]:
        raise DataError(f"channel {channel}: {len(ticks)} ticks made no labelled row")
    return examples(np.concatenate(made[FEATURES.name]), np.concatenate(made[OUTCOMES.name]))


def _description(config: Config, train_share: float) -> str:
    instruments = ", ".join(f"{one.venue} {one.symbol}" for one in config.universe.instruments)
    return f"Captured ticks of {instruments}; trained on the first {train_share:.0%} of the capture's time."
