# SPDX-License-Identifier: Apache-2.0
# derate compare, on records and on Google Benchmark's JSON.
import json
import unittest

from cli import CliTest, derate, derate_run
from two_runs import NAME, write_google, write_noise, write_run


class Compare(CliTest):
    def compare(self, *arguments):
        result = derate("compare", *arguments, "--format", "json")
        self.assertNotEqual(result.stdout, "", result.stderr)
        return result, json.loads(result.stdout)

    def runs(self, *changes):
        folder = self.folder()
        return [write_run(folder / f"{i}.jsonl", **change) for i, change in enumerate(changes)]

    def test_finds_a_slowdown(self):
        runs = self.runs({}, {"time_s": 1.03e-3})
        result, verdict = self.compare(*runs)
        self.assertEnds(result, 4)  # of the same code nobody knows that it would not differ as much
        self.assertTrue(verdict["judgements"][0]["reason"].startswith("slower in these runs: +3.00 %"))
        result, verdict = self.compare(*runs, "--noise", write_noise(self.folder() / "noise.json"))
        self.assertEnds(result, 1)
        self.assertEqual(verdict["exit_code"], 1)
        (judgement,) = verdict["judgements"]
        self.assertEqual((judgement["benchmark"], judgement["verdict"]), (NAME, "regression"))
        self.assertAlmostEqual(judgement["change"], 0.03, places=6)
        self.assertEqual(judgement["pairs"], 5)
        self.assertTrue(any("one after the other" in note for note in verdict["notes"]))

    def test_several_runs_a_side_show_how_runs_differ(self):
        base = self.runs(*({"time_s": 1e-3 * (1 + 0.004 * n)} for n in range(4)))
        candidate = self.runs(*({"time_s": 1.1e-3 * (1 + 0.004 * n)} for n in range(4)))
        more = [word for side, runs in (("--base", base), ("--candidate", candidate))
                for run in runs[1:] for word in (side, run)]
        result, verdict = self.compare(base[0], candidate[0], *more)
        self.assertEnds(result, 1)
        self.assertIn("over 4 and 4 runs", verdict["judgements"][0]["reason"])
        self.assertEqual(verdict["base"]["name"] if isinstance(verdict["base"], dict)
                         else verdict["base"], f"{base[0]} and 3 more")
        # 1 % lies within what runs differ by.
        result, _ = self.compare(base[0], base[3], "--base", base[2], "--candidate", base[1])
        self.assertNotEqual(result.returncode, 1)

    def test_a_history_shows_how_runs_differ(self):
        db = self.folder() / "history.sqlite"
        for day, run in enumerate(self.runs(*({"time_s": 1e-3 * (1 + 0.001 * (n * 3 % 8))}
                                              for n in range(8))), 1):
            self.assertEnds(derate("history", "add", run, "--db", db, "--time", f"2026-01-{day:02d}"), 0)
        base, slower, near = self.runs({}, {"time_s": 1.03e-3}, {"time_s": 1.004e-3})
        result, verdict = self.compare(base, slower, "--db", db)
        self.assertEnds(result, 1)
        self.assertIn("the history's sessions", verdict["judgements"][0]["reason"])
        self.assertNotEqual(self.compare(base, near, "--db", db)[0].returncode, 1)
        noise = write_noise(self.folder() / "noise.json")
        self.assertRefused(derate("compare", base, near, "--db", db, "--noise", noise), 2, "--noise")
        self.assertRefused(derate("compare", base, slower, "--db", self.folder() / "none.sqlite"), 5,
                           "none.sqlite")

    def test_another_cpu_is_not_comparable(self):
        folder = self.folder()
        base = write_google(folder / "a.json")
        other = json.loads(base.read_text())
        other["context"]["mhz_per_cpu"] = 2870
        (folder / "b.json").write_text(json.dumps(other))
        other["context"]["mhz_per_cpu"] = 3244
        (folder / "c.json").write_text(json.dumps(other))
        result, verdict = self.compare(folder / "b.json", folder / "c.json")
        self.assertEnds(result, 3)
        self.assertIn("mhz_per_cpu is 2870 in base and 3244", verdict["judgements"][0]["reason"])

    def test_equal_runs_are_unchanged(self):
        result, verdict = self.compare(*self.runs({}, {}))
        self.assertEnds(result, 0)
        self.assertEqual(verdict["counts"]["unchanged"], 1)

    def test_one_process_each_is_no_verdict(self):
        result, verdict = self.compare(*self.runs({"processes": 1}, {"processes": 1, "time_s": 1.1e-3}))
        self.assertEnds(result, 4)
        (judgement,) = verdict["judgements"]
        self.assertEqual(judgement["verdict"], "inconclusive")
        self.assertTrue(judgement["reason"].startswith("one process each: a difference of +10.00 %"))
        self.assertIsNone(judgement["change_low"])

    def test_noise_that_was_measured_gives_one(self):
        folder = self.folder()
        noise = folder / "noise.json"
        noise.write_text(json.dumps([{"benchmark": NAME, "pair_sd": 0.002, "pairs": 12},
                                     {"benchmark": "another", "pair_sd": None}]))
        runs = self.runs({"processes": 1}, {"processes": 1, "time_s": 1.1e-3})
        result, verdict = self.compare(*runs, "--noise", noise)
        self.assertEnds(result, 1)
        self.assertEqual(verdict["judgements"][0]["pair_sd"], 0.002)
        for wrong in ["{}", '[{"benchmark": "x", "pair_sd": -1}]', '[{"pair_sd": 1}]', "[",
                      '[{"benchmark": "x", "pair_sd": 0.01}]',
                      '[{"benchmark": "x", "pair_sd": 0.01, "pairs": 2}]']:
            noise.write_text(wrong)
            self.assertRefused(derate("compare", *runs, "--noise", noise), 5, "noise.json")

    def test_inputs_are_not_written_over(self):
        base, candidate = self.runs({}, {})
        for wrong in (base, candidate):
            target = wrong / "records.jsonl" if wrong.is_dir() else wrong
            before = target.read_bytes()
            self.assertRefused(derate("compare", base, candidate, "--write", f"junit={target}"), 2,
                               "overwrite")
            self.assertEqual(target.read_bytes(), before)
        twice = self.folder() / "x"
        self.assertRefused(derate("compare", base, candidate, "--write", f"junit={twice}",
                                  "--write", f"json={twice}"), 2, "the junit")

    def test_another_driver_is_not_comparable_unless_forced(self):
        runs = self.runs({}, {"driver_version": "200.00", "time_s": 1.03e-3})
        result, verdict = self.compare(*runs)
        self.assertEnds(result, 3)
        self.assertEqual(verdict["judgements"][0]["verdict"], "not_comparable")
        self.assertEqual(verdict["differences"], [{"name": "driver_version", "base": "100.00",
                                                   "candidate": "200.00", "hard": True}])
        result, verdict = self.compare(*runs, "--force")
        self.assertEnds(result, 4)
        self.assertIn("slower in these runs", verdict["judgements"][0]["reason"])
        self.assertTrue(verdict["forced"])
        self.assertIn("--force", derate("compare", *runs, "--force").stdout)

    def test_a_debug_build_on_one_side_is_not_comparable(self):
        self.assertEnds(self.compare(*self.runs({}, {"build_type": "Debug"}))[0], 3)
        folder = self.folder()
        result, _ = self.compare(write_google(folder / "a.json"),
                                 write_google(folder / "b.json", build="debug"))
        self.assertEnds(result, 3)

    def test_what_is_missing_renamed_or_failed_is_invalid(self):
        for change in [{"variant": "naive"}, {"outcome": "incorrect", "message": "wrong"}]:
            result, verdict = self.compare(*self.runs({}, change))
            self.assertEnds(result, 5)
            self.assertEqual(verdict["counts"]["invalid"], 1, change)

    def test_another_size_is_not_comparable(self):
        result, verdict = self.compare(*self.runs({}, {"problem": "m:512/n:512/k:512"}))
        self.assertEnds(result, 3)
        self.assertIn("m:512/n:512/k:512", verdict["judgements"][0]["reason"])

    def test_the_same_machine_code_has_not_become_slower(self):
        result, verdict = self.compare(*self.runs({"code_hash": "abc"},
                                                  {"code_hash": "abc", "time_s": 1.03e-3}))
        self.assertEnds(result, 4)
        self.assertEqual(verdict["judgements"][0]["verdict"], "environment")
        self.assertTrue(verdict["judgements"][0]["same_code"])

    def test_reads_google_benchmark(self):
        folder = self.folder()
        result, verdict = self.compare(write_google(folder / "a.json"),
                                       write_google(folder / "b.json", 120))
        self.assertEnds(result, 4)
        self.assertEqual(verdict["judgements"][0]["benchmark"], "BM_Copy<int>/8")
        self.assertAlmostEqual(verdict["judgements"][0]["change"], 0.2)

    def test_refuses_what_is_no_run(self):
        folder = self.folder()
        good = write_google(folder / "a.json")
        other = folder / "other.txt"
        other.write_text("hello\n")
        self.assertRefused(derate("compare", good, other), 5, "other.txt")
        self.assertRefused(derate("compare", good, folder / "none.json"), 5, "none.json")
        self.assertRefused(derate("compare", good), 2, "candidate")

    def test_compares_real_runs_of_this_machine(self):
        folder = self.folder()
        for name in ["a", "b"]:
            self.assertEnds(derate_run(folder / name), 0)
        result, verdict = self.compare(folder / "a", folder / "b")
        self.assertEnds(result, 4)  # one process each
        self.assertEqual(verdict["counts"]["inconclusive"], len(verdict["judgements"]))
        self.assertEqual(verdict["environment"]["facts"][0], {"name": "backend", "value": "host",
                                                              "hard": True})


if __name__ == "__main__":
    unittest.main()
