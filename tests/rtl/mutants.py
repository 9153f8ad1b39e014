"""Small faults in the source of a block: do its tests notice each one? `make rtl-mutants BLOCK=… COUNT=… SEED=…`.

A fault is one operator, condition or constant made another. The block without a fault must pass first. A fault that no
test notices is proved by yosys to change nothing (for small parameters), or stands with its reason in survivors.toml;
any other is a hole in the tests, and so is an entry there whose fault is noticed after all.
"""

import argparse
import os
import random
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from xml.etree import ElementTree

from cocotb_tools.runner import get_runner
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.rtl.run import BUILD, ROOT, RTL, SOURCES
from tests.rtl.test_packets import SIZES as PACKET_SIZES

SURVIVORS = Path(__file__).with_name("survivors.toml")
PROOF_TIMEOUT_S = 60
SMALL = {"INSTRUMENT_W": 1, "ADDRESS_W": 1, "SET_W": 2, "LEVEL_W": 6, "LOCATE_W": 3, "DEPTH_W": 2}  # in proofs
NO_PROGRAM, NO_END = "compiler", "no end"
_TICKS = ("edges", "bursts", "saturation", "resets", "latency")
_PACKETS = ("edges", "broken_feed", "overflows", "random_pauses", "feed_too_fast", "resets", "malformed_packets")


@dataclass(frozen=True)
class Bench:
    """What tries a block: a top with its parameters, and tests of which the first notice the most."""

    top: str
    module: str
    cases: tuple[str, ...]
    parameters: dict[str, int] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


_PREPROCESS = Bench("preprocess", "preprocess_bench", _TICKS, environment={"TICKS": "400"})
_PACKET_TICKS = Bench("packet_ticks", "packets_bench", _PACKETS, PACKET_SIZES)
_MOLD = Bench(
    "mold_rx",
    "mold_bench",
    ("random_pauses", "every_malformation", "every_length", "sequence_wraps", "resets"),
    environment={"PACKETS": "200"},
)
BENCHES = {
    **dict.fromkeys(("preprocess_pipe", "state_ram", "saturating_sum", "credit_fifo", "delay_line"), _PREPROCESS),
    **dict.fromkeys(
        ("itch_decode", "symbol_filter", "loss_fifo", "order_table", "best_price", "tick_pack"), _PACKET_TICKS
    ),
    "mold_rx": _MOLD,
}


# What may stand in an expression, the longest first, and what it becomes.
_TOKEN = re.compile(r"if \(|&&|\|\||==|!=|<=|>=|<<|>>>|>>|[-+&|^!<>~]|\d+'[bd]\d+|'[01]")
_OTHER = {
    "&&": "||", "||": "&&", "==": "!=", "!=": "==", "<": "<=", ">": ">=", "+": "-", "-": "+", "&": "|", "|": "&",
    "^": "|", "!": "", "~": "", "<<": ">>", ">>": "<<", ">>>": ">>", "'0": "'1", "'1": "'0",
}  # fmt: skip
_SKIPPED = re.compile(
    r"//[^\n]*|\(\*.*?\*\)|^module .*?^\);|^ *localparam [^;]*;|#\(.*?\) \w+ \($|for \([^)]*\)|^ *genvar [^;]*;",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Fault:
    """One place of a source at which something else stands."""

    source: str
    begin: int
    end: int
    other: str

    @property
    def line(self) -> int:
        return self.source.count("\n", 0, self.begin) + 1

    @property
    def text(self) -> str:
        return self.source[: self.begin] + self.other + self.source[self.end :]

    def __str__(self) -> str:
        """The line with both, so that a line more above does not make it another fault."""
        first = self.source.rfind("\n", 0, self.begin) + 1
        last = self.source.index("\n", self.end)
        before, given, after = (
            self.source[first : self.begin], self.source[self.begin : self.end], self.source[self.end : last],
        )  # fmt: skip
        return f"{before}<{given} becomes {self.other or 'nothing'}>{after}".strip()


def every_fault(source: str) -> Iterator[Fault]:
    """All of them in order; not in comments, declarations, attributes and loops, nor between [ and ]."""
    plain = _SKIPPED.sub(lambda match: " " * len(match[0]), source)
    for match in _TOKEN.finditer(plain):
        head = plain[: match.start()]
        if head.count("[") > head.count("]"):
            continue
        token, end = match[0], match.end()
        if token == "if (":
            end = _closing(plain, end)
            yield Fault(source, match.start(), end, f"if (!{source[match.end() - 1 : end]})")
        elif "'" in token and token[0] != "'":
            width, base, digits = re.fullmatch(r"(\d+)'([bd])(\d+)", token).groups()
            other = int(digits, {"b": 2, "d": 10}[base]) ^ 1
            yield Fault(source, match.start(), end, f"{width}'d{other}")
        elif token in _OTHER:
            yield Fault(source, match.start(), end, _OTHER[token])


def _closing(text: str, begin: int) -> int:
    depth = 1
    while depth:
        depth += {"(": 1, ")": -1}.get(text[begin], 0)
        begin += 1
    return begin


def faults(block: str, count: int, seed: int) -> list[Fault]:
    """A random choice in the order of the source."""
    whole = [*every_fault((RTL / f"{block}.sv").read_text())]
    return [whole[place] for place in sorted(random.Random(seed).sample(range(len(whole)), min(count, len(whole))))]


def build(block: str, bench: Bench, folder: Path, fault: Fault | None) -> bool:
    """Compile the top with the fault in the block; says whether it is a program at all."""
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / f"{block}.sv"
    source.write_text(fault.text if fault else (RTL / f"{block}.sv").read_text())
    sizes = [f"-P{bench.top}.{name}={value}" for name, value in bench.parameters.items()]
    others = [path for path in SOURCES if path.stem != block]
    command = ["iverilog", "-g2012", "-s", bench.top, *sizes, "-o", folder / "sim.vvp", "-c", folder / "cmds.f"]
    (folder / "cmds.f").write_text("+timescale+1ns/1ps\n")
    made = subprocess.run([*command, source, *others], capture_output=True, timeout=120, check=False)
    return made.returncode == 0


def noticed_by(block: str, bench: Bench, folder: Path, fault: Fault | None) -> str | None:
    """The first test that fails with the fault, or that it does not compile."""
    if not build(block, bench, folder, fault):
        return NO_PROGRAM
    results = folder / "results.xml"
    results.unlink(missing_ok=True)
    try:
        get_runner("icarus").test(
            hdl_toplevel=bench.top,
            hdl_toplevel_lang="verilog",
            test_module=f"tests.rtl.{bench.module}",
            testcase=list(bench.cases),
            build_dir=folder,
            test_dir=ROOT,
            results_xml=str(results),
            extra_env={"PYTHONPATH": str(ROOT), **bench.environment},
            log_file=folder / "simulation.log",
        )
    except (SystemExit, RuntimeError):  # it was ended
        return NO_END
    if not results.exists():
        return NO_END
    failed = [
        one.attrib["name"]
        for one in ElementTree.parse(results).iter("testcase")
        if {"failure", "error"} & {sub.tag for sub in one}
    ]
    return failed[0] if failed else None


def changes_nothing(block: str, folder: Path, fault: Fault) -> bool:
    """Whether yosys proves, by induction over registers of the same name, that the fault cannot be seen."""
    others = " ".join(str(path) for path in SOURCES if path.stem != block)
    sizes = "".join(
        f"chparam -set {name} {value} {block}; " for name, value in SMALL.items() if f"integer {name} " in fault.source
    )
    sides = ""
    for side, text in (("gold", fault.source), ("gate", fault.text)):
        (folder / f"{side}.sv").write_text(text)
        sides += (
            f"read_verilog -sv {folder}/{side}.sv {others}; {sizes}hierarchy -top {block}; proc; flatten; memory_map; "
            f"opt_clean; rename -top {side}; design -stash {side}; "
        )
    script = (
        f"{sides}design -copy-from gold gold; design -copy-from gate gate; equiv_make gold gate both; "
        "hierarchy -top both; opt_clean; equiv_struct; equiv_simple; equiv_induct; equiv_status -assert"
    )
    try:
        proved = subprocess.run(
            ["yosys", "-q", "-p", script], capture_output=True, timeout=PROOF_TIMEOUT_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return proved.returncode == 0


def explained(block: str) -> dict[str, str]:
    """The faults of a block that cannot be noticed, and why."""
    return {one["fault"]: one["reason"] for one in tomllib.loads(SURVIVORS.read_text()).get(block, [])}


def run(block: str, count: int, seed: int) -> int:
    bench, folder, console = BENCHES[block], BUILD / "mutants" / block, Console(soft_wrap=True)
    if (case := noticed_by(block, bench, folder / "none", None)) is not None:
        console.print(f"The block without a fault fails {case}: nothing can be said (see {folder}/none/simulation.log)")
        return 1
    # A fault may keep a test from ending: three times the processor's time of all tests together is long enough.
    os.environ["SIM_CMD_PREFIX"] = f"prlimit --cpu={3 * getrusage(RUSAGE_CHILDREN).ru_utime + 10:.0f}"
    drawn = faults(block, count, seed)
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda one: noticed_by(block, bench, folder / str(one[0]), one[1]), enumerate(drawn))
        cases = list(track(found, f"{block}: {len(drawn)} faults", len(drawn), console=console, transient=True))
    reasons = explained(block)
    survivors = {fault: reasons.get(str(fault), "") for fault, case in zip(drawn, cases, strict=True) if case is None}
    for fault in [fault for fault, reason in survivors.items() if not reason]:
        if changes_nothing(block, folder, fault):
            survivors[fault] = "changes nothing (proved)"
    stale = [fault for fault, case in zip(drawn, cases, strict=True) if case and str(fault) in reasons]
    show(console, block, bench, cases, survivors, stale)
    return int(bool(stale) or not all(survivors.values()))


def show(
    console: Console, block: str, bench: Bench, cases: list[str | None], survivors: dict[Fault, str], stale: list[Fault]
) -> None:
    programs = len(cases) - cases.count(NO_PROGRAM)
    table = Table(
        "noticed first by", "faults", title=f"{block}: {programs - len(survivors)} of {programs} faults noticed"
    )
    for case in (*bench.cases, NO_END):
        table.add_row(case, str(cases.count(case)))
    console.print(table)
    for fault, reason in survivors.items():
        verdict = f"unnoticed: {reason}" if reason else "A HOLE in the tests"
        console.print(f"{block}.sv:{fault.line}: {fault}\n    {verdict}", markup=False, highlight=False)
    for fault in stale:
        console.print(f"{SURVIVORS.name} explains a fault that is noticed: {fault}", markup=False, highlight=False)


def main() -> None:
    parser = argparse.ArgumentParser(description="Small faults in a block, and whether its tests notice them.")
    parser.add_argument("block", choices=sorted(BENCHES))
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(run(given.block, given.count, given.seed))


if __name__ == "__main__":
    main()
