# SPDX-License-Identifier: Apache-2.0
# Kernels which the compiler robs of their work are refused, and their sound twins are not: shown
# on code that nvcc compiles here and now (refused_kernels.cu).
import dataclasses
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from cubin import Unreadable, kernels_of
from expectations import NOT_HOISTED, Row
from judge import complaints
from machine_code import instructions_of

SOURCE = pathlib.Path(__file__).with_name("refused_kernels.cu")
NVCC = os.environ.get("DERATE_NVCC") or shutil.which("nvcc")
CHAINS, STEPS = 4, 8


def expecting(others=None, **counted):
    return Row("refused", "", "sm_.*", counted, 32, ("tensor", "", "", ""), 0.0, others or {})


def judged(kernel, row):
    return complaints(kernel, row, clocks_each=None)


@unittest.skipUnless(NVCC, "no nvcc here")
class Refusal(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="derate-sass-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.object = cls.compiled("sound.o", "-arch=sm_89", "-gencode=arch=compute_90a,code=sm_90a",
                                  "-gencode=arch=compute_100f,code=sm_100f")
        cls.kernels = kernels_of(cls.object)

    @classmethod
    def compiled(cls, name, *options):
        target = cls.folder / name
        done = subprocess.run([NVCC, "-std=c++17", "-c", *options, SOURCE, "-o", target],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return target

    def kernel(self, name, architecture="sm_90a"):
        found = [k for k in self.kernels
                 if k.name == "refused::" + name and k.architecture == architecture]
        self.assertEqual(len(found), 1)
        return found[0]

    def test_local_memory_is_found(self):
        for architecture in ("sm_89", "sm_90a"):
            kernel = self.kernel("local_memory", architecture)
            operations = {i.operation for i in instructions_of(kernel)}
            self.assertLessEqual({"LDL", "STL"}, operations)
            self.assertIn("access local memory", judged(kernel, expecting(LDG=1))[0])

    def test_a_chain_of_constants_is_folded(self):
        row = expecting(IMAD=STEPS)
        self.assertEqual(judged(self.kernel("integer_chain<false>"), row), [])
        self.assertEqual(judged(self.kernel("integer_chain<true>"), row),
                         [f"the loop holds 1 IMAD, not {STEPS} IMAD"])

    def test_products_of_held_operands_leave_the_loop(self):
        row = expecting(NOT_HOISTED, FFMA=CHAINS * CHAINS)
        for architecture in ("sm_89", "sm_90a"):
            self.assertEqual(judged(self.kernel("held_operands<true>", architecture), row), [])
            self.assertEqual(judged(self.kernel("held_operands<false>", architecture), row),
                             ["no loop holds FFMA"])

    def test_equal_tensor_chains_are_merged(self):
        row = expecting(HMMA=2 * CHAINS * STEPS)
        for architecture, left in (("sm_89", 32), ("sm_90a", 8)):
            self.assertEqual(judged(self.kernel("tensor_chains<false>", architecture), row), [])
            self.assertEqual(judged(self.kernel("tensor_chains<true>", architecture), row),
                             [f"the loop holds {left} HMMA, not 64 HMMA"])

    def test_emulated_fp8_is_no_fp8(self):
        row = expecting(QMMA=CHAINS * STEPS)
        self.assertEqual(judged(self.kernel("fp8_chains", "sm_89"), row), [])
        kernel = self.kernel("fp8_chains", "sm_90a")
        self.assertEqual(judged(kernel, row), ["no loop holds QMMA"])
        elsewhere = dataclasses.replace(row, architectures="sm_89")
        self.assertEqual(judged(kernel, elsewhere),
                         ["a loop holds 12 F2FP, 128 FADD, 2 HMMA where there should be none"])

    def test_serialised_wgmma(self):
        row = expecting(others={"WARPGROUP": 2}, HGMMA=STEPS)
        self.assertEqual(judged(self.kernel("wgmma_chain<false>"), row), [])
        self.assertIn("the loop holds 18 WARPGROUP, not 2",
                      judged(self.kernel("wgmma_chain<true>"), row))

    def test_a_loop_around_each_tensor_instruction(self):
        row = expecting(UTCHMMA=STEPS)
        self.assertEqual(judged(self.kernel("tensor_memory_chain<true>", "sm_100f"), row), [])
        said = judged(self.kernel("tensor_memory_chain<false>", "sm_100f"), row)
        self.assertEqual(said[0], f"the loop holds 1 UTCHMMA, not {STEPS} UTCHMMA")

    def test_a_loop_that_waits_for_memory(self):
        row = expecting(IMAD=STEPS)
        cases = [("arrivals", "sm_90a")]
        cases += [("fenced_chain", architecture) for architecture in ("sm_89", "sm_90a")]
        for name, architecture in cases:
            with self.subTest(kernel=name, architecture=architecture):
                self.assertEqual(judged(self.kernel(f"{name}<false>", architecture), row), [])
                said = judged(self.kernel(f"{name}<true>", architecture), row)
                self.assertEqual(len(said), 1, said)
                self.assertRegex(said[0], "^the loop waits for memory: .* MEMBAR")

    def test_compressed_code_is_refused_and_not_passed_over(self):
        squeezed = self.compiled("squeezed.o", "-arch=sm_90a", "-Xfatbin", "--compress-all")
        with self.assertRaisesRegex(Unreadable, "sm_90 is compressed: build with .*--no-compress"):
            kernels_of(squeezed)

    def test_a_program_without_cuda_is_refused(self):
        with self.assertRaisesRegex(Unreadable, "holds no CUDA machine code"):
            kernels_of(SOURCE)


if __name__ == "__main__":
    unittest.main()
