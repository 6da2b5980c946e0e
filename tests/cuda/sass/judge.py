# SPDX-License-Identifier: Apache-2.0
# Compares the machine code of a kernel with its row of expectations.
import collections
import dataclasses

from machine_code import (ARITHMETIC, BRANCHES, LOCAL_MEMORY, MEMORY_BARRIERS, all_loops_of,
                          instructions_of, loops_of)


@dataclasses.dataclass(frozen=True)
class Loop:
    """The loop that holds the counted instructions, and what else it holds."""
    body: list
    counted: collections.Counter

    def share(self, clocks_each):
        """Of the unit's rate, what the issue slots leave: at most 1. One clock is one slot, so a
        unit that takes an instruction every second clock leaves every second slot to others."""
        if clocks_each is None:
            return None
        return min(1.0, self.counted.total() * clocks_each / len(self.body))


def is_counted(instruction, row):
    return instruction.operation in row.counted and not instruction.is_move


def hot_loop(kernel, row):
    def count(body):
        return sum(is_counted(instruction, row) for instruction in body)

    if row.waits:  # the shortest, since those around it hold as many
        bodies = sorted((body for body, _ in all_loops_of(kernel)), key=len)
    else:
        bodies = loops_of(kernel)
    body = max(bodies, key=count, default=[])
    counted = collections.Counter(i.operation for i in body if is_counted(i, row))
    return Loop(body, counted) if counted else None


def complaints(kernel, row, clocks_each):
    """What is wrong with the machine code of a kernel: sentences, none if all is well."""
    local = sum(i.operation in LOCAL_MEMORY for i in instructions_of(kernel))
    said = [f"{local} instructions access local memory"] if local else []
    if not row.expects_code(kernel):
        return said + substituted(kernel)
    loop = hot_loop(kernel, row)
    if loop is None:
        return said + ["no loop holds " + " or ".join(row.counted)]
    if dict(loop.counted) != row.counted:
        said.append(f"the loop holds {listed(loop.counted)}, not {listed(row.counted)}")
    return (said + slow(loop, row, clocks_each) + skipped(loop, row) + unwanted(loop, row)
            + waiting(loop.body))


def substituted(kernel):
    """Where an architecture lacks the instruction, nothing may do its work in its place."""
    found = collections.Counter(i.operation for body in loops_of(kernel) for i in body
                                if i.operation in ARITHMETIC and not i.is_move)
    return [f"a loop holds {listed(found)} where there should be none"] if found else []


def slow(loop, row, clocks_each):
    share = loop.share(clocks_each)
    if share is None or share >= row.at_least:
        return []
    return [f"{loop.counted.total()} of {len(loop.body)} instructions are counted: {share:.2%} of "
            f"the unit's rate, not {row.at_least:.2%}"]


def skipped(loop, row):
    """Counted instructions that a pass through the loop may leave out."""
    last = max(n for n, i in enumerate(loop.body) if is_counted(i, row))
    branches = sum(i.operation in BRANCHES and not (row.waits and tries_again(loop.body, n))
                   for n, i in enumerate(loop.body[:last]))
    predicated = sum(i.is_predicated for i in loop.body if is_counted(i, row))
    return ([f"{branches} branches lie before the last counted instruction"] if branches else []) \
        + ([f"{predicated} counted instructions are predicated"] if predicated else [])


def tries_again(body, place):
    """Whether a branch is that of a wait at a barrier in shared memory, which goes to where it tries
    again and from there comes back."""
    return place > 0 and body[place - 1].operation == "SYNCS" and body[place].is_predicated


def unwanted(loop, row):
    found = {wanted: sum(i.operation == wanted for i in loop.body) for wanted in row.others}
    return [f"the loop holds {found[operation]} {operation}, not {count}"
            for operation, count in row.others.items() if found[operation] != count]


def waiting(body):
    """Fences in a loop, which cost more than what they stand between."""
    found = collections.Counter(i.operation for i in body if i.operation in MEMORY_BARRIERS)
    return [f"the loop waits for memory: {listed(found)}"] if found else []


def listed(counts):
    return ", ".join(f"{n} {operation}" for operation, n in sorted(counts.items()))
