# SPDX-License-Identifier: Apache-2.0
# What the loop of every chain and probe must hold. A row is one kernel on the architectures that it
# is built for; a kernel of these workloads without a row fails the test.
import dataclasses
import re

WORKLOADS = ("fma_chain::", "mma_chain::")
WARP = 32


@dataclasses.dataclass(frozen=True)
class Row:
    name: str  # workload/variant/precision, as in the registry
    kernel: str  # pattern of the demangled name
    architectures: str  # pattern; on others the kernel must hold none of the counted instructions
    counted: dict  # operation: how many of it one pass through the loop executes
    multiply_adds: int  # of one instruction, over the 32 threads of a warp
    peak: tuple  # units, instruction, operands, accumulator: which peak of `derate peak` it is for
    at_least: float  # of that peak, from what the other instructions of the loop leave
    absent: frozenset = frozenset()  # operations that the loop must not hold

    def covers(self, kernel):
        return re.fullmatch(self.kernel, kernel.name) is not None

    def expects_code(self, kernel):
        return re.fullmatch(self.architectures, kernel.architecture) is not None


def vector(name, kernel, counted, instruction, operands, accumulator=None, lanes=1,
           architectures="sm_.*", at_least=0.99):
    """A chain of an instruction that makes one multiply-add, or a few, in each thread."""
    return Row(f"fma_chain/{name}", f"fma_chain::{kernel}", architectures, counted, WARP * lanes,
               ("vector", instruction, operands, accumulator or operands), at_least)


ROWS = (
    vector("registers/f32", "registers<float>", {"FFMA": 512}, "FFMA", "f32"),
    vector("registers/f64", "registers<double>", {"DFMA": 512}, "DFMA", "f64"),
)


def row_of(kernel):
    """The kernel's row for its architecture, else any: that then tells what must not be there."""
    rows = [row for row in ROWS if row.covers(kernel)]
    here = [row for row in rows if row.expects_code(kernel)]
    assert len(here) <= 1, f"{len(here)} rows cover {kernel.name} on {kernel.architecture}"
    return next(iter(here + rows), None)


def is_chain(kernel):
    return kernel.name.startswith(WORKLOADS)
