# SPDX-License-Identifier: Apache-2.0
# The tables of docs/results/README.md that come from machine code: what the loops hold, and beside
# each bar that a GPU is to clear, what the issue slots of its loop leave room for.
import re

from expectations import ROWS
from judge import hot_loop, listed
from machine_code import number_of
from memory_code import LOADS, in_flight
import memory_expectations

LOOPS = ("kernel", "architecture", "counted", "instructions in the loop", "issue slots allow",
         "registers")
# What is to be reached on an H200 at the measured clock: at least, and as an aim. Rows are named
# as in expectations.py; a row of them that is missing leaves the prediction open.
BARS = (
    ("FFMA chain", "99.0 %", "99.5 %", ("fma_chain/registers/f32",)),
    ("DFMA chain", "98 %", "99.5 %", ("fma_chain/registers/f64",)),
    ("HFMA2 chain", "98 %", "99.5 %", ("fma_chain/registers/f16",)),
    ("IMAD chain", "98 %", "99.5 %", ("fma_chain/registers/i32",)),
    ("wgmma bf16, f16, tf32 on zeros", "97 %", "98.7 %",
     ("mma_chain/wgmma/bf16", "mma_chain/wgmma/f16", "mma_chain/wgmma/tf32")),
    ("wgmma fp8, int8 on zeros", "95 %", "97 %",
     ("mma_chain/wgmma/fp8", "mma_chain/wgmma/i8")),
)
BAR_HEADINGS = ("H200: share of 2·N·C", "at least", "aim", "issue slots allow", "measured")
REPEATABILITY = ("difference of any η between two processes", "0.5 %", "0.2 %", "–",
                 "not measured")

# What programs get: the name of a row is one of expectations.py or of memory_expectations.py.
PROGRAM_BARS = (
    ("f32 GEMM, 8192 cubed, of the faster cuBLAS math mode in the same run", "100 %", "110 %",
     "gemm/multistage/f32, 128 x 256"),
    ("bf16 GEMM, 8192 cubed, random data, of cuBLAS in the same run", "98 %", "102 %",
     "gemm/tma_wgmma/bf16"),
    ("vector add, arrays of 2 GiB", "4.25 TB/s", "4.45 TB/s", "vector_add"),
    ("read-only sum, 4 GiB", "4.6 TB/s", "4.7 TB/s", "memory_sum"),
    ("quick suite of one device", "60 s", "30 s", None),
)
PROGRAM_BAR_HEADINGS = ("H200", "at least", "aim", "the machine code allows", "measured")


def generated(kernels, rates):
    """Markdown by the name of its place in the page."""
    found = [(row, kernel) for row in ROWS if row.shown for kernel in of_row(row, kernels)]
    return {"toolkit": f"The machine code is that of CUDA {toolkit_of(kernels)}.",
            "loops": loops(found, rates), "bars": bars(found, rates),
            "program bars": program_bars(found, kernels, rates)}


def toolkit_of(kernels):
    return " and ".join(sorted({kernel.toolkit for kernel in kernels}))


def of_row(row, kernels):
    return [k for k in kernels if row.covers(k) and row.expects_code(k)]


def loops(found, rates):
    names = list(dict.fromkeys(row.name for row, _ in found))
    ordered = sorted(found, key=lambda pair: (names.index(pair[0].name),
                                              number_of(pair[1].architecture)))
    return table(LOOPS, "lllrrr", [described(row, kernel, rates) for row, kernel in ordered])


def described(row, kernel, rates):
    loop = hot_loop(kernel, row)
    return (f"`{row.name}`", kernel.architecture, listed(loop.counted), len(loop.body),
            percent(share_of(kernel, row, rates)), kernel.registers)


def bars(found, rates):
    lines = [(what, least, aim, predicted(names, found, rates), "not measured")
             for what, least, aim, names in BARS]
    return table(BAR_HEADINGS, "lrrrr", lines + [REPEATABILITY])


def program_bars(found, kernels, rates):
    return table(PROGRAM_BAR_HEADINGS, "lrrrr",
                 [(what, least, aim, allowed(name, found, kernels, rates), "not measured")
                  for what, least, aim, name in PROGRAM_BARS])


def allowed(name, found, kernels, rates):
    """The share of the issue slots; or how many loads a thread has under way at once on sm_90a."""
    share = predicted((name,), found, rates)
    if share != "–":
        return f"{share} of 2·N·C"
    together = [in_flight(memory_expectations.measured_code(kernel, row), access)
                for row in memory_expectations.ROWS if row.name == name
                for kernel in kernels if kernel.architecture == "sm_90a" and row.covers(kernel)
                for access in row.accesses if access.operation in LOADS]
    return f"{min(together)} x 16 bytes under way per thread" if together else "–"


def predicted(names, found, rates):
    """The least of the named rows on sm_90a, the architecture of an H200."""
    shares = [share_of(kernel, row, rates) for row, kernel in found
              if row.name in names and kernel.architecture == "sm_90a"]
    return percent(min(shares)) if names and len(shares) == len(names) else "–"


def share_of(kernel, row, rates):
    return hot_loop(kernel, row).share(rates.clocks_each(row, kernel.architecture))


def table(headings, alignment, lines):
    rule = [{"l": "---", "r": "---:"}[each] for each in alignment]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in [headings, rule, *lines])


def percent(share):
    return "–" if share is None else f"{100 * share:.1f} %"


def renewed(page, parts):
    """The page with its generated parts made again."""
    for name, text in parts.items():
        marker = f"<!-- generated: sass {name} -->"
        pattern = re.compile(re.escape(marker) + r".*?<!-- end -->", re.DOTALL)
        page, count = pattern.subn(lambda _, m=marker, t=text: f"{m}\n\n{t}\n\n<!-- end -->", page)
        if count != 1:
            raise ValueError(f"the page has {count} places for {marker}")
    return page
