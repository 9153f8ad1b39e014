"""A page of metrics: what the table allows, rendered as Prometheus reads it."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from jobs.adapters.metrics import Page
from schemas.metrics import FEED_DELAY, FEED_TICKS, HALTED, LAG, ORDER_LATENCY, ROUND_AGE


def rendered(page: Page) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    told: list[str] = []
    body = b"".join(
        page.application(
            {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics"}, lambda status, headers: told.append(status)
        )
    )
    assert told == ["200 OK"]
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(body.decode())
        for sample in family.samples
    }


def test_counters_gauges_and_histograms_are_rendered():
    page = Page("feed")
    page.add(FEED_TICKS, 3, 0)
    page.add(FEED_TICKS, 4, 0)
    for seconds in (1e-6, 1e-5, 0.5, 1000.0):
        page.observe(FEED_DELAY, seconds)
    page.ask(ROUND_AGE, lambda: 2.5)
    seen = rendered(page)
    assert seen["penstock_feed_ticks_total", (("channel", "0"),)] == 7
    assert seen["penstock_round_age_seconds", ()] == 2.5
    buckets = {
        labels[0][1]: value for (name, labels), value in seen.items() if name == "penstock_feed_delay_seconds_bucket"
    }
    assert buckets["1e-05"] == 2, "a bucket's end belongs to it"
    assert (buckets["0.4"], buckets["0.63"], buckets["30.0"], buckets["+Inf"]) == (2, 3, 3, 4)
    assert seen["penstock_feed_delay_seconds_count", ()] == 4
    assert seen["penstock_feed_delay_seconds_sum", ()] == pytest.approx(1000.500011)
    assert ("process_resident_memory_bytes", ()) in seen


def test_a_page_takes_nothing_that_is_not_in_its_table():
    page = Page("gateway")
    with pytest.raises(ValueError, match="not a metric of gateway"):
        page.add(FEED_TICKS, 1, 0)
    with pytest.raises(ValueError, match="has the labels"):
        page.set(HALTED, 1)
    with pytest.raises(ValueError, match="has the labels"):
        page.observe(ORDER_LATENCY, 1.0, "a", "b")
    page.set(LAG, 5, "ticks.v1", 0)
    assert page.value(LAG, "ticks.v1", 0) == 5 and page.value(LAG, "ticks.v1", 1) is None
