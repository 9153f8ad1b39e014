"""`quality`: is the archived data as expected? Great Expectations over the warehouse, and a site that people read.

A failed expectation is a fact about the data, not an error of this job. Ends with 0 when all passed, or only known
dirt failed; with 3 when something else failed.
"""

import argparse
import json
from collections import Counter
from pathlib import Path

import msgspec
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from jobs.adapters.expectations import Result, validate
from jobs.sql import Ask, questions
from schemas.expectations import TABLES, Expected, expected

SAMPLE_ROWS_MAX = 50_000
UNEXPECTED = 3  # exit status


class Report(msgspec.Struct, frozen=True):
    """What was found; `site` is the page to open."""

    site: str
    passed: int
    known: int  # failed, and known to be so
    failed: int
    results: tuple[Result, ...]

    @property
    def status(self) -> int:
        return UNEXPECTED if self.failed else 0


def check(folder: Path = Path(".penstock"), warehouse: str | None = None) -> Report:
    """Check what is archived; writes `quality/index.html` and `quality/report.json` in the folder.

    Raises SetupError when nothing is archived.
    """
    suites = {}
    with questions(folder, warehouse) as ask:
        for one in map(expected, TABLES):
            of = {part: [e for e in one.expectations if e.of == part] for part in ("totals", "rows")}
            suites[f"{one.table}, all rows"] = (_table(ask, one.totals), of["totals"])
            rows = _sample(ask, one)
            if rows.num_rows:
                suites[f"{one.table}, a sample"] = (rows, of["rows"])
    results = validate(suites, folder / "quality")
    failed = [one for one in results if not one.passed]
    report = Report(
        site=str(folder / "quality" / "index.html"),
        passed=len(results) - len(failed),
        known=sum(one.known for one in failed),
        failed=sum(not one.known for one in failed),
        results=tuple(results),
    )
    (folder / "quality" / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    return report


def main(arguments: list[str]) -> int:
    given = _parser().parse_args(arguments)
    report = check(given.folder, given.warehouse)
    show(report, Console())
    return report.status


def show(report: Report, console: Console) -> None:
    """The report as a table: suites, then what failed."""
    table = Table("expectations of", "passed", "known dirt", "failed", box=None)
    for suite in dict.fromkeys(one.suite for one in report.results):
        found = Counter(_verdict(one) for one in report.results if one.suite == suite)
        table.add_row(suite, *(str(found[verdict] or "") for verdict in ("passed", "known dirt", "failed")))
    console.print(table)
    for one in report.results:
        if not one.passed:
            console.print(f"{_verdict(one)}: {one.suite}: {one.column}: {one.observed}", highlight=False)
    console.print(f"data docs: {report.site}", highlight=False, soft_wrap=True)


def _verdict(one: Result) -> str:
    return "passed" if one.passed else "known dirt" if one.known else "failed"


def _sample(ask: Ask, one: Expected) -> pa.Table:
    """At most about SAMPLE_ROWS_MAX rows, always the same ones."""
    (count,) = json.loads(ask(f"SELECT count() FROM {one.table}", "JSONCompactEachRow"))
    stride = int(count) // SAMPLE_ROWS_MAX + 1
    where = f"cityHash64(_partition, _offset, _row) % {stride} = 0"
    return _table(ask, f"SELECT {', '.join(one.columns)} FROM {one.table} WHERE {where}")


def _table(ask: Ask, query: str) -> pa.Table:
    return pa.ipc.open_stream(ask(query, "ArrowStream")).read_all()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quality", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path(".penstock"), help="of the run")
    parser.add_argument(
        "--warehouse", help="chdb:///FOLDER or clickhouse://USER:PASSWORD@HOST:8123/; default: in --folder"
    )
    return parser
