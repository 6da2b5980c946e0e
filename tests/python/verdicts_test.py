# SPDX-License-Identifier: Apache-2.0
# Checks and comparisons: a verdict is an answer, with the program's exit code; what gives none is raised.
import json
import os
import sys
import unittest
from unittest import mock

import derate
from derate import _programs
from golden import BIN, RECORDS, SOURCE, folder

sys.path.insert(0, str(SOURCE / "tests/programs"))
from two_runs import write_noise, write_run  # noqa: E402


class Check(unittest.TestCase):
    def test_of_records(self):
        check = derate.check(RECORDS)
        self.assertEqual((check.state, check.exit_code, bool(check)), ("slow", 1, False))
        self.assertIn("wrong results (1 of 21 rows)", check.reasons)
        self.assertEqual(check.rows[0]["what"], "FMA chain")
        self.assertIn("FMA chain", check._repr_html_())
        self.assertEqual(derate.check(derate.read_records(RECORDS)).state, "slow")

    def test_measures_with_the_program(self):
        self.assertTrue(os.path.samefile(_programs.program("derate"), BIN / "derate"))
        with folder() as path:
            taken = path / "taken"
            taken.mkdir()
            with self.assertRaisesRegex(derate.UsageError, "is there already"):
                derate.check(out=taken)
            with self.assertRaisesRegex(derate.Error, "cuda.*; nothing is judged"):
                derate.check(out=path / "new", device="cuda:7", quick=True)

    def test_without_a_program(self):
        with mock.patch.object(_programs, "_HERE", _programs.pathlib.Path("/no/such/place")), \
                mock.patch.dict(os.environ, {"PATH": "/no/such/place"}), \
                self.assertRaisesRegex(derate.UsageError, "the program derate is neither beside this package"):
            derate.check()


class Compare(unittest.TestCase):
    def test_finds_what_is_slower(self):
        with folder() as path:
            base = write_run(path / "base.jsonl")
            slow = write_run(path / "slow.jsonl", 1.1e-3)
            noise = write_noise(path / "noise.json")
            comparison = derate.compare(base, slow, noise=noise)
            self.assertEqual((comparison.exit_code, comparison.has_regressed), (1, True))
            self.assertEqual(comparison.counts["regression"], 1)
            self.assertAlmostEqual(comparison.rows[0]["change"], 0.1, 2)
            self.assertIn("slower", str(comparison))
            self.assertIn("<iframe", comparison._repr_html_())
            self.assertIn("tiled", comparison.page)
            same = derate.compare(base, base, noise=noise)
            self.assertEqual((same.exit_code, same.has_regressed), (0, False))

    def test_of_several_runs(self):
        with folder() as path:
            runs = [write_run(path / f"{number}.jsonl", 1e-3 * (1 + number * 1e-4)) for number in range(6)]
            comparison = derate.compare(runs[:3], runs[3:])
            self.assertIn("and 2 more", comparison.data["base"])

    def test_writes_no_summary_of_a_job(self):
        with folder() as path:
            run = write_run(path / "run.jsonl")
            with mock.patch.dict(os.environ, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(path / "summary")}):
                derate.compare(run, run)
            self.assertFalse((path / "summary").exists())

    def test_that_cannot_be(self):
        with folder() as path:
            run = write_run(path / "run.jsonl")
            with self.assertRaises(FileNotFoundError):
                derate.compare(run, path / "missing.jsonl")
            (path / "wrong.json").write_text(json.dumps({"benchmarks": 7}))
            with self.assertRaisesRegex(derate.InvalidInput, "wrong.json"):
                derate.compare(run, path / "wrong.json")
            with self.assertRaises(derate.UsageError):
                derate.compare(run, run, fail_on="nonsense")


if __name__ == "__main__":
    unittest.main()
