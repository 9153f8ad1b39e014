"""How much each member is trusted, what they say together, and what became of what they said."""

import math

import numpy as np

import models.scorer
from models.scorer import BP, EVEN_BP
from schemas.config import LearnConfig
from schemas.control import Term
from schemas.errors import ConfigError, Unsafe
from schemas.layouts import feature_record
from schemas.records import OUTCOME
from udfs.arrays import EMPTY, ROW
from udfs.kernels import kernel, read_only
from udfs.machine import ArrayMachine, Batch, State
from udfs.signals.pending import ring

_INPUTS = ("features", "scores", "online", "labels")
_HELD = np.dtype([("row", "<u8"), ("model_bp", "<i4"), ("online_bp", "<i4"), ("p_bp", "<i4"), ("in_sample", "<u4")])


class Ensemble(ArrayMachine):
    """Adds `rows`, one for each row of `features`, and `outcomes`, one for each label, numbered from 1.

    Per channel, each member has an EWMA of its log-loss, at the start that of an even guess (ln 2); a prediction
    counts as at least 1 and at most 9,999 bp. Weights are proportional to exp(-eta * loss), no smaller than the floor,
    and sum to 10,000 bp; p is their weighted sum, halves rounded up, so that a row's integers explain it. A label
    moves the losses unless it is 0 or its row was in-sample (a model is not to be trusted for what it was shown),
    and does so before a row of its position is combined.
    """

    name = "ensemble"
    version = 1
    inherits = ("features", "learn", "models")  # label, learn and ensemble go on together or not at all
    needs = "closes"  # rows and labels come with closes

    def __init__(self, term: Term, channel: int) -> None:
        self._settings = _settings(term.learn)
        self._ring = ring(term, channel)
        self._no_rows = np.zeros(0, feature_record(term.feature_set.names))

    def initial(self) -> State:
        return {
            "losses": np.full(2, math.log(2.0)),
            "outcomes": np.zeros(1, np.uint64),
            "held": np.zeros(self._ring, _HELD),
        }

    def step(self, state: State, batch: Batch) -> None:
        features, scores, online, labels = (batch[name] for name in _INPUTS)
        if not (len(features) or len(scores) or len(online) or len(labels)):
            return
        if not len(scores) == len(online) == len(features):
            raise Unsafe(f"ensemble: {len(features)} rows, {len(scores)} scores, {len(online)} online predictions")
        rows, outcomes = np.zeros(len(features), ROW), np.zeros(len(labels), OUTCOME)
        lost = _walk(features, scores, online, labels, *self._settings, *state.values(), rows, outcomes)
        if lost:
            raise Unsafe(f"ensemble: row {lost} got a label, but what was predicted for it is no longer held")
        if len(rows):
            batch["rows"] = rows
        if len(outcomes):
            batch["outcomes"] = outcomes

    def warm(self) -> None:
        """Compile the kernel."""
        inputs = [read_only(self._no_rows), *(EMPTY[name] for name in _INPUTS[1:])]
        outputs = np.zeros(0, ROW), np.zeros(0, OUTCOME)
        _walk(*inputs, *self._settings, *self.initial().values(), *outputs)


def _settings(learn: LearnConfig) -> tuple[float, float, float]:
    if not (0 < learn.loss_alpha <= 1 and learn.eta >= 0 and 0 <= learn.weight_floor <= 0.5):
        raise ConfigError("learn: 0 < loss_alpha <= 1, eta >= 0 and 0 <= weight_floor <= 0.5 must hold")
    return float(learn.loss_alpha), float(learn.eta), float(learn.weight_floor)


@kernel(models.scorer)
def _walk(features, scores, online, labels, alpha, eta, floor, losses, numbered, held, rows, outcomes):  # type: ignore[no-untyped-def]
    matured = 0
    for at in range(len(features) + 1):
        while matured < len(labels) and (at == len(features) or labels[matured].position <= features[at].position):
            place = held[labels[matured].row % np.uint64(len(held))]
            if place.row != labels[matured].row:
                return labels[matured].row
            numbered[0] += np.uint64(1)
            _settle(labels[matured], place, numbered[0], alpha, losses, outcomes[matured])
            matured += 1
        if at < len(features):
            _combine(scores[at], online[at], _model_weight_bp(losses, eta, floor), rows[at])
            _hold(rows[at], held[rows[at].row % np.uint64(len(held))])
    return np.uint64(0)


@kernel(models.scorer)
def _settle(label, place, number, alpha, losses, outcome):  # type: ignore[no-untyped-def]
    outcome.number = number
    outcome.row = label.row
    outcome.position = label.position
    outcome.row_ns = label.row_ns
    outcome.channel_ns = label.channel_ns
    outcome.mid_before_half = label.mid_before_half
    outcome.mid_after_half = label.mid_after_half
    outcome.spread = label.spread
    outcome.instrument = label.instrument
    outcome.model_bp = place.model_bp
    outcome.online_bp = place.online_bp
    outcome.p_bp = place.p_bp
    outcome.label = label.label
    outcome.in_sample = place.in_sample
    if label.label == 0 or place.in_sample:
        return
    losses[0] += alpha * (_log_loss(place.model_bp, label.label) - losses[0])
    losses[1] += alpha * (_log_loss(place.online_bp, label.label) - losses[1])


@kernel(models.scorer)
def _log_loss(up_bp, label):  # type: ignore[no-untyped-def]
    right_bp = up_bp if label > 0 else BP - up_bp
    return -math.log(min(max(right_bp, 1), BP - 1) / BP)


@kernel(models.scorer)
def _model_weight_bp(losses, eta, floor):  # type: ignore[no-untyped-def]
    # The same as exp(-eta * loss) / sum, without underflow when both losses are large.
    weight = 1.0 / (1.0 + math.exp(eta * (losses[0] - losses[1])))
    return math.floor(min(max(weight, floor), 1.0 - floor) * BP + 0.5)


@kernel(models.scorer)
def _combine(score, online, model_weight_bp, row):  # type: ignore[no-untyped-def]
    row.row = score.row
    row.model_bp = score.model_bp
    row.online_bp = online.online_bp
    row.model_weight_bp = model_weight_bp
    row.online_weight_bp = BP - model_weight_bp
    row.p_bp = (model_weight_bp * score.model_bp + (BP - model_weight_bp) * online.online_bp + EVEN_BP) // BP
    row.confidence_bp = max(row.p_bp, BP - row.p_bp)
    row.in_sample = score.in_sample


@kernel()
def _hold(row, place):  # type: ignore[no-untyped-def]
    place.row = row.row
    place.model_bp = row.model_bp
    place.online_bp = row.online_bp
    place.p_bp = row.p_bp
    place.in_sample = row.in_sample
