# SPDX-License-Identifier: Apache-2.0
# The module runs the program's commands in this process: exit code, output, messages. It takes no long time
# to import, and refuses the files of another version.
import os
import pathlib
import shutil
import subprocess
import sys
import unittest

import derate
from derate import _derate
from golden import BIN, folder

PACKAGE = pathlib.Path(derate.__file__).parent
MOST_SECONDS = 0.15


def python(code, path=PACKAGE.parent, stdout=subprocess.PIPE):
    return subprocess.run([sys.executable, "-c", code], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60,
                          env=os.environ | {"PYTHONPATH": str(path)})


def processor_seconds(code):
    """Of user and system, of the quickest of five processes."""
    def once():
        before = os.times()
        assert python(code).returncode == 0
        after = os.times()
        return (after.children_user - before.children_user) + (after.children_system - before.children_system)
    return min(once() for _ in range(5))


class Module(unittest.TestCase):
    def test_says_what_the_program_says(self):
        for words in (["peak", "Tesla P40", "--format", "json"], ["peak", "no such device"],
                      ["report", "/no/such/file"], ["catalog", "--nonsense"], ["--version"], []):
            with self.subTest(words=words):
                program = subprocess.run([BIN / "derate", *words], capture_output=True, text=True, timeout=60)
                self.assertEqual(_derate.run(words), (program.returncode, program.stdout, program.stderr, "/no/such/file" in words))

    def test_leaves_the_callers_standard_output_alone(self):
        with open("/dev/full", "wb") as full:
            done = python("import ctypes, sys; from derate import _derate\n"
                      "libc = ctypes.CDLL(None); libc.puts(b'lost'); libc.fflush(None)\n"
                      "print(_derate.run(['peak', 'RTX 4090'])[0], file=sys.stderr)", stdout=full)
        self.assertEqual(done.stderr, "0\n")

    def test_takes_names_that_are_no_text(self):
        code, _, messages, is_missing = _derate.run(["report", os.fsdecode(b"/no/such/\xff")])
        self.assertEqual((code, is_missing), (5, True))
        self.assertIn("\\x{ff}", messages)

    def test_refuses_what_no_argument_can_be(self):
        with self.assertRaises(ValueError):
            _derate.run(["a\0b"])
        with self.assertRaises(TypeError):
            _derate.run([1])

    def test_is_imported_quickly(self):
        self.assertLess(processor_seconds("import derate"), MOST_SECONDS)

    def test_is_imported_without_what_may_be_missing(self):
        done = python("import sys, derate; print({'numpy', 'pandas', 'polars', 'json'} & set(sys.modules))")
        self.assertEqual((done.stdout, done.stderr), ("set()\n", ""))

    def test_refuses_files_of_another_version(self):
        with folder() as path:
            shutil.copytree(PACKAGE, path / "derate")
            (path / "derate/_version.py").write_text('VERSION = "9.1.0"\n')
            done = python("import derate", path)
        self.assertEqual(done.returncode, 1)
        self.assertIn("ImportError: derate: the files of this package are of version 9.1.0, and its module",
                      done.stderr)


if __name__ == "__main__":
    unittest.main()
