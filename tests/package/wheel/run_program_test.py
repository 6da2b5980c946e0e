# SPDX-License-Identifier: Apache-2.0
"""python/wheel/run_program.py, as pip installs it: finds the program of its own name in the package derate,
and becomes it."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(os.environ["DERATE_SOURCE"]) / "python/wheel/run_program.py"
PROGRAM = """#!/bin/sh
echo "$@"
echo "pid $$" >&2
grep SigIgn /proc/self/status >&2
exit 3
"""


class RunProgram(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.script = self.folder / "bin/derate_bench"
        self.script.parent.mkdir()
        # pip writes the path of its Python in the place of the first line.
        self.script.write_text(SCRIPT.read_text().replace("#!python", f"#!{sys.executable}", 1))
        self.script.chmod(0o755)
        self.site = self.folder / "site"

    def install(self, program=PROGRAM, mode=0o755):
        (self.site / "derate/bin").mkdir(parents=True)
        (self.site / "derate/__init__.py").write_text("raise ImportError('the package is not to be imported')")
        path = self.site / "derate/bin/derate_bench"
        path.write_text(program)
        path.chmod(mode)

    def start(self, *arguments):
        return subprocess.Popen([self.script, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=os.environ | {"PYTHONPATH": str(self.site)})

    def test_becomes_the_program_with_its_arguments_and_exit_code(self):
        self.install()
        process = self.start("--a b", "", "c")
        stdout, stderr = process.communicate(timeout=60)
        self.assertEqual((process.returncode, stdout), (3, "--a b  c\n"))
        self.assertIn(f"pid {process.pid}\n", stderr)

    def test_hands_on_no_signal_that_python_ignores(self):
        self.install()
        _, stderr = self.start().communicate(timeout=60)
        ignored = int(re.search(r"SigIgn:\s+(\w+)", stderr).group(1), 16)
        for each in (signal.SIGPIPE, signal.SIGXFSZ):
            self.assertFalse(ignored >> (each - 1) & 1, each)

    def test_says_what_is_missing(self):
        process = self.start()
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 1)
        self.assertRegex(stderr, r"^derate_bench: the Python package derate, with its programs, is not installed "
                                 rf"for {sys.executable}\n$")

    def test_says_what_cannot_be_run(self):
        for program, mode, reason in [("", 0o644, "Permission denied"), ("\x7fELF, once", 0o755, "Exec format error")]:
            with self.subTest(reason):
                shutil.rmtree(self.site, ignore_errors=True)
                self.install(program, mode)
                process = self.start()
                _, stderr = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 1)
                self.assertRegex(stderr, rf"^derate_bench: \S+/derate/bin/derate_bench cannot be run: {reason}\n$")


if __name__ == "__main__":
    unittest.main()
