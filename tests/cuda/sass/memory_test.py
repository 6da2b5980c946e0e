# SPDX-License-Identifier: Apache-2.0
# The machine code of the kernels that measure memory: wide loads through the cache that they are to
# measure, several under way, and a chase in which each waits for the one before. Altered copies, and
# kernels that nvcc compiles here and now, show that the judge would notice and reads fields aright.
import dataclasses
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from cubin import kernels_of
from machine_code import BYTES, instructions_of
from memory_code import Access, access_of
from memory_expectations import ROWS, complaints, measured_code, needs_row, row_of

BENCH = pathlib.Path(os.environ["DERATE_BIN"]) / "derate_bench"
NVCC = os.environ.get("DERATE_NVCC") or shutil.which("nvcc")
ARCHITECTURES = ("75", "80", "86", "89", "90a", "100", "120")
WIDTH, SCOPE, EVICTION, ADDRESS, OFFSET = (73, 3), (77, 4), (84, 3), (24, 8), (40, 24)

# One load and one store each, as PTX that says what it wants.
PROBES = {
    "ld.global.ca.v4.u32": Access("LDG", 16, "SM"), "ld.global.cg.v4.u32": Access("LDG", 16, "GPU"),
    "ld.global.cs.v4.u32": Access("LDG", 16, "", True),
    "ld.global.nc.v4.u32": Access("LDG", 16, "constant"),
    "ld.global.ca.v2.u32": Access("LDG", 8, "SM"),
}


def probes():
    """Volatile as in loads.cuh, where that makes a load strong; else as what C++ becomes."""
    text = ""
    for number, instruction in enumerate(PROBES):
        two = ".v2." in instruction
        outputs, places = ('"=r"(x.x), "=r"(x.y)', "%0, %1") if two else \
            ('"=r"(x.x), "=r"(x.y), "=r"(x.z), "=r"(x.w)', "%0, %1, %2, %3")
        at = "%2" if two else "%4"
        volatile = "volatile" if ".ca" in instruction or ".cg" in instruction else ""
        text += (f"__global__ void probe{number}(const uint4* from, uint4* to) {{\n"
                 f"  uint4 x = {{}};\n"
                 f'  asm {volatile}("{instruction} {{{places}}}, [{at}];" : {outputs} : '
                 f'"l"(from + threadIdx.x));\n  to[threadIdx.x] = x;\n}}\n')
    return text


def altered(kernel, instruction, field, value):
    low, width = field
    at = kernel.code.index(instruction.bits.to_bytes(BYTES, "little"))
    bits = instruction.bits & ~((1 << width) - 1 << low) | value << low
    code = kernel.code[:at] + bits.to_bytes(BYTES, "little") + kernel.code[at + BYTES:]
    return dataclasses.replace(kernel, code=code)


class BuiltProgram(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.kernels = [kernel for kernel in kernels_of(BENCH) if needs_row(kernel)]

    def test_every_kernel_accesses_memory_as_it_says(self):
        for kernel in self.kernels:
            row = row_of(kernel)
            with self.subTest(kernel=kernel.symbol, architecture=kernel.architecture):
                self.assertIsNotNone(row, "memory_expectations.py has no row for this kernel")
                self.assertEqual(complaints(kernel, row), [])

    def test_every_row_has_its_kernel(self):
        for row in ROWS:
            with self.subTest(row=row.name):
                self.assertTrue(any(row.covers(kernel) for kernel in self.kernels))

    def refused(self, row_name, field, value, sentence):
        """A kernel with another value in one field of its second access is refused."""
        row = next(row for row in ROWS if row.name == row_name)
        found = [kernel for kernel in self.kernels if row.covers(kernel)]
        self.assertTrue(found)
        for kernel in found:
            victim = [i for i in measured_code(kernel, row) if access_of(i) in row.accesses][1]
            with self.subTest(row=row_name, architecture=kernel.architecture):
                said = complaints(altered(kernel, victim, field, value), row)
                self.assertRegex(" / ".join(said), sentence)

    def test_a_narrow_access_is_refused(self):
        for name in ("memory_read/L1", "memory_copy", "memory_sum", "vector_add"):
            self.refused(name, WIDTH, 4, "there are .*, not ")

    def test_another_cache_is_refused(self):
        self.refused("memory_read/L1", SCOPE, 0xF, "scope of code 15.*, not 8 LDG")
        self.refused("memory_latency/DRAM", SCOPE, 0xF, "scope of code 15.*, not 16 LDG")

    def test_results_that_stay_in_cache_are_refused(self):
        self.refused("memory_fill", EVICTION, 1, "not 4 STG 128 evict-first")

    def test_a_load_that_does_not_wait_is_refused(self):
        for name in ("memory_latency/L1", "memory_latency/shared", "memory_latency/L2"):
            self.refused(name, ADDRESS, 77, "1 loads do not wait for the one before")
            self.refused(name, OFFSET, 128, "1 loads do not wait for the one before")


@unittest.skipUnless(NVCC, "no nvcc here")
class Fields(unittest.TestCase):
    def test_mean_what_the_compiler_makes_of_ptx(self):
        with tempfile.TemporaryDirectory(prefix="derate-sass-") as folder:
            source = pathlib.Path(folder, "probes.cu")
            source.write_text(probes(), encoding="utf-8")
            options = [f"-gencode=arch=compute_{name},code=sm_{name}" for name in ARCHITECTURES]
            target = source.with_suffix(".o")
            done = subprocess.run([NVCC, "-c", *options, source, "-o", target],
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            kernels = kernels_of(target)
        self.assertEqual(len(kernels), len(PROBES) * len(ARCHITECTURES))
        for kernel in kernels:
            wanted = list(PROBES.values())[int(kernel.name.removeprefix("probe"))]
            with self.subTest(kernel=kernel.name, architecture=kernel.architecture):
                found = [access_of(i) for i in instructions_of(kernel) if access_of(i)]
                self.assertEqual(found[0], wanted)


if __name__ == "__main__":
    unittest.main()
