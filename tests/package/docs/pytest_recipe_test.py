# SPDX-License-Identifier: Apache-2.0
"""The recipe for pytest-benchmark in docs/ci.md, command by command, in folders of two builds. In pytest's
place stands a program that writes a file of pytest-benchmark 5.3.1, one test of the new build 5 % slower."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
FILE = SOURCE / "tests/unit/regression/results/data/pytest_benchmark_5.3.1.json"
SLOWER = "test_sort"
PYTEST = f"""#!{sys.executable}
import json, pathlib, random, sys
[path] = [each.partition("=")[2] for each in sys.argv if each.startswith("--benchmark-json=")]
report = json.loads(pathlib.Path({str(FILE)!r}).read_text())
for benchmark in report["benchmarks"]:
    slower = benchmark["name"] == {SLOWER!r} and pathlib.Path.cwd().name == "new"
    factor = random.gauss(1.05 if slower else 1, 0.001)
    benchmark["stats"]["data"] = [time_s * factor for time_s in benchmark["stats"]["data"]]
print("4 passed")
pathlib.Path(path).write_text(json.dumps(report))
"""


def commands():
    """The lines behind "$ " of the section, each with the lines that a backslash continues it by."""
    text = (SOURCE / "docs/ci.md").read_text(encoding="utf-8")
    section = re.search(r"(?ms)^## pytest-benchmark\n(.*?)^## ", text).group(1)
    return [match.replace("\\\n", " ") for match in re.findall(r"(?m)^\$ ((?:.*\\\n)*.*)$", section)]


class Recipe(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        for name in ("old", "new", "bin"):
            (self.folder / name).mkdir()
        pytest = self.folder / "bin/pytest"
        pytest.write_text(PYTEST)
        pytest.chmod(0o755)

    def run_command(self, command):
        path = os.pathsep.join([str(self.folder / "bin"), os.environ["DERATE_BIN"], os.environ["PATH"]])
        return subprocess.run(["bash", "-c", command], cwd=self.folder, capture_output=True, text=True,
                              timeout=250, env=os.environ | {"PATH": path})

    def test_finds_what_became_slower(self):
        found = commands()
        self.assertEqual([each.split()[:2] for each in found], [["derate", "gate"], ["derate", "compare"]])
        gate = self.run_command(found[0])
        self.assertEqual(gate.returncode, 1, gate.stdout + gate.stderr)
        self.assertRegex(gate.stdout, rf"^1 of 4 benchmarks is slower: \S*{SLOWER}\S* \+(4|5)")
        self.assertIn("besides: 3 unchanged", gate.stdout)

    def test_compares_files_of_several_runs(self):
        for build in ("old", "new"):
            for number in (1, 2, 3):
                self.run_command(f"cd {build} && pytest --benchmark-json={number}.json")
        compared = self.run_command(commands()[1])
        self.assertIn(compared.returncode, (1, 4), compared.stderr)
        self.assertRegex(compared.stdout, rf"{SLOWER} +\+")


if __name__ == "__main__":
    unittest.main()
