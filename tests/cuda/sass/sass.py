#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The loops of the chains, probes and products in a built program, as Markdown."""
import argparse
import pathlib

from cubin import kernels_of
from rates import Rates
from results_page import renewed, generated


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program", type=pathlib.Path, help="derate_bench, with derate beside it")
    do = parser.add_mutually_exclusive_group(required=True)
    do.add_argument("--markdown", action="store_true", help="print the tables")
    do.add_argument("--update", metavar="PAGE", type=pathlib.Path,
                    help="write them between the markers of a page")
    options = parser.parse_args()
    rates = Rates(options.program.with_name("derate"))
    parts = generated(kernels_of(options.program), rates)
    if options.markdown:
        print("\n\n".join(parts.values()))
    else:
        page = options.update.read_text(encoding="utf-8")
        options.update.write_text(renewed(page, parts), encoding="utf-8")


if __name__ == "__main__":
    main()
