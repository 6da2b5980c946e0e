# SPDX-License-Identifier: Apache-2.0
"""scripts/wheel_parts/check_wheel.py on wheels with one fault each. It needs the tools that scripts/wheel
installs."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
TOOLS = SOURCE / "build/wheel_tools"
# The build's own search path, and ones of the same length in its place.
GOOD = b"$ORIGIN/../lib"
OF_BUILD = b"/opt/builds/li"
WITH_CURRENT_FOLDER = b"$ORIGIN/../li:"
TAG = "cp311-cp311-manylinux_2_35_x86_64"
INFO = "derate-0.1.0.dist-info"
METADATA = """Metadata-Version: 2.4
Name: derate
Version: 0.1.0
Requires-Python: >=3.10
Requires-Dist: scipy-openblas32>=0.3.29
"""


def program():
    content = (pathlib.Path(os.environ["DERATE_BIN"]) / "derate").read_bytes()
    assert GOOD in content
    return content


def files():
    """Those of a good wheel; the big ones are all one."""
    return {
        "derate/__init__.py": "", "derate/py.typed": "", "derate/_version.py": "",
        "derate/bin/derate": program(), "derate/bin/derate_bench": b"#!/bin/sh",
        "derate/_derate.cpython-311-x86_64-linux-gnu.so": b"", "derate.libs/libfmt-1234.so.9": b"",
        "derate/licenses/capstone": "", f"{INFO}/licenses/LICENSE": "", f"{INFO}/METADATA": METADATA,
        f"{INFO}/WHEEL": f"Wheel-Version: 1.0\nTag: {TAG}\n",
        "derate-0.1.0.data/scripts/derate": "", "derate-0.1.0.data/scripts/derate_bench": "",
    }


class CheckWheel(unittest.TestCase):
    def check(self, changes, tag=TAG):
        with tempfile.TemporaryDirectory() as folder:
            wheel = pathlib.Path(folder) / f"derate-0.1.0-{tag}.whl"
            with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for name, content in (files() | changes).items():
                    if content is not None:
                        archive.writestr(name, content)
            return subprocess.run(
                [sys.executable, "-B", SOURCE / "scripts/wheel_parts/check_wheel.py", wheel, "/opt/builds"],
                capture_output=True, text=True, timeout=100, env=os.environ | {"PYTHONPATH": str(TOOLS)})

    def assertWrong(self, sentence, changes, **options):
        result = self.check(changes, **options)
        self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
        wrong = [line for line in result.stdout.splitlines() if ": wrong: " in line]
        self.assertEqual(len(wrong), 1, result.stdout)
        self.assertIn(sentence, wrong[0])

    def test_lets_a_good_one_pass(self):
        result = self.check({})
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.stdout)
        self.assertEqual(len(result.stdout.splitlines()), 5)
        self.assertIn("\nmetadata: derate 0.1.0 for Python >=3.10, needs scipy-openblas32>=0.3.29\n",
                      result.stdout)

    def test_finds_search_paths_and_names_of_the_build(self):
        for path, sentence in [(OF_BUILD, "derate/bin/derate looks in /opt/builds/li"),
                               (WITH_CURRENT_FOLDER, "derate/bin/derate looks in the current folder")]:
            self.assertWrong(sentence, {"derate/bin/derate": program().replace(GOOD, path)})
        self.assertWrong("derate/_version.py names /opt/builds", {"derate/_version.py": "# /opt/builds/x"})

    def test_finds_tags_that_disagree(self):
        module = "derate/_derate.cpython-311-x86_64-linux-gnu.so"
        self.assertWrong("says ['cp311-cp311-manylinux_2_35_x86_64']", {}, tag=TAG.replace("35", "34"))
        linux = TAG.replace("manylinux_2_35", "linux")
        self.assertWrong("is for no manylinux", {f"{INFO}/WHEEL": f"Tag: {linux}\n"}, tag=linux)
        self.assertWrong("modules: []", {module: None})
        self.assertWrong("derate/_derate.abi3.so in ", {module: None, "derate/_derate.abi3.so": b""})

    def test_finds_what_is_missing_and_metadata_that_are_none(self):
        self.assertWrong("derate/licenses/capstone missing", {"derate/licenses/capstone": None})
        self.assertWrong("version 0.2.0, the file 0.1.0",
                         {f"{INFO}/METADATA": METADATA.replace("0.1.0", "0.2.0")})
        self.assertWrong("requires-python", {f"{INFO}/METADATA": METADATA.replace(">=3.10", "new")})

    def test_finds_one_that_is_too_large(self):
        self.assertWrong("more than 60", {"derate/bin/derate_bench": b"#!" + os.urandom(62 * 2**20)})


if __name__ == "__main__":
    if not TOOLS.exists():
        print("scripts/wheel has not installed its tools")
        sys.exit(77)
    unittest.main()
