"""The end of a run: summary, report and quality site from what is archived."""

from pathlib import Path

from rich.console import Console

from jobs.quality import check
from jobs.quality import show as show_quality
from jobs.results.report import write_report
from jobs.results.store import open_archive, read_facts
from jobs.results.summarise import summarise
from jobs.results.summary import Summary, write
from jobs.results.text import show


def close_books(folder: Path, console: Console) -> Summary:
    """Write `summary.json`, `report.html` and the quality site of a run's folder, and print what they say."""
    with open_archive(folder) as store:
        facts = read_facts(store)
    summary = summarise(facts)
    write(summary, folder / "summary.json")
    write_report(facts, summary, folder / "report.html", "A run of the whole pipeline")
    show_quality(check(folder), console)
    console.print()
    show(summary, console)
    console.print(f"\nReport: {(folder / 'report.html').resolve()}", highlight=False, soft_wrap=True)
    return summary
