# SPDX-License-Identifier: Apache-2.0
# derate gate: each verdict and exit code, and which processes it runs.
import json
import os
import unittest

from cli import BENCH, BRIEF, FMA, derate
from gating import CONFIRMED, QUICK, SCREENED, GateTest, judgements


class Verdicts(GateTest):
    def test_a_slower_benchmark_is_a_regression(self):
        judged = self.judge("--slower", 1.03, code=1)
        self.assertOnly(judged, "regression", "fresh pairs", benchmark="BM_work/3")

    def test_a_faster_one_is_an_improvement(self):
        judged = self.judge("--slower", 0.97, code=0)
        self.assertOnly(judged, "improvement", benchmark="BM_work/3")

    def test_the_same_is_unchanged(self):
        judged = self.judge(code=0)
        self.assertEqual(len(judged), 8)
        self.assertEqual({verdict for verdict, _ in judged.values()}, {"unchanged"})

    def test_noise_is_inconclusive(self):
        judged = self.judge(code=4, sd=0.05)
        self.assertIn("inconclusive", {verdict for verdict, _ in judged.values()})

    def test_what_is_smaller_than_the_smallest_effect_is_none(self):
        judged = self.judge("--slower", 1.03, code=0,
                            flags=["--promise", "6%", "--smallest-effect", "0.05"])
        self.assertEqual({verdict for verdict, _ in judged.values()}, {"unchanged"})


class Processes(GateTest):
    def test_take_turns(self):
        self.judge(code=0)
        self.assertEqual([side for side, _ in self.calls()],
                         ["base", "candidate", "candidate", "base", "base", "candidate"])

    def test_run_in_a_random_order_that_is_recorded(self):
        plan = ["--pairs", 8, "--confirm-pairs", 4]
        result = self.gate(plan=plan)
        self.assertEnds(result, 0)
        seed = json.loads((self.out / "gate.json").read_text())["seed"]
        self.assertTrue(any(f"--seed {seed}" in note
                            for note in json.loads(result.stdout)["notes"]))
        # Of stage 1; by chance, since the order is, a benchmark may go on to stage 2.
        first = [side for side, _ in self.calls()][:16:2]
        self.assertEqual(sorted(first), ["base"] * 4 + ["candidate"] * 4)
        measured = len(self.calls())
        self.assertEnds(self.gate(plan=plan), 0)  # it goes on with the seed of its folder
        self.assertRefused(self.gate(plan=plan, flags=["--seed", seed + 1]), 2, "its seed is")
        self.out = self.out / "again"
        self.assertEnds(self.gate(plan=[*plan, "--seed", seed]), 0)
        self.assertEqual([side for side, _ in self.calls()][measured:measured + 16:2], first)
        self.assertRefused(self.gate(flags=["--seed", -1]), 2, "--seed")

    def test_of_stage_2_run_only_suspects(self):
        self.judge("--slower", 1.03, code=1)
        filters = [wanted for _, wanted in self.calls()]
        self.assertEqual(filters, ["."] * SCREENED + ["^BM_work/3$"] * CONFIRMED)

    def test_without_a_filter_run_everything_and_say_so(self):
        result = self.gate("--slower", 1.03, filter=False)
        self.assertEnds(result, 1)
        self.assertTrue(any("it has no {filter}" in note
                            for note in json.loads(result.stdout)["notes"]))
        self.assertEqual(len(self.calls()), SCREENED + CONFIRMED)

    def test_may_write_to_standard_output(self):
        judged = self.judge("--slower", 1.03, code=1, out=False)
        self.assertOnly(judged, "regression", benchmark="BM_work/3")

    def test_run_what_a_filter_selects(self):
        judged = self.judge(code=0, flags=["--filter", "work/[12]$"])
        self.assertEqual(list(judged), ["BM_work/1", "BM_work/2"])
        result = self.gate(filter=False, flags=["--filter", "x"])
        self.assertRefused(result, 2, "--filter", "{filter}")

    def test_do_not_see_flags_in_the_environment(self):
        script = 'test -z "$BENCHMARK_FILTER" && ' + self.command()
        result = derate("gate", "--base", script, "--candidate", script, "--out", self.out, *QUICK,
                        env=os.environ | {"BENCHMARK_FILTER": "x"})
        self.assertEnds(result, 0)


class Refusals(GateTest):
    def test_of_shares_that_are_none(self):
        for wrong in ("2", "0", "-1%", "x", "100%", "nan"):
            result = derate("gate", "--base", "a", "--candidate", "b", f"--promise={wrong}")
            self.assertRefused(result, 2, "--promise", wrong)
        result = derate("gate", "--base", "a", "--candidate", "b", "--smallest-effect", "2%")
        self.assertRefused(result, 2, "--smallest-effect", "--promise")

    def test_of_an_empty_command(self):
        self.assertRefused(derate("gate", "--base", " ", "--candidate", "b"), 2, "empty")


class RealProgram(GateTest):
    def test_is_measured_by_its_path_alone(self):
        """derate_bench itself, as one names it; nothing in the code can have changed."""
        result = derate("gate", "--base", BENCH, "--candidate", BENCH, "--filter", FMA,
                        "--out", self.out, "--pairs", 3, "--confirm-pairs", 3, "--time-limit", 40,
                        "--format", "json")
        self.assertIn(result.returncode, (0, 4), result.stderr)
        comparison = json.loads(result.stdout)
        self.assertTrue(any("same program" in note for note in comparison["notes"]))
        self.assertTrue(all(each["same_code"] for each in comparison["judgements"]))
        self.assertTrue((self.out / "gate" / "screen-02-candidate.json").exists())

    def test_is_not_the_same_where_a_script_chooses_it(self):
        """An interpreter is the same program on both sides; what it runs is not known."""
        shell = (f"/bin/sh -c \"exec {self.command(filter=False)} "
                 "$(test $DERATE_GATE_SIDE = base || echo --slower 1.03)\"")
        result = derate("gate", "--base", shell, "--candidate", shell, "--out", self.out, *QUICK,
                        "--format", "json")
        self.assertEnds(result, 1)
        self.assertEqual(judgements(result.stdout)["BM_work/3"][0], "regression")

    def test_is_measured_with_flags_of_its_own(self):
        command = " ".join([str(BENCH), "--derate_device=host", *BRIEF, "--derate_out={out}",
                            "--benchmark_filter={filter}"])
        result = derate("gate", "--base", command, "--candidate", command + " --derate_quiet",
                        "--filter", FMA, "--out", self.out, *QUICK, "--format", "json")
        self.assertIn(result.returncode, (0, 1, 4), result.stderr)  # so short, it may say anything
        self.assertIn("host/fma_chain/simd/f32", result.stdout)


if __name__ == "__main__":
    unittest.main()
