# SPDX-License-Identifier: Apache-2.0
# What the loop of every chain and probe must hold, and the judge of it. A row is one kernel on the
# architectures that it is built for; a kernel of these workloads without a row fails the test.
import collections
import dataclasses
import re

from machine_code import (BRANCHES, LOCAL_MEMORY, instructions_of, loops_of, number_of)

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


@dataclasses.dataclass(frozen=True)
class Loop:
    """The loop that holds the counted instructions, and what else it holds."""
    body: list
    counted: collections.Counter
    share: float  # of the unit's rate that the issue slots leave: at most 1


def is_counted(instruction, row):
    return instruction.operation in row.counted and not instruction.is_move


def hot_loop(kernel, row):
    def count(body):
        return sum(is_counted(instruction, row) for instruction in body)

    body = max(loops_of(kernel), key=count, default=[])
    counted = collections.Counter(i.operation for i in body if is_counted(i, row))
    if not counted:
        return None
    busy = counted.total() * clocks_each(row, kernel.architecture)
    return Loop(body, counted, min(1.0, busy / len(body)))


def complaints(kernel, row):
    """What is wrong with the machine code of a kernel: sentences, none if all is well."""
    said = []
    local = sum(i.operation in LOCAL_MEMORY for i in instructions_of(kernel))
    if local:
        said.append(f"{local} instructions access local memory")
    if not row.expects_code(kernel):
        found = sum(is_counted(i, row) for i in instructions_of(kernel))
        return said + ([f"{found} counted instructions where there should be none"] if found else [])
    loop = hot_loop(kernel, row)
    if loop is None:
        return said + ["no loop holds " + " or ".join(row.counted)]
    if dict(loop.counted) != row.counted:
        said.append(f"the loop holds {listed(loop.counted)}, not {listed(row.counted)}")
    if loop.share < row.at_least:
        said.append(f"{loop.counted.total()} of the loop's {len(loop.body)} instructions are counted: "
                    f"{loop.share:.2%} of the unit's rate, not {row.at_least:.2%}")
    return said + skipped(loop, row) + unwanted(loop, row)


def skipped(loop, row):
    """Counted instructions that a pass through the loop may leave out."""
    last = max(n for n, i in enumerate(loop.body) if is_counted(i, row))
    branches = sum(i.operation in BRANCHES for i in loop.body[:last])
    predicated = sum(i.is_predicated for i in loop.body if is_counted(i, row))
    return ([f"{branches} branches lie before the last counted instruction"] if branches else []) \
        + ([f"{predicated} counted instructions are predicated"] if predicated else [])


def unwanted(loop, row):
    found = collections.Counter(i.operation for i in loop.body if i.operation in row.absent)
    return [f"the loop holds {listed(found)}"] if found else []


def listed(counts):
    return ", ".join(f"{n} {operation}" for operation, n in sorted(counts.items()))


def row_of(kernel):
    """The kernel's row for its architecture, else any: that then tells what must not be there."""
    rows = [row for row in ROWS if row.kernel == kernel.name]
    here = [row for row in rows if row.expects_code(kernel)]
    assert len(here) <= 1, f"{len(here)} rows cover {kernel.name} on {kernel.architecture}"
    return next(iter(here + rows), None)


def is_chain(kernel):
    return kernel.name.startswith(WORKLOADS)
