# SPDX-License-Identifier: Apache-2.0
# The program's own reader of machine code (src/backend/cuda/machine_code.h), by which records say what ran:
# it must find the bytes that cubin.py finds, and those of the same source must not depend on the build.
import collections
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from cubin import kernels_of

BIN = pathlib.Path(os.environ["DERATE_BIN"])
SOURCE = pathlib.Path(__file__).with_name("refused_kernels.cu")
NVCC = os.environ.get("DERATE_NVCC") or shutil.which("nvcc")


def fnv(code):
    """As derate::hash_text() does."""
    value = 0xCBF29CE484222325
    for byte in code:
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def listed(path):
    done = subprocess.run([BIN / "derate_print_machine_code", path], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return sorted(line.split(" ") for line in done.stdout.splitlines())


class MachineCodeReader(unittest.TestCase):
    def test_finds_what_the_other_reader_finds(self):
        program = BIN / "derate_bench"
        expected = sorted([kernel.symbol, re.search(r"\d+", kernel.architecture)[0], fnv(kernel.code)]
                          for kernel in kernels_of(program))
        self.assertGreater(len(expected), 50)
        self.assertEqual(listed(program), expected)
        # It has to tell kernels apart, but for those that the architecture cannot run: they are empty,
        # and of all codes the most common.
        for architecture in {architecture for _, architecture, _ in expected}:
            codes = [code for _, on, code in expected if on == architecture]
            empty = collections.Counter(codes).most_common(1)[0][0]
            others = [code for code in codes if code != empty]
            self.assertGreater(len(set(others)), 0.8 * len(others), architecture)

    @unittest.skipUnless(NVCC, "no nvcc here")
    def test_two_builds_of_one_source_agree_and_an_edit_does_not(self):
        with tempfile.TemporaryDirectory(prefix="derate-code-") as name:
            folder = pathlib.Path(name)

            def built(where, text):
                (folder / where).mkdir()
                source = folder / where / SOURCE.name
                source.write_text(text)
                subprocess.run([NVCC, "-std=c++17", "-c", "-arch=sm_89", source, "-o", f"{source}.o"], check=True)
                return {symbol: code for symbol, _, code in listed(f"{source}.o")}

            text = SOURCE.read_text()
            first, second = built("one", text), built("another_folder", "// Moved by a line.\n" + text)
            self.assertEqual(sorted(first.values()), sorted(second.values()))
            edited = built("edited", text.replace("value * 3 + 7", "value * 5 + 7", 1))
            self.assertNotEqual(sorted(first.values()), sorted(edited.values()))

    def test_refuses_what_is_no_program(self):
        done = subprocess.run([BIN / "derate_print_machine_code", __file__], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (5, ""))
        self.assertEqual(done.stderr, "machine code: this is no ELF file of 64 bits\n")


if __name__ == "__main__":
    unittest.main()
