"""The table of inputs and outputs in each module's README; `python -m tests.terraform.readme` writes them anew."""

from pathlib import Path
from typing import Any

import hcl2

from tests.terraform.command import ROOT

BEGIN, END = "<!-- inputs and outputs -->", "<!-- end -->"
FOLDERS = (*sorted((ROOT / "modules").iterdir()), *sorted((ROOT / "stacks").iterdir()))


def table(folder: Path) -> str:
    """What variables.tf and outputs.tf say, as Markdown."""
    lines = ["| input | required | what |", "|---|---|---|"]
    for name, one in _blocks(folder / "variables.tf", "variable"):
        lines.append(f"| `{name}` | {'no' if 'default' in one else 'yes'} | {_text(one['description'])} |")
    lines += ["", "| output | what |", "|---|---|"]
    lines += [f"| `{name}` | {_text(one['description'])} |" for name, one in _blocks(folder / "outputs.tf", "output")]
    return "\n".join(lines)


def written(folder: Path) -> str:
    """The README as it should be: its own words, and the table between the marks."""
    text = (folder / "README.md").read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    return f"{before}{BEGIN}\n{table(folder)}\n{END}{after}"


def _blocks(path: Path, kind: str) -> list[tuple[str, dict[str, Any]]]:
    with path.open() as file:
        found = hcl2.load(file).get(kind, [])
    return [(name.strip('"'), one) for block in found for name, one in block.items() if not name.startswith("__")]


def _text(value: str) -> str:
    return value.strip('"').replace("|", "\\|")


if __name__ == "__main__":
    for one in FOLDERS:
        (one / "README.md").write_text(written(one))
