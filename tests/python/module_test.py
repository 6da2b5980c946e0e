# SPDX-License-Identifier: Apache-2.0
# The module runs the program's commands in this process: exit code, output, messages.
import os
import subprocess
import unittest

from derate import _derate

PROGRAM = os.path.join(os.environ["DERATE_BIN"], "derate")


class Module(unittest.TestCase):
    def test_says_what_the_program_says(self):
        for words in (["peak", "Tesla P40", "--format", "json"], ["peak", "no such device"],
                      ["report", "/no/such/file"], ["catalog", "--nonsense"], ["--version"]):
            with self.subTest(words=words):
                program = subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60)
                self.assertEqual(_derate.run(words), (program.returncode, program.stdout, program.stderr))


if __name__ == "__main__":
    unittest.main()
