"""The faults that `make rtl-mutants` makes: where they stand, and that those explained are still in the source."""

import tomllib

import pytest

from tests.rtl.mutants import BENCHES, SURVIVORS, every_fault, explained
from tests.rtl.run import RTL

SOURCE = """// a && b
module m #(
  parameter integer W = 1 + 1
) (
  input wire [W-1:0] a
);
  localparam integer D = W + 1;
  wire b = a[W-1] && !(a == 2'd1);
  if (b) c <= '0;
endmodule
"""


def test_faults_stand_in_expressions_only() -> None:
    assert [str(fault) for fault in every_fault(SOURCE)] == [
        "wire b = a[W-1] <&& becomes ||> !(a == 2'd1);",
        "wire b = a[W-1] && <! becomes nothing>(a == 2'd1);",
        "wire b = a[W-1] && !(a <== becomes !=> 2'd1);",
        "wire b = a[W-1] && !(a == <2'd1 becomes 2'd0>);",
        "<if (b) becomes if (!(b))> c <= '0;",
        "if (b) c <= <'0 becomes '1>;",
    ]


@pytest.mark.parametrize("block", sorted(tomllib.loads(SURVIVORS.read_text())))
def test_what_is_explained_exists(block: str) -> None:
    assert block in BENCHES
    assert explained(block).keys() <= {str(fault) for fault in every_fault((RTL / f"{block}.sv").read_text())}
