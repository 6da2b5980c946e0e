# SPDX-License-Identifier: Apache-2.0
# kernels/gemm/tile_choice.h chooses tiles by what the issue slots of each loop leave, on every
# architecture: its table must say what the machine code of this build holds. With another toolkit
# than that of docs/results the code is another, and the table is only near: skipped.
import os
import pathlib
import re
import unittest

from cubin import kernels_of
from expectations import WHOLE, row_of
from machine_code import number_of
from rates import Rates
from results_page import share_of, toolkit_of

BIN = pathlib.Path(os.environ["DERATE_BIN"])
SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
HEADER = SOURCE / "kernels" / "gemm" / "tile_choice.h"
PAGE = SOURCE / "docs" / "results" / "README.md"
ROUNDED = 0.00051  # to three decimals


def table(text, name):
    """The rows of numbers that an array of the header is set to."""
    body = re.search(rf"{name}\[\w*\] = \{{(.*?)\}};", text, re.DOTALL)[1]
    return [[float(number) for number in re.findall(r"[\d.]+", row)]
            for row in re.findall(r"\{[\d., \s]+(?:\{[^}]*\})?\}", body)]


def kernel_of(shape):
    rows, columns, depth, thread_columns, stages = map(int, shape)
    return (f"gemm::multistage<gemm::Tile<{rows}, {columns}, {depth}, {thread_columns}, "
            f"{stages}>, true, Stage {WHOLE}>")


class TileShares(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        text = HEADER.read_text(encoding="utf-8")
        cls.shapes = table(text, "kTileShapes")
        cls.rows = [(int(start), int(lanes), shares)
                    for start, lanes, *shares in table(text, "kIssueShares")]
        cls.kernels = {(k.name, number_of(k.architecture)): k
                       for k in kernels_of(BIN / "derate_bench")}
        cls.rates = Rates(BIN / "derate")

    def test_the_tables_were_found(self):
        self.assertGreaterEqual(len(self.shapes), 3)
        self.assertEqual({len(shape) for shape in self.shapes}, {5})
        self.assertEqual([start for start, _, _ in self.rows], [80, 86, 90, 100, 120])
        self.assertEqual({len(shares) for _, _, shares in self.rows}, {3})

    def test_every_tile_has_its_kernel(self):
        names = {name for name, _ in self.kernels}
        for shape in self.shapes:
            self.assertIn(kernel_of(shape), names)

    def test_they_are_what_the_machine_code_leaves(self):
        told = re.search(r"that of CUDA ([\d.]+)\.", PAGE.read_text(encoding="utf-8"))[1]
        toolkit = toolkit_of(self.kernels.values())
        if told != toolkit:
            self.skipTest(f"the table is of CUDA {told}, this build {toolkit}")
        compared = 0
        for architecture in sorted({a for _, a in self.kernels if a >= 80}):
            start, lanes, shares = [row for row in self.rows if row[0] <= architecture][-1]
            for shape, share in zip(self.shapes, shares):
                kernel = self.kernels[kernel_of(shape), architecture]
                with self.subTest(kernel=kernel.name, architecture=architecture, row=start):
                    read = share_of(kernel, row_of(kernel), self.rates)
                    self.assertAlmostEqual(share, read, delta=ROUNDED)
                    clocks = self.rates.clocks_each(row_of(kernel), kernel.architecture)
                    self.assertEqual(lanes, 128 / clocks)  # four schedulers of 32 lanes
                    compared += 1
        self.assertGreater(compared, 0)


if __name__ == "__main__":
    unittest.main()
