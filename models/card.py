"""A model's card: what its manifest says, for people."""

from datetime import UTC, datetime

from models.registry import Manifest


def card(manifest: Manifest) -> str:
    """The text of `cards/<name>.md`; times are UTC."""
    metrics = manifest.metrics
    bins = [
        f"| {one.from_bp / 100:.0f}–{one.to_bp / 100:.0f} % | {one.rows} | {one.score_bp_mean / 100:.1f} % | "
        f"{one.up_share:.1%} |"
        for one in metrics.calibration
    ]
    return "\n".join(
        [
            f"# Model `{manifest.name}`",
            "",
            f"`{manifest.sha256}.onnx`, features `{manifest.feature_hash[:12]}`, seed {manifest.seed}; made by "
            f"`penstock train`, written by it as well. It gives the probability that the mid is higher, by more than "
            f"half the spread, {manifest.horizon_ns / 1e9:g} s after the row.",
            "",
            "## Data",
            "",
            f"{manifest.data}",
            "",
            "| | from | to | rows | flat, left out |",
            "|---|---|---|---|---|",
            f"| trained | {_utc(manifest.trained_from_ns)} | {_utc(manifest.trained_to_ns)} | {manifest.rows} | "
            f"{manifest.flat_rows} |",
            f"| evaluated | {_utc(manifest.evaluated_from_ns)} | {_utc(manifest.evaluated_to_ns)} | {metrics.rows} | "
            f"{metrics.flat_rows} |",
            "",
            f"The gap of {manifest.gap_ns / 1e9:g} s between the parts is the horizon and the longest look back of a "
            "feature. Every training row also stands mirrored (prices the other way, opposite label), so that the "
            "drift of a few minutes is not learned.",
            "",
            "## Evaluation",
            "",
            f"- accuracy {metrics.accuracy:.3f} ± {metrics.accuracy_se:.3f} as if rows were independent, "
            f"± {metrics.accuracy_se_blocks:.3f} when rows within one horizon count as one",
            f"- base rate {metrics.base_rate:.3f}: always saying the more frequent side",
            f"- log-loss {metrics.log_loss:.3f}; always saying the share of ups: {metrics.log_loss_base:.3f}",
            f"- ONNX against LightGBM: at most {manifest.parity_bp_max:.2f} bp apart, rounding included",
            "",
            "| score | rows | mean score | went up |",
            "|---|---|---|---|",
            *bins,
            "",
            f"## Use\n\n{_verdict(manifest)} Rows whose label overlaps the training data are marked in-sample.",
            "",
            "Made with " + ", ".join(f"{name} {version}" for name, version in manifest.versions.items()) + ".",
            "",
        ]
    )


def _utc(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns / 1e9, UTC):%Y-%m-%d %H:%M:%S}"


def _verdict(manifest: Manifest) -> str:
    metrics = manifest.metrics
    edge = metrics.accuracy - metrics.base_rate
    if edge > 2 * metrics.accuracy_se_blocks:
        return "It beats the base rate by more than two standard errors on one short span: not yet a reason to trade."
    return "It does not beat the base rate on the evaluated span: it shows the path of a model, not a way to earn."
