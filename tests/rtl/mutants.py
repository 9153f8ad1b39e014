"""Small faults in a block: do the block's tests notice each one? `make rtl-mutants BLOCK=… COUNT=… SEED=…`.

yosys draws faults evenly over the cells of a block (a bit inverted, stuck, or wrong when another bit is set) and puts
all of them into one netlist, each switched on by its number at a new input: one build serves all. The netlist without
a fault must pass first. A fault that no test notices is proved to change nothing, or stands with its reason in
survivors.toml; any other is a hole in the tests, and so is an entry there whose fault is noticed after all.
"""

import argparse
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from cocotb_tools.check_results import get_results
from cocotb_tools.runner import get_runner
from rich.console import Console
from rich.progress import track
from rich.table import Table

from tests.rtl.run import BUILD, ROOT, SOURCES
from tests.rtl.test_packets import SIZES as PACKET_SIZES

SURVIVORS = Path(__file__).with_name("survivors.toml")
PROOF_TIMEOUT_S = 20
_TICKS = ("edges", "bursts", "saturation", "random_pauses", "resets", "latency")
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


@dataclass(frozen=True)
class Fault:
    """One line of yosys: `mutate -mode inv -module … -cell … -port Y -portbit 3 … -src file:1.2-1.9`."""

    number: int
    command: str

    def __str__(self) -> str:
        """Where it is by what stands there, so that a line more above does not make it another."""
        given = dict(re.findall(r"-(mode|port|portbit|ctrlbit|wire|wirebit) (\S+)", self.command))
        bit = f"{given['port']}[{given['portbit']}]" + (f" by [{given['ctrlbit']}]" if "ctrlbit" in given else "")
        wire = f" {given['wire']}[{given['wirebit']}]" if "wire" in given else ""
        return f"{given['mode']} {bit}{wire} of {' | '.join(sorted(self._texts()))}"

    def _texts(self) -> Iterator[str]:
        for name, line, begin, line_end, end in re.findall(r"-src (\S+?):(\d+)\.(\d+)-(\d+)\.(\d+)", self.command):
            text = (ROOT / name).read_text().splitlines()[int(line) - 1]
            yield text[int(begin) - 1 : int(end) - 1 if line == line_end else None].strip()


def yosys(script: str, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["yosys", "-q", "-p", script], cwd=ROOT, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def elaborated(block: str, bench: Bench) -> str:
    """The commands that make the top one module in which the cells of the block are marked."""
    sources = " ".join(str(path.relative_to(ROOT)) for path in SOURCES)
    sizes = "".join(f"chparam -set {name} {value} {bench.top}; " for name, value in bench.parameters.items())
    return (
        f"read_verilog -sv {sources}; {sizes}hierarchy -check -top {bench.top}; proc; "
        f"setattr -set is_of_block 1 *{block}*/c:*; flatten; opt; memory_collect; opt_clean; "
    )


def faults(block: str, bench: Bench, count: int, seed: int, folder: Path) -> list[Fault]:
    """Draw the faults and write the netlist that has them all."""
    listed, netlist = folder / "faults.ys", folder / f"{bench.top}.v"
    made = yosys(
        elaborated(block, bench) + f"mutate -list {count} -seed {seed} -ctrl mutant 16 1 -o {listed} a:is_of_block; "
        f"script {listed}; write_verilog -noattr {netlist}"
    )
    if made.returncode:
        sys.exit(made.stdout + made.stderr)
    return [Fault(number, line) for number, line in enumerate(listed.read_text().splitlines(), 1)]


def build(bench: Bench, folder: Path) -> None:
    get_runner("icarus").build(
        sources=[folder / f"{bench.top}.v"],
        hdl_toplevel=bench.top,
        build_dir=folder,
        build_args=["-g2012"],
        timescale=("1ns", "1ps"),
        always=True,
        log_file=folder / "build.log",
    )


def noticed_by(bench: Bench, folder: Path, number: int) -> str | None:
    """The first test that fails with the fault of that number switched on; 0 is none."""
    for case in bench.cases:
        results = folder / f"{number}-{case}.xml"
        results.unlink(missing_ok=True)
        try:
            get_runner("icarus").test(
                hdl_toplevel=bench.top,
                hdl_toplevel_lang="verilog",
                test_module=f"tests.rtl.{bench.module}",
                testcase=case,
                build_dir=folder,
                test_dir=ROOT,
                results_xml=str(results),
                extra_env={"PYTHONPATH": str(ROOT), "MUTANT": str(number), **bench.environment},
                log_file=folder / f"{number}-{case}.log",
            )
        except SystemExit:  # no results: it did not come to an end
            return case
        if get_results(results)[1]:
            return case
    return None


def changes_nothing(block: str, bench: Bench, fault: Fault) -> bool:
    """Whether yosys proves, by induction over registers of the same name, that the fault cannot be seen."""
    command = re.sub(r"-ctrl \S+ \d+ \d+ ", "", fault.command).replace(f"-module {bench.top}", "-module gate")
    script = (
        elaborated(block, bench) + f"rename {bench.top} gold; copy gold gate; {command}; memory_map; opt_clean; "
        "equiv_make gold gate both; hierarchy -top both; opt_clean; equiv_simple; equiv_induct; equiv_status -assert"
    )
    try:
        return yosys(script, PROOF_TIMEOUT_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def explained(block: str) -> dict[str, str]:
    """The faults of a block that cannot be noticed, and why."""
    return {one["fault"]: one["reason"] for one in tomllib.loads(SURVIVORS.read_text()).get(block, [])}


def run(block: str, count: int, seed: int) -> int:
    bench, folder, console = BENCHES[block], BUILD / "mutants" / block, Console()
    folder.mkdir(parents=True, exist_ok=True)
    drawn = faults(block, bench, count, seed, folder)
    build(bench, folder)
    begin = monotonic()
    if (case := noticed_by(bench, folder, 0)) is not None:
        console.print(f"The netlist without a fault fails {case}: nothing can be said (see {folder}/0-{case}.log)")
        return 1
    # A fault may keep a test from ending: three times as long as all tests together is long enough.
    os.environ["SIM_CMD_PREFIX"] = f"timeout {3 * (monotonic() - begin) + 10:.0f}"
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda fault: noticed_by(bench, folder, fault.number), drawn)
        cases = list(track(found, f"{block}: {len(drawn)} faults", len(drawn), console=console, transient=True))
    survivors = [fault for fault, case in zip(drawn, cases, strict=True) if case is None]
    reasons = explained(block)
    verdicts = {
        fault: reasons.get(str(fault)) or ("changes nothing (proved)" if changes_nothing(block, bench, fault) else "")
        for fault in survivors
    }
    stale = [str(fault) for fault, case in zip(drawn, cases, strict=True) if case and str(fault) in reasons]
    show(console, block, bench, cases, verdicts, stale)
    return int(bool(stale) or not all(verdicts.values()))


def show(
    console: Console,
    block: str,
    bench: Bench,
    cases: list[str | None],
    verdicts: dict[Fault, str],
    stale: list[str],
) -> None:
    table = Table(
        "noticed first by", "faults", title=f"{block}: {len(cases)} faults, {len(cases) - len(verdicts)} noticed"
    )
    for case in bench.cases:
        table.add_row(case, str(cases.count(case)))
    console.print(table)
    for fault, why in verdicts.items():
        console.print(
            f"{'unnoticed' if why else 'A HOLE'} {fault.number}: {fault}\n    {why or fault.command}",
            markup=False,
            soft_wrap=True,
        )
    for text in stale:
        console.print(f"{SURVIVORS.name} explains a fault that is noticed: {text}", markup=False, soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Small faults in a block, and whether its tests notice them.")
    parser.add_argument("block", choices=sorted(BENCHES))
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    sys.exit(run(given.block, given.count, given.seed))


if __name__ == "__main__":
    main()
