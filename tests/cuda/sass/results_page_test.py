# SPDX-License-Identifier: Apache-2.0
# docs/results/README.md shows what the machine code of this build holds. With another toolkit or
# other architectures the page is not wrong, only of another build: skipped, with both named.
import os
import pathlib
import re
import unittest

from cubin import kernels_of
from rates import Rates
from results_page import generated, renewed, toolkit_of

BIN = pathlib.Path(os.environ["DERATE_BIN"])
PAGE = pathlib.Path(os.environ["DERATE_SOURCE"]) / "docs" / "results" / "README.md"
DEFAULT_ARCHITECTURES = {"sm_75", "sm_80", "sm_86", "sm_89", "sm_90a", "sm_100", "sm_120"}


class ResultsPage(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.page = PAGE.read_text(encoding="utf-8")
        self.kernels = kernels_of(BIN / "derate_bench")
        self.parts = generated(self.kernels, Rates(BIN / "derate"))

    def test_the_page_is_current(self):
        told = re.search(r"that of CUDA ([\d.]+)\.", self.page)
        self.assertIsNotNone(told, "the page does not name its toolkit")
        if told[1] != toolkit_of(self.kernels):
            self.skipTest(f"the page is of CUDA {told[1]}, this build {toolkit_of(self.kernels)}")
        built = {kernel.architecture for kernel in self.kernels}
        if built != DEFAULT_ARCHITECTURES:
            self.skipTest(f"this build is for {', '.join(sorted(built))} only")
        self.assertEqual(self.page, renewed(self.page, self.parts),
                         "run scripts/update_docs")

    def test_a_stale_figure_would_be_seen(self):
        current = renewed(self.page, self.parts)
        stale = current.replace("512 FFMA", "511 FFMA", 1)
        self.assertNotEqual(stale, current)
        self.assertEqual(renewed(stale, self.parts), current)


if __name__ == "__main__":
    unittest.main()
