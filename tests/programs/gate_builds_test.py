# SPDX-License-Identifier: Apache-2.0
# derate gate with several builds a side: how they are run, what is judged, what is refused. A build
# is a file of results that its command prints, so that every process of it takes the same time.
import json
import unittest

from cli import CliTest, derate

PLAN = ["--pairs", 4, "--confirm-pairs", 8, "--seed", 78]
# How much longer each of five builds of the same sources takes.
BASE = (1.00, 1.02, 0.99, 1.03, 1.01)
OTHERS = (1.04, 1.01, 1.00, 1.02, 0.98)


class BuildsTest(CliTest):
    def setUp(self):
        self.folder_of_builds = self.folder()
        self.out = self.folder() / "gate"

    def builds(self, name, times, benchmarks=("BM_a", "BM_b")):
        return [f"cat {self.build(f'{name}_{i}', time, benchmarks)}"
                for i, time in enumerate(times, 1)]

    def build(self, name, time, benchmarks):
        rows = [{"name": benchmark, "run_name": benchmark, "run_type": "iteration",
                 "iterations": 10, "real_time": 100 * time, "cpu_time": 1, "time_unit": "us"}
                for benchmark in benchmarks]
        path = self.folder_of_builds / f"{name}.json"
        path.write_text(json.dumps({"context": {"library_build_type": "release"},
                                    "benchmarks": rows}))
        return path

    def gate(self, base, candidate, *flags):
        sides = [word for side, builds in (("--base", base), ("--candidate", candidate))
                 for build in builds for word in (side, build)]
        return derate("gate", *sides, "--out", self.out, "--format", "json", *PLAN, *flags)

    def judged(self, base, candidate, code, *flags):
        """The first judgement, and the notes, of a gate that is to end with `code`."""
        result = self.gate(base, candidate, *flags)
        self.assertEnds(result, code)
        comparison = json.loads(result.stdout)
        return comparison["judgements"][0], " ".join(comparison["notes"])

    def listed(self):
        lines = (self.out / "gate" / "processes.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]


class Verdicts(BuildsTest):
    def test_what_builds_of_the_same_sources_differ_by_is_no_regression(self):
        judgement, notes = self.judged(self.builds("base", BASE), self.builds("other", OTHERS), 4)
        self.assertEqual(judgement["verdict"], "inconclusive")
        self.assertIn("5 builds of base and 5 of candidate", notes)

    def test_one_build_each_cannot_tell_it_from_a_change(self):
        _, notes = self.judged(self.builds("base", [1.0]), self.builds("other", [1.04]), 1)
        self.assertNotIn("of base and", notes)

    def test_a_step_beyond_it_is_a_regression(self):
        slower = self.builds("slower", [1.3 * time for time in OTHERS])
        judgement, _ = self.judged(self.builds("base", BASE), slower, 1)
        self.assertEqual(judgement["verdict"], "regression")
        self.assertIn("10 fresh pairs of 5 builds against 5", judgement["reason"])
        self.assertLess(judgement["change_low"], 0.29)  # more than the pairs alone would tell
        self.assertGreater(judgement["change_high"], 0.31)

    def test_one_candidate_is_judged_by_the_spread_of_the_base(self):
        base = self.builds("base", BASE)
        self.judged(base, self.builds("near", [1.05]), 4)
        self.judged(base, self.builds("far", [2.0]), 1, "--restart")


class Processes(BuildsTest):
    def test_run_every_build_in_each_round_and_are_listed_with_it(self):
        self.gate(self.builds("base", BASE), self.builds("other", OTHERS))
        screened = [line for line in self.listed() if line["stage"] == "screen"]
        self.assertEqual(len(screened), 20)  # two rounds, though four pairs were asked for
        for side in ("base", "candidate"):
            for pairs in (range(5), range(5, 10)):
                builds = sorted(line["build"] for line in screened
                                if line["side"] == side and line["pair"] in pairs)
                self.assertEqual(builds, [1, 2, 3, 4, 5])

    def test_go_on_after_a_stop(self):
        base, other = self.builds("base", BASE), self.builds("other", OTHERS)
        whole = self.gate(base, other)
        processes = self.out / "gate" / "processes.jsonl"
        places = [(line["pair"], line["side"], line["build"]) for line in self.listed()]
        lines = processes.read_text().splitlines(keepends=True)
        processes.write_text("".join(lines[:8]))
        self.assertEnds(self.gate(base, other), whole.returncode)
        self.assertEqual([(line["pair"], line["side"], line["build"]) for line in self.listed()],
                         places)
        self.assertRefused(self.gate(base[:4], other), 2, "gate.json", "its base is")

    def test_of_one_build_each_are_listed_as_ever(self):
        self.gate(self.builds("base", [1.0]), self.builds("other", [1.0]))
        self.assertTrue(all("build" not in line for line in self.listed()))
        self.assertIsInstance(json.loads((self.out / "gate.json").read_text())["base"], str)


class BadInput(BuildsTest):
    def test_a_build_without_a_benchmark_is_named(self):
        base = self.builds("base", BASE)
        self.build("base_3", 0.99, ["BM_a"])
        judgement, _ = self.judged(base, self.builds("other", OTHERS), 5)
        self.assertEqual((judgement["benchmark"], judgement["verdict"]), ("BM_b", "invalid"))
        self.assertIn("missing in 2 of 10 processes of base (build 3)", judgement["reason"])

    def test_the_same_program_twice_is_refused(self):
        one = self.builds("base", [1.0])
        self.assertRefused(self.gate(one * 2, one), 2, "--base", "the same program")
        copies = []
        for name in ("first", "second"):
            copies.append(self.folder_of_builds / name)
            copies[-1].write_text(f"#!/bin/sh\nexec {one[0]}\n")
            copies[-1].chmod(0o755)
        self.assertRefused(self.gate(one, [f"{copy} # {{filter}}" for copy in copies]), 2,
                           "--candidate", "the same program")
        self.assertFalse(self.out.exists())

    def test_an_empty_build_is_refused(self):
        base = self.builds("base", BASE)
        self.assertRefused(self.gate([*base, " "], base), 2, "empty")


if __name__ == "__main__":
    unittest.main()
