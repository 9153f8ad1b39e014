"""What the archive tells of messages; beside its tables: tests/jobs/warehouse/test_contents.py."""

from pathlib import Path

import numpy as np

from jobs.adapters.metrics import Page
from jobs.observation.archive import MEMBERS, Tally, fill
from jobs.parity import REPORT
from jobs.results.kept import write_report
from jobs.results.oracle import Parity
from jobs.warehouse.intake import Taken
from schemas import metrics
from schemas.arrow import Raw
from schemas.frame import Frame
from schemas.records import OUTCOME, Kind
from schemas.topics import OUTCOMES, Source


class Idle:
    """An archive that has read nothing in channel 0 but two gaps."""

    archived, gaps = 5, {0: 2}


def test_the_last_parity_check_is_told(tmp_path: Path):
    page = Page("archive")
    fill(page, Idle(), Tally(), tmp_path)  # type: ignore[arg-type]
    assert page.value(metrics.PARITY) is None, "no check, no claim"
    write_report(tmp_path / REPORT, [Parity("a", 0.0, 9, 2, 1, 5.0, (0, 1)), Parity("b", 0.0, 9, 0, 4, 0.0, None)])
    fill(page, Idle(), Tally(), tmp_path)  # type: ignore[arg-type]
    assert page.value(metrics.PARITY) == 7 and 0 <= page.value(metrics.PARITY_AGE) < 600
    assert page.value(metrics.ARCHIVED) == 5 and page.value(metrics.GAPS, 0) == 2


def test_skill_counts_who_was_right_and_no_side_is_wrong():
    rows = np.zeros(5, OUTCOME)
    rows["label"] = (1, -1, 1, 0, 1)
    rows["model_bp"] = (6000, 4000, 5000, 9000, 4000)
    rows["online_bp"], rows["p_bp"] = (9000, 9000, 9000, 9000, 9000), (4000, 6000, 4000, 4000, 4000)
    rows["in_sample"][4] = 1
    frame = Frame(Kind.OUTCOMES, 0, Source.TRADE, 1, 0, rows)
    tally, page = Tally(), Page("archive")
    tally.take(Taken(Raw(OUTCOMES.name, 0, 0, b"", 0, frame), "outcomes"))
    for (metric, labels), count in tally.counts.items():
        page.set(metric, count, *labels)
    right = {member: page.value(metrics.CORRECT, member, "out") for member in MEMBERS}
    assert right == {"model": 2, "online": 2, "ensemble": 0}
    labelled = {name: page.value(metrics.OUTCOMES, name, "out") for name in ("up", "down", "flat")}
    assert labelled == {"up": 2, "down": 1, "flat": 1}
    assert page.value(metrics.CORRECT, "online", "in") == 1
