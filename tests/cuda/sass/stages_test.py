# SPDX-License-Identifier: Apache-2.0
# The stages of gemm's kernels in the program as it was built. What their loops hold is in
# expectations.py; here: as many blocks of them fit into a multiprocessor as of the whole kernel, and
# altered copies show that a load which came back into a loop would be noticed.
import os
import pathlib
import re
import unittest

from built_program_test import altered, judged
from cubin import kernels_of
from expectations import REGISTERS, SHARED, WHOLE, row_of
from judge import hot_loop
from machine_code import number_of

BENCH = pathlib.Path(os.environ["DERATE_BIN"]) / "derate_bench"
STAGE = re.compile(r"\bStage (\d+)")
TILE = re.compile(r"multistage<gemm::Tile<(\d+), (\d+), \d+, (\d+), \d+>")
OPERATION = (0, 12)  # lowest bit and width of the field
LDS, LDGSTS, UTMALDG = 0x984, 0xFAE, 0x5B4
# Of a multiprocessor, and in which portions a warp gets them: CUDA C++ Programming Guide, "Compute
# Capabilities", and the CUDA Occupancy Calculator.
REGISTERS_OF_UNIT, REGISTERS_OF_WARP = 65536, 256
WARPS_OF_WGMMA = 9


def stage_of(kernel):
    found = STAGE.search(kernel.name)
    return int(found[1]) if found else None


def warps_of(name):
    tile = TILE.search(name)
    if not tile:
        return WARPS_OF_WGMMA
    rows, columns, thread_columns = map(int, tile.groups())
    return rows // 32 * (columns // (8 * thread_columns))


def resident_blocks(kernel):
    """As far as registers go."""
    of_warp = -(-kernel.registers * 32 // REGISTERS_OF_WARP) * REGISTERS_OF_WARP
    return REGISTERS_OF_UNIT // of_warp // warps_of(kernel.name)


class Stages(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        kernels = [k for k in kernels_of(BENCH)
                   if stage_of(k) is not None and number_of(k.architecture) >= 80]
        cls.whole = {(k.name, k.architecture): k for k in kernels if stage_of(k) == WHOLE}
        cls.others = [k for k in kernels if stage_of(k) != WHOLE]

    def test_there_are_some(self):
        self.assertGreater(len(self.whole), 0)
        self.assertGreater(len(self.others), len(self.whole))

    def test_as_many_blocks_fit_as_of_the_whole(self):
        """More are kept out by the launch, which asks for more shared memory then."""
        for kernel in self.others:
            whole = self.whole[STAGE.sub(f"Stage {WHOLE}", kernel.name), kernel.architecture]
            with self.subTest(kernel=kernel.name, architecture=kernel.architecture):
                self.assertGreaterEqual(resident_blocks(kernel), resident_blocks(whole))

    def test_a_load_in_the_loop_is_found(self):
        planted = [(SHARED, LDGSTS, "1 LDGSTS, not 0"), (SHARED, UTMALDG, "1 UTMALDG, not 0"),
                   (REGISTERS, LDS, "1 LDS, not 0"), (REGISTERS, LDGSTS, "1 LDGSTS, not 0")]
        for stage, operation, sentence in planted:
            kernel = next(k for k in self.others
                          if stage_of(k) == stage and k.name.startswith("gemm::multistage<"))
            row = row_of(kernel)
            self.assertEqual(judged(kernel, row), [])
            victim = hot_loop(kernel, row).body[100]
            said = judged(altered(kernel, victim, *OPERATION, operation), row)
            with self.subTest(kernel=kernel.name, sentence=sentence):
                self.assertIn(f"the loop holds {sentence}", said)


if __name__ == "__main__":
    unittest.main()
