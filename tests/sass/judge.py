# SPDX-License-Identifier: Apache-2.0
# Compares the machine code of a kernel with its row of expectations.
import collections
import dataclasses

from expectations import clocks_each
from machine_code import BRANCHES, LOCAL_MEMORY, instructions_of, loops_of


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
    local = sum(i.operation in LOCAL_MEMORY for i in instructions_of(kernel))
    said = [f"{local} instructions access local memory"] if local else []
    if not row.expects_code(kernel):
        found = sum(is_counted(i, row) for i in instructions_of(kernel))
        return said + ([f"{found} are counted where there should be none"] if found else [])
    loop = hot_loop(kernel, row)
    if loop is None:
        return said + ["no loop holds " + " or ".join(row.counted)]
    if dict(loop.counted) != row.counted:
        said.append(f"the loop holds {listed(loop.counted)}, not {listed(row.counted)}")
    if loop.share < row.at_least:
        said.append(f"{loop.counted.total()} of {len(loop.body)} instructions are counted: "
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
