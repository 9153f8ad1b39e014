"""Prints the digest of every array of a generated log; run in other processes."""

import hashlib
import sys

from schemas.control import Term
from tests.builders import demo_resources, demo_term, generated, log, messages
from tests.contract.battery import run
from tests.contract.mutants import DependsOnHashes
from udfs.machine import Pipeline


def main(mutant: bool) -> None:
    def build(term: Term, channel: int) -> Pipeline:
        return Pipeline([DependsOnHashes()]) if mutant else demo_resources().build(term, channel)

    trace = run(build, messages(log(generated(0, 2 if mutant else 80), demo_term(), 0)), 0)
    for name in sorted(trace):
        print(name, len(trace[name]), hashlib.sha256(trace[name]).hexdigest())


if __name__ == "__main__":
    main("mutant" in sys.argv)
