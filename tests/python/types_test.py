# SPDX-License-Identifier: Apache-2.0
# mypy --strict has no objection to the package, to the examples, and to programs like typed_use.py; it has
# to a wrong one. Skipped without mypy.
import importlib.util
import os
import pathlib
import subprocess
import sys
import unittest

import derate
from golden import SOURCE, folder

PACKAGE = pathlib.Path(derate.__file__).parent
WRONG = """
import derate
derate.peaks("Tesla P40", 7)
derate.estimate_training(params=[1], nonsense=2)
time: str = derate.Calibration.load("calibration.json").predict_gemm(1, 2, 3).time_s
"""


def mypy(*files, cache):
    done = subprocess.run([sys.executable, "-m", "mypy", "--strict", f"--cache-dir={cache}", *map(str, files)],
                          capture_output=True, text=True, timeout=250,
                          env=os.environ | {"MYPYPATH": str(PACKAGE.parent)})
    return [line for line in done.stdout.splitlines() if ": error: " in line] + done.stderr.splitlines()


class Types(unittest.TestCase):
    def test_of_the_package_and_its_users(self):
        examples = sorted((SOURCE / "python/examples").glob("*.py"))
        with folder() as cache:
            self.assertEqual(mypy(PACKAGE, pathlib.Path(__file__).with_name("typed_use.py"), *examples, cache=cache),
                             [])

    def test_refuse_what_is_wrong(self):
        with folder() as path:
            (path / "wrong.py").write_text(WRONG)
            lines = {int(line.split(":")[1]) for line in mypy(path / "wrong.py", cache=path / "cache")}
        self.assertEqual(lines, {3, 4, 5})


if __name__ == "__main__":
    if importlib.util.find_spec("mypy") is None:
        print("skipped: no mypy")
        sys.exit(77)
    unittest.main()
