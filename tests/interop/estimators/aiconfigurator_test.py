# SPDX-License-Identifier: Apache-2.0
# aiconfigurator itself, given the exported part of a system file: its engine must time moving memory
# as it was measured, and a matrix product by the exported peak.
#
# Beside the part it is given the rest of its own file for the L4, of which it has no tables either, as
# of any GPU that its users would describe. Without tables it estimates products at their peak only.
import pathlib
import re
import sys
import tempfile
import unittest

from exported import BANDWIDTH, ESTIMATORS, PEAK, export, fast_records, launch, need, records

PROGRAM = need(ESTIMATORS / "aiconfigurator")
sys.path.insert(0, str(PROGRAM))
from aiconfigurator_core.sdk.common import DatabaseMode, GEMMQuantMode  # noqa: E402
from aiconfigurator_core.sdk.errors import MissingSystemFlopsError  # noqa: E402
from aiconfigurator_core.sdk.operations import GEMM, ElementWise  # noqa: E402
from aiconfigurator_core.sdk.perf_database import get_database  # noqa: E402

LAUNCH_S = 1.5e-6
TOKENS, WIDTH = 65536, 8192
MOVED = TOKENS * 2 * WIDTH * 2  # read and written, bf16
NAME, BACKEND, VERSION = "mine", "trtllm", "1.0"


class System:
    """The exported part as a system in `folder`, which `--systems-paths` would name."""

    def __init__(self, gpu, folder):
        self.folder = folder
        root = pathlib.Path(folder)
        # It asks for the folder of the tables, though there are none in it.
        (root / "data" / NAME / "gemm" / BACKEND / VERSION).mkdir(parents=True)
        text, parts = re.subn(r"(?ms)^gpu:\n.*?^(?=node:)", lambda _: gpu + "\n",
                              (PROGRAM / "aiconfigurator_core/systems/l4.yaml").read_text())
        assert parts == 1
        (root / f"{NAME}.yaml").write_text(text.replace("data/l4", f"data/{NAME}"))

    def database(self, mode):
        found = get_database(NAME, BACKEND, VERSION, systems_paths=self.folder, database_mode=mode)
        found.set_default_database_mode(DatabaseMode[mode])
        return found

    def moving_s(self, mode):
        # The last argument is a share of the bandwidth that it takes for the file's if there is none.
        return ElementWise("moved", 1, WIDTH, WIDTH, 0.8)._engine_query(self.database(mode), x=TOKENS) / 1e3

    def product_s(self, precision=GEMMQuantMode.bfloat16):
        return GEMM("product", 1, 8192, 8192, precision)._engine_query(self.database("SOL"), x=8192) / 1e3


class Aiconfigurator(unittest.TestCase):
    def system(self, lines):
        folder = tempfile.TemporaryDirectory(prefix="derate-aiconfigurator-")
        self.addCleanup(folder.cleanup)
        return System(export("aiconfigurator", lines)[0], folder.name)

    def test_moves_memory_at_the_measured_rate(self):
        found = self.system([*records(), launch(LAUNCH_S)])
        self.assertAlmostEqual(found.moving_s("EMPIRICAL") / (MOVED / (0.85 * BANDWIDTH) + LAUNCH_S), 1, places=6)
        self.assertAlmostEqual(found.moving_s("SOL") / (MOVED / BANDWIDTH), 1, places=6)

    def test_multiplies_at_the_exported_peak(self):
        found = self.system(records())
        self.assertAlmostEqual(found.product_s() / (2 * 8192 ** 3 / PEAK), 1, places=6)

    def test_takes_the_peak_of_a_clock_above_the_specified_one(self):
        # 1.5 times the specified clock, at which 1.05 times the specified peak was reached.
        found = self.system(fast_records())
        self.assertAlmostEqual(found.product_s() / (2 * 8192 ** 3 / (1.5 * PEAK)), 1, places=6)

    def test_refuses_a_precision_that_was_not_measured(self):
        with self.assertRaises(MissingSystemFlopsError):
            self.system(records()).product_s(GEMMQuantMode.fp8)

    def test_adds_nothing_where_no_launch_was_measured(self):
        self.assertAlmostEqual(self.system(records()).moving_s("EMPIRICAL") / (MOVED / (0.85 * BANDWIDTH)), 1, places=6)

    def test_reads_the_other_fields(self):
        gpu = self.system([*records(), launch(LAUNCH_S)]).database("SOL").system_spec["gpu"]
        self.assertEqual(gpu["mem_capacity"], 80e9)
        self.assertEqual(gpu["sm_version"], 90)


if __name__ == "__main__":
    unittest.main()
