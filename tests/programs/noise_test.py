# SPDX-License-Identifier: Apache-2.0
# derate noise: what a gate can promise where a program differs from itself as a test says.
import json
import math
import unittest

from cli import derate
from gating import GateTest


class NoiseTest(GateTest):
    def noise(self, *arguments, sd=0.0003, flags=(), pairs=8, form="json"):
        return derate("noise", "--command", self.command(*arguments, sd=sd), "--pairs", pairs,
                      "--out", self.out, "--seed", 78, "--format", form, *flags)

    def test_states_the_spread_that_there_is(self):
        result = self.noise("--benchmarks", 8, sd=0.004, pairs=24)
        self.assertEnds(result, 0)
        rows = json.loads(result.stdout)
        self.assertEqual([row["benchmark"] for row in rows], [f"BM_work/{i}" for i in range(8)])
        # Of the difference of two processes. One of 24 pairs, trimmed, scatters by a fifth.
        mean = sum(row["pair_sd"] for row in rows) / len(rows)
        self.assertAlmostEqual(mean / (0.004 * math.sqrt(2)), 1, delta=0.25)
        for row in rows:
            self.assertLess(abs(row["lag_1"]), 0.7)
            self.assertEqual(row["fault"], "")
            self.assertAlmostEqual(row["time_s"] / (1e-3 * (int(row["benchmark"][-1]) + 1)), 1,
                                   delta=0.03)

    def test_promises_less_where_there_is_more_noise(self):
        quiet = json.loads(self.noise(sd=0.0005).stdout)
        self.out = self.out / "loud"
        loud = json.loads(self.noise(sd=0.0015).stdout)
        for less, more in zip(quiet, loud):
            self.assertLess(less["detectable"], 0.02)
            self.assertLess(less["detectable"], more["detectable"])
            self.assertGreater(more["pair_sd_high"], 2 * more["pair_sd"])  # of 8 pairs
            self.assertLess(less["pairs_needed"], more["pairs_needed"])

    def test_a_single_slow_process_does_not_spoil_the_promise(self):
        """The gate leaves out an eighth of the pairs at each end, and so must its advice."""
        rows = json.loads(self.noise("--fault", "neighbour", "--at", 3, pairs=12).stdout)
        for row in rows:
            self.assertLess(row["pair_sd"], 0.002)
            self.assertLess(row["detectable"], 0.02)
            self.assertEqual(row["pairs"], 12)

    def test_says_what_a_gate_can_promise(self):
        # Processes so long that both times differ in whole seconds, however quick the machine is.
        result = self.noise("--pause", 0.1, form="table")
        self.assertEnds(result, 0)
        self.assertRegex(result.stdout.splitlines()[-1],
                         r"^Here the gate finds a slowdown of \d\.\d % in 8 of 8 benchmarks with a "
                         r"probability of 99 %, in [\d.]+ (s|min), and [\d.]+ (s|min) where all are "
                         r"suspect\.$")

    def test_says_what_it_cannot_promise(self):
        result = self.noise(sd=0.02, form="table")
        self.assertEnds(result, 0)
        self.assertIn("cannot promise to find a slowdown of 2 %", result.stdout)
        self.assertRegex(result.stdout, r"BM_work/0 (needs \d+ pairs in stage 2|is too noisy)")

    def test_refuses_what_it_cannot_promise(self):
        self.assertEnds(self.noise(sd=0.02, flags=["--require", "2%"]), 4)
        self.assertEnds(self.noise(sd=0.02, flags=["--require", "40%"]), 0)  # as measured already

    def test_refuses_what_no_gate_calls_a_regression(self):
        self.assertRefused(self.noise(flags=["--require", "0.5%"]), 2, "--require 0.5%", "1 %")

    def test_goes_on_and_tells_again(self):
        first = self.noise()
        again = self.noise()
        self.assertEqual(again.stdout, first.stdout)
        self.assertEqual(len(self.calls()), 16)
        self.assertRefused(self.noise(pairs=9), 2, "noise.json", "--restart")

    def test_of_a_program_that_fails_is_an_error(self):
        self.assertRefused(self.noise("--fault", "exit"), 5, "exit code 3", "no such device")

    def test_names_a_benchmark_without_a_figure(self):
        result = self.noise("--fault", "error")
        self.assertEnds(result, 5)
        rows = {row["benchmark"]: row for row in json.loads(result.stdout)}
        self.assertIn("bad mood", rows["BM_work/2"]["fault"])
        self.assertIsNone(rows["BM_work/2"]["pair_sd"])
        self.assertEqual(rows["BM_work/1"]["fault"], "")

    def test_has_four_forms(self):
        for form, beginning in (("table", "benchmark"), ("markdown", "| benchmark"),
                                ("csv", "benchmark,time_s,pair_sd"), ("json", "[\n")):
            self.assertTrue(self.noise(form=form).stdout.startswith(beginning), form)


if __name__ == "__main__":
    unittest.main()
