# SPDX-License-Identifier: Apache-2.0
# What the kernels that measure memory must hold: how many loads and stores, how wide, through which
# cache, and how many loads before one is waited for. A memory kernel without a row fails the test.
import collections
import dataclasses
import re

from machine_code import instructions_of, loops_of
from memory_code import LOADS, Access, access_of, address, in_flight, target

WORKLOADS = ("memory::", "vector_add::")
NOT_MEASURED = ("memory::link",)  # it builds the way that a chase follows
VECTOR = 16
L1, SHARED, L2, DRAM = 0, 1, 2, 4  # of Level
COPY, TRIAD, FILL = 0, 1, 3  # of Stream


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    symbol: str  # pattern of the mangled name, which holds what c++filt's short form leaves out
    accesses: dict  # access: how many of it
    in_loop: bool  # in one pass of the loop that has most of them, or else outside all loops
    at_once: int = 0  # of the loads that are measured, at least so many before one is needed
    is_chase: bool = False  # each load's address is what the one before brought

    def covers(self, kernel):
        return re.search(self.symbol, kernel.symbol) is not None


def read(name, level, access, at_once):
    """Eight 128-bit loads per pass and no other access; a sum's own work is beside them."""
    return Row(f"memory_read/{name}", rf"4readI.*LevelE{level}E", {access: 8}, True, at_once)


def chase(name, level, access):
    return Row(f"memory_latency/{name}", rf"5chaseI.*LevelE{level}E", {access: 16}, True,
               is_chase=True)


def stream(name, symbol, loads, stores, at_once=0):
    """128 bits each, evicted first, before the loop for what is left of an array, or behind it."""
    accesses = {Access("LDG", VECTOR, is_streamed=True): loads,
                Access("STG", VECTOR, is_streamed=True): stores}
    return Row(name, symbol, {access: n for access, n in accesses.items() if n}, False, at_once)


THROUGH_L1, PAST_L1 = "SM", "GPU"

ROWS = (
    read("L1", L1, Access("LDG", VECTOR, THROUGH_L1), 3),
    read("shared", SHARED, Access("LDS", VECTOR), 4),
    # 1024 threads: 64 KiB under way in an SM.
    read("L2", L2, Access("LDG", VECTOR, PAST_L1), 4),
    read("DRAM", DRAM, Access("LDG", VECTOR, PAST_L1), 4),
    chase("L1", L1, Access("LDG", 8, THROUGH_L1)),
    chase("shared", SHARED, Access("LDS", 4)),
    chase("L2", L2, Access("LDG", 8, PAST_L1)),
    chase("DRAM", DRAM, Access("LDG", 8, PAST_L1)),
    stream("memory_copy", rf"6streamI.*StreamE{COPY}E", 4, 4, 4),
    stream("memory_triad", rf"6streamI.*StreamE{TRIAD}E", 4, 2, 4),
    stream("memory_fill", rf"6streamI.*StreamE{FILL}E", 0, 4),
    stream("memory_sum", r"6memory.*3sumE", 8, 0, 6),
    stream("vector_add", "10vector_add.*10vectorizedE", 4, 2, 4),
)


def row_of(kernel):
    rows = [row for row in ROWS if row.covers(kernel)]
    assert len(rows) <= 1, f"{len(rows)} rows cover {kernel.symbol}"
    return next(iter(rows), None)


def needs_row(kernel):
    return kernel.name.startswith(WORKLOADS) and not kernel.name.startswith(NOT_MEASURED)


def measured_code(kernel, row):
    """The loop that holds most of what is expected, and least else; or what lies in no loop."""
    loops = loops_of(kernel)
    if row.in_loop:
        return max(loops, default=[],
                   key=lambda body: (sum(access_of(i) in row.accesses for i in body), -len(body)))
    return outside(instructions_of(kernel), loops)


def outside(code, loops):
    left = list(code)
    for body in loops:
        first = next(at for at in range(len(left)) if left[at:at + len(body)] == body)
        del left[first:first + len(body)]
    return left


def complaints(kernel, row):
    """What is wrong with the machine code of a kernel: sentences, none if all is well."""
    code = measured_code(kernel, row)
    found = collections.Counter(access for i in code if (access := access_of(i)))
    if not row.in_loop:  # what an array's end needs is 32 bits wide; sums pass through shared memory
        found = collections.Counter({access: n for access, n in found.items()
                                     if access.bytes == VECTOR and access.operation[:3] != "LDS"})
    said = []
    if dict(found) != row.accesses:
        said.append(f"there are {listed(found)}, not {listed(row.accesses)}")
    for access in (access for access in row.accesses if access.operation in LOADS):
        together = in_flight(code, access)
        if together < row.at_once:
            said.append(f"{together} loads are under way at once, not {row.at_once}")
    return said + (broken_chain(code) if row.is_chase else [])


def broken_chain(code):
    """Loads whose address is not exactly what the one before them in the loop has brought."""
    loads = [i for i in code if access_of(i) is not None]
    broken = sum(address(load) != (target(before), 0)
                 for before, load in zip(loads[-1:] + loads[:-1], loads))
    others = sum(i.field(16, 8) in {target(load) for load in loads} for i in code
                 if access_of(i) is None and i.field(0, 9) in WRITES_A_REGISTER)
    return ([f"{broken} loads do not wait for the one before"] if broken else []) \
        + ([f"{others} instructions change an address"] if others else [])


WRITES_A_REGISTER = frozenset({0x002, 0x010, 0x012, 0x024, 0x025, 0x035})  # MOV, IADD3, LOP3, IMAD


def listed(counts):
    return ", ".join(f"{n} {access}" for access, n in sorted(counts.items(), key=str)) or "none"
