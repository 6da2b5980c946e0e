# SPDX-License-Identifier: Apache-2.0
# What the loop of every chain and probe must hold. A row is one kernel on the architectures that it
# is built for; a kernel of these workloads without a row fails the test.
import dataclasses
import re

from machine_code import number_of

WORKLOADS = ("fma_chain::", "mma_chain::")


@dataclasses.dataclass(frozen=True)
class Row:
    name: str  # workload/variant/precision, as in the registry
    kernel: str  # the whole demangled name
    architectures: str  # on others the kernel must hold none of the counted instructions
    counted: dict  # operation: how many of it one pass through the loop executes
    unit: str  # key of LANES_PER_SM
    at_least: float  # share of the unit's rate that the loop's issue slots leave
    absent: frozenset = frozenset()  # operations that the loop must not hold

    def expects_code(self, kernel):
        return re.fullmatch(self.architectures, kernel.architecture) is not None


ANY = r"sm_.*"
ROWS = (
    Row("fma_chain/registers/f32", "fma_chain::registers<float>", ANY,
        {"FFMA": 512}, "FFMA", 0.99),
    Row("fma_chain/registers/f64", "fma_chain::registers<double>", ANY,
        {"DFMA": 512}, "DFMA", 0.99),
)

# Results per SM and clock: CUDA C++ Programming Guide, arithmetic instructions; src/rate.cpp has
# the same figures as multiply-adds. A quarter of the lanes is one scheduler's, so an instruction
# of 32 threads keeps its unit busy for 128 / lanes clocks. One clock is one issue slot: a unit
# with 64 lanes leaves every second slot to the loop's other instructions.
LANES_PER_SM = {
    "FFMA": {75: 64, 80: 64, 86: 128, 89: 128, 90: 128, 100: 128, 120: 128},
    "DFMA": {75: 2, 80: 32, 86: 2, 89: 2, 90: 64, 100: 64, 120: 2},
}


def clocks_each(row, architecture):
    return 128 / LANES_PER_SM[row.unit][number_of(architecture)]


def row_of(kernel):
    """The kernel's row for its architecture, else any: that then tells what must not be there."""
    rows = [row for row in ROWS if row.kernel == kernel.name]
    here = [row for row in rows if row.expects_code(kernel)]
    assert len(here) <= 1, f"{len(here)} rows cover {kernel.name} on {kernel.architecture}"
    return next(iter(here + rows), None)


def is_chain(kernel):
    return kernel.name.startswith(WORKLOADS)
