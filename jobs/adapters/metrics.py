"""The door to prometheus_client: a process's page of metrics, filled by its loop, rendered when it is asked for."""

import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import make_wsgi_app

from schemas.metrics import METRICS, Metric

__all__ = ["Page"]

Labels = tuple[str, ...]
_BY_NAME = {metric.name: metric for metric in METRICS}


class Page:
    """Takes what `schemas.metrics` lists for a process, and nothing else; thread-safe.

    >>> from schemas.metrics import HALTED
    >>> page = Page("gateway")
    >>> page.set(HALTED, 1, 0)
    >>> page.value(HALTED, 0)
    1.0
    """

    def __init__(self, process: str) -> None:
        self._process = process
        self._lock = threading.Lock()
        # By the metric's name.
        self._values: dict[str, dict[Labels, float]] = {}
        self._counts: dict[str, dict[Labels, list[float]]] = {}  # histograms: by bucket, then the sum
        self._asked: dict[str, Callable[[], float]] = {}
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        self.application = make_wsgi_app(self._registry)

    def set(self, metric: Metric, value: float, *labels: object) -> None:
        """What is so now: a gauge, or the total of a counter that somebody else keeps."""
        with self._lock:
            self._values.setdefault(metric.name, {})[self._checked(metric, labels)] = float(value)

    def add(self, metric: Metric, amount: float, *labels: object) -> None:
        with self._lock:
            own, key = self._values.setdefault(metric.name, {}), self._checked(metric, labels)
            own[key] = own.get(key, 0.0) + amount

    def observe(self, metric: Metric, value: float, *labels: object) -> None:
        """Add one sample to a histogram."""
        with self._lock:
            key = self._checked(metric, labels)
            counts = self._counts.setdefault(metric.name, {}).setdefault(key, [0.0] * (len(metric.buckets) + 2))
            counts[bisect_left(metric.buckets, value)] += 1
            counts[-1] += value

    def ask(self, metric: Metric, value: Callable[[], float]) -> None:
        """A gauge without labels whose value is asked for when the page is."""
        self._checked(metric, ())
        self._asked[metric.name] = value

    def value(self, metric: Metric, *labels: object) -> float | None:
        """A counter or gauge as it stands; None when nobody has said anything of it."""
        with self._lock:
            return self._values.get(metric.name, {}).get(self._checked(metric, labels))

    def collect(self) -> Iterator[Any]:
        """For prometheus_client: every metric of which something is known."""
        asked: dict[str, dict[Labels, float]] = {name: {(): value()} for name, value in self._asked.items()}
        with self._lock:
            values = asked | {name: dict(own) for name, own in self._values.items()}
            counts = [(one, {key: list(own) for key, own in kept.items()}) for one, kept in self._counts.items()]
        for name, own in values.items():
            metric = _BY_NAME[name]
            kind = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
            family = kind(metric.name, metric.what, labels=metric.labels)
            for labels, value in own.items():
                family.add_metric(labels, value)
            yield family
        for name, kept in counts:
            yield _histogram(_BY_NAME[name], kept)

    def _checked(self, metric: Metric, labels: tuple[object, ...]) -> Labels:
        if self._process not in metric.by or _BY_NAME.get(metric.name) is not metric:
            raise ValueError(f"{metric.name} is not a metric of {self._process}: see schemas/metrics.py")
        if len(labels) != len(metric.labels):
            raise ValueError(f"{metric.name} has the labels {metric.labels}, not {labels}")
        return tuple(str(one) for one in labels)


def _histogram(metric: Metric, kept: dict[Labels, list[float]]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(metric.name, metric.what, labels=metric.labels)
    ends = [*map(str, metric.buckets), "+Inf"]
    for labels, counts in kept.items():
        so_far, buckets = 0.0, []
        for end, count in zip(ends, counts, strict=False):
            so_far += count
            buckets.append((end, so_far))
        family.add_metric(labels, buckets, counts[-1])
    return family
