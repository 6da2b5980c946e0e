# SPDX-License-Identifier: Apache-2.0
# Both lists, extracted by the released action itself, with its own change of units between two runs.
import json
import pathlib
import subprocess
import tempfile
import unittest

from reading import GOLDEN, REGRESSED, judgements, need_file, need_program

NODE = need_program("node")
ACTION = need_file("github-action-benchmark")

# The action reads the commit from the event; the figures come from the file.
SCRIPT = """
const { extractResult } = require(process.argv[1] + '/dist/src/extract.js');
const { normalizeBenchmark } = require(process.argv[1] + '/dist/src/normalizeBenchmark.js');
extractResult({ tool: process.argv[2], outputFilePath: process.argv[3] }).then((found) => {
  const before = { ...found, benches: found.benches.map((b) => ({ ...b, unit: 'us' })) };
  console.log(JSON.stringify([found, normalizeBenchmark(before, found)]));
}, (error) => { console.error(error.message); process.exit(1); });
"""


def extract(tool, path):
    with tempfile.TemporaryDirectory(prefix="derate-action-") as folder:
        event = pathlib.Path(folder) / "event.json"
        event.write_text(json.dumps({"head_commit": {"id": "1"}}))
        return subprocess.run([NODE, "-e", SCRIPT, ACTION, tool, path], capture_output=True, text=True,
                              timeout=60, env={"GITHUB_EVENT_PATH": str(event)})


class Action(unittest.TestCase):
    def extracted(self, tool, name):
        result = extract(tool, GOLDEN / name)
        self.assertEqual(result.returncode, 0, result.stderr)
        found, in_microseconds = json.loads(result.stdout)
        return ({bench["name"]: bench for bench in found["benches"]},
                {bench["name"]: bench for bench in in_microseconds["benches"]})

    def test_times(self):
        found, scaled = self.extracted("customSmallerIsBetter", "comparison_smaller.json")
        self.assertEqual(len(found), 6)
        bench = found[REGRESSED]
        self.assertAlmostEqual(bench["value"], judgements()[REGRESSED]["candidate_s"] * 1e9)
        self.assertEqual(bench["unit"], "ns")
        self.assertIn("regression: +3.14 % [3.10, 3.18]", bench["extra"])
        # Only a range that is "±" and a number is scaled with its value.
        self.assertEqual(scaled[REGRESSED]["unit"], "us")
        self.assertAlmostEqual(float(scaled[REGRESSED]["range"][2:]) * 1000, float(bench["range"][2:]))

    def test_rates(self):
        found, _ = self.extracted("customBiggerIsBetter", "comparison_bigger.json")
        self.assertEqual(len(found), 5)
        self.assertEqual(found[REGRESSED]["unit"], "GB/s")
        self.assertAlmostEqual(found[REGRESSED]["value"], 64 / 41.256, places=6)

    def test_an_empty_list_is_refused(self):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as empty:
            empty.write("[]\n")
            empty.flush()
            result = extract("customBiggerIsBetter", empty.name)
        self.assertNotEqual(result.returncode, 0)
        self.assertIn("No benchmark result was found", result.stderr)


if __name__ == "__main__":
    unittest.main()
