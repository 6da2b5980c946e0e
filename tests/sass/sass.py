#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# sass.py PROGRAM: the loops of the chains and probes in a built program, as a Markdown table.
import sys

from cubin import kernels_of
from expectations import ROWS, hot_loop
from machine_code import number_of

HEADINGS = ("kernel", "architecture", "counted", "instructions in the loop", "share of the peak",
            "registers")


def table(kernels):
    lines = [cells(HEADINGS), "| --- | --- | --- | ---: | ---: | ---: |"]
    for name in dict.fromkeys(row.name for row in ROWS):
        lines += [cells(described(kernel, row)) for row, kernel in of_name(name, kernels)]
    return "\n".join(lines)


def of_name(name, kernels):
    """Rows of one workload with their kernels, by architecture."""
    found = [(row, kernel) for row in ROWS for kernel in kernels
             if row.name == name and row.kernel == kernel.name and row.expects_code(kernel)]
    return sorted(found, key=lambda pair: number_of(pair[1].architecture))


def described(kernel, row):
    loop = hot_loop(kernel, row)
    counted = ", ".join(f"{n} {operation}" for operation, n in sorted(loop.counted.items()))
    return (f"`{row.name}`", kernel.architecture, counted, len(loop.body),
            percent(loop.share), kernel.registers)


def percent(share):
    return f"{share:.1%}".replace("%", " %")


def cells(values):
    return "| " + " | ".join(map(str, values)) + " |"


if __name__ == "__main__":
    print(table(kernels_of(sys.argv[1])))
