# SPDX-License-Identifier: Apache-2.0
# The machine code in the program as it was built: the loop of every chain, probe and
# register-blocked product holds exactly the instructions that its workload counts. Altered copies of that code show that the judge would
# notice.
import dataclasses
import os
import pathlib
import re
import unittest

from cubin import kernels_of
from expectations import ROWS, needs_row, row_of
from judge import complaints, hot_loop, waiting
from machine_code import BYTES, LOCAL_MEMORY, ZERO_REGISTER, instructions_of, loops_of
from rates import Rates

BIN = pathlib.Path(os.environ["DERATE_BIN"])
BENCH = BIN / "derate_bench"
RATES = Rates(BIN / "derate")
# As in CMake: "75;80-real;90a-real". A name such as all-major says nothing of what is in it.
ARCHITECTURES = os.environ["DERATE_CUDA_ARCHITECTURES"].split(",")
NOP, LDL, STL, EXIT, MEMBAR, ERRBAR = 0x918, 0x983, 0x387, 0x94D, 0x992, 0x9AB
OPERATION, PREDICATE, FIRST_FACTOR = (0, 12), (12, 4), (24, 8)  # lowest bit and width of a field


def judged(kernel, row):
    return complaints(kernel, row, RATES.clocks_each(row, kernel.architecture))


def altered(kernel, instruction, low, width, value):
    """The kernel with another value in one field of an instruction."""
    at = kernel.code.index(instruction.bits.to_bytes(BYTES, "little"))
    mask = (1 << width) - 1 << low
    bits = instruction.bits & ~mask | value << low
    code = kernel.code[:at] + bits.to_bytes(BYTES, "little") + kernel.code[at + BYTES:]
    return dataclasses.replace(kernel, code=code)


class BuiltProgram(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernels = kernels_of(BENCH)
        cls.counted = [kernel for kernel in cls.kernels if needs_row(kernel)]

    def test_every_loop_holds_what_is_counted(self):
        for kernel in self.counted:
            row = row_of(kernel)
            with self.subTest(kernel=kernel.name, architecture=kernel.architecture):
                self.assertIsNotNone(row, "expectations.py has no row for this kernel")
                self.assertEqual(judged(kernel, row), [])

    def test_every_row_has_its_kernel(self):
        built = {kernel.architecture for kernel in self.kernels}
        for row in ROWS:
            if not any(re.fullmatch(row.architectures, architecture) for architecture in built):
                continue
            with self.subTest(row=row.name, architectures=row.architectures):
                self.assertTrue([kernel for kernel in self.counted
                                 if row.covers(kernel) and row.expects_code(kernel)])

    def test_every_row_has_a_peak(self):
        for row in ROWS:
            with self.subTest(row=row.name):
                self.assertTrue(any(peaks.get(row.peak) for peaks in RATES.peaks.values()),
                                f"derate peak lists no {row.peak}")

    def test_every_architecture_has_machine_code(self):
        for name in ARCHITECTURES:
            if not re.fullmatch(r"\d+[af]?(-real|-virtual)?", name):
                self.skipTest(f"the build names its architectures only as {name}")
        wanted = {"sm_" + name.removesuffix("-real") for name in ARCHITECTURES
                  if not name.endswith("-virtual")}
        built = {kernel.architecture for kernel in self.counted}
        for name in sorted({kernel.name for kernel in self.counted}):
            of_name = [kernel for kernel in self.counted if kernel.name == name]
            row = row_of(of_name[0])
            expected = {row.compiled_for} if row and row.compiled_for in built else wanted
            with self.subTest(kernel=name):
                self.assertEqual({kernel.architecture for kernel in of_name}, expected)

    def test_no_kernel_uses_local_memory(self):
        for kernel in self.kernels:
            with self.subTest(kernel=kernel.name, architecture=kernel.architecture):
                found = {i.operation for i in instructions_of(kernel)}
                self.assertEqual(found & LOCAL_MEMORY, set())

    def test_no_innermost_loop_waits_for_memory(self):
        for kernel in self.kernels:
            with self.subTest(kernel=kernel.name, architecture=kernel.architecture):
                self.assertEqual([said for body in loops_of(kernel) for said in waiting(body)], [])

    def test_every_branch_stays_in_its_kernel(self):
        for kernel in self.kernels:
            with self.subTest(kernel=kernel.name, architecture=kernel.architecture):
                loops_of(kernel)  # raises


class AlteredProgram(unittest.TestCase):
    """The f32 chain on each architecture, so that every field is read where it lies there."""

    @classmethod
    def setUpClass(cls):
        cls.kernels = [k for k in kernels_of(BENCH) if ROWS[0].covers(k)]
        assert cls.kernels, "the program has no chain to alter"

    def assertRefused(self, sentence, field, value):
        for kernel in self.kernels:
            row = row_of(kernel)
            victim = hot_loop(kernel, row).body[100]
            with self.subTest(architecture=kernel.architecture):
                said = judged(altered(kernel, victim, *field, value), row)
                self.assertIn(sentence, " / ".join(said))

    def test_one_instruction_less(self):
        self.assertRefused("the loop holds 511 FFMA, not 512 FFMA", OPERATION, NOP)

    def test_a_move_instead_of_a_multiply_add(self):
        self.assertRefused("the loop holds 511 FFMA, not 512 FFMA", FIRST_FACTOR, ZERO_REGISTER)

    def test_an_instruction_that_may_be_skipped(self):
        self.assertRefused("1 counted instructions are predicated", PREDICATE, 0)

    def test_a_way_out_before_the_end(self):
        self.assertRefused("1 branches lie before the last counted", OPERATION, EXIT)

    def test_local_memory(self):
        self.assertRefused("1 instructions access local memory", OPERATION, LDL)
        self.assertRefused("1 instructions access local memory", OPERATION, STL)

    def test_a_fence(self):
        self.assertRefused("the loop waits for memory: 1 MEMBAR", OPERATION, MEMBAR)
        self.assertRefused("the loop waits for memory: 1 ERRBAR", OPERATION, ERRBAR)

    def test_a_loop_that_issues_too_much_else(self):
        for kernel in self.kernels:
            row = row_of(kernel)
            share = hot_loop(kernel, row).share(RATES.clocks_each(row, kernel.architecture))
            said = judged(kernel, dataclasses.replace(row, at_least=share + 1e-4))
            with self.subTest(architecture=kernel.architecture):
                self.assertIn("of the unit's rate, not", " / ".join(said))

    def test_a_kernel_where_none_is_expected(self):
        for kernel in self.kernels:
            row = dataclasses.replace(row_of(kernel), architectures="sm_61")
            self.assertRegex(" / ".join(judged(kernel, row)), "FFMA where there should be none")


if __name__ == "__main__":
    unittest.main()
