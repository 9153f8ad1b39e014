"""The table of metrics against Prometheus' naming conventions."""

import re

import pytest

from schemas.metrics import FLINK, HOPS, LATENCY_BUCKETS, METRICS, PROCESSES, Metric

NAME = re.compile(r"[a-z][a-z0-9_]*[a-z0-9]")
UNITS = ("seconds", "ratio", "messages", "frames", "records", "orders", "info", "differences")
STATES = ("ready", "halted", "in_flight", "trailing", "fault")  # a yes or no, or a number without a unit
BAD_UNITS = re.compile(r"_(ms|millis|milliseconds|ns|us|minutes|percent|kb|mb)(_|$)")


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_follows_the_conventions(metric: Metric):
    assert NAME.fullmatch(metric.name) and "__" not in metric.name and not BAD_UNITS.search(metric.name)
    assert all(NAME.fullmatch(label) and label not in ("le", "job", "instance", "process") for label in metric.labels)
    assert metric.what[0].isupper() or metric.what[0].isdigit()
    assert not metric.what.endswith(".")
    assert bool(metric.buckets) == (metric.kind == "histogram")
    if metric.by == ("flink",):  # Flink names what it scrapes by the scope, and exports counters as gauges
        assert metric.name.startswith(FLINK)
        return
    assert metric.name.startswith("penstock_") and set(metric.by) <= set(PROCESSES) and metric.by
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.kind == "counter" or metric.name.endswith((*UNITS, *STATES))
    assert metric.kind != "histogram" or metric.name.endswith("_seconds")


def test_names_are_told_apart_and_every_process_has_some():
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert {process for metric in METRICS for process in metric.by} == {*PROCESSES, "flink"}


def test_buckets_rise_and_hops_have_ends():
    assert list(LATENCY_BUCKETS) == sorted(set(LATENCY_BUCKETS)) and LATENCY_BUCKETS[0] == 1e-5
    assert len({f"{begin}_to_{end}" for begin, end in HOPS}) == len(HOPS)
