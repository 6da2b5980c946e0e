# SPDX-License-Identifier: Apache-2.0
# derate gate on programs that claim to have measured: each verdict and exit code, and everything
# that can go wrong with a process.
import os
import pathlib
import time
import unittest

from cli import BENCH, BRIEF, FMA, MeasuredTest, derate
from gating import CONFIRMED, QUICK, SCREENED, GateTest


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

    def test_of_stage_2_run_only_suspects(self):
        self.judge("--slower", 1.03, code=1)
        filters = [wanted for _, wanted in self.calls()]
        self.assertEqual(filters, ["."] * SCREENED + ["^BM_work/3$"] * CONFIRMED)

    def test_without_a_filter_run_everything_and_say_so(self):
        result = self.gate("--slower", 1.03, filter=False)
        self.assertEnds(result, 1)
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


class Faults(GateTest):
    def test_a_crash_is_measured_anew(self):
        result = self.gate("--fault", "crash", "--at", 1)
        self.assertEnds(result, 0)
        self.assertIn("signal 11", result.stderr)
        self.assertIn("about to fall over", result.stderr)
        # The pair of the crash again: candidate stood first in it.
        self.assertEqual(len(self.calls()), SCREENED + 1)

    def test_crashing_twice_is_invalid(self):
        for fault, word in (("crash", "signal 11"), ("exit", "exit code 3"),
                            ("nothing", "wrote nothing"), ("garbage", "cannot be read")):
            with self.subTest(fault):
                self.setUp()
                judged = self.judge("--fault", fault, code=5)
                self.assertEqual(list(judged), ["(every benchmark)"])
                verdict, reason = judged["(every benchmark)"]
                self.assertEqual(verdict, "invalid")
                self.assertIn(word, reason)
                self.assertIn(f"--fault {fault}", reason)  # the command
                self.assertEqual(len(self.calls("candidate")), 2)
        self.assertIn("no such device", self.judge("--fault", "exit", code=5, flags=["--restart"])
                      ["(every benchmark)"][1])

    def test_a_process_that_hangs_is_ended(self):
        began = time.monotonic()
        judged = self.judge("--fault", "hang", code=5, flags=["--timeout", 0.7])
        self.assertLess(time.monotonic() - began, 20)
        self.assertIn("time limit of 0.7 s", judged["(every benchmark)"][1])

    def test_what_a_process_leaves_running_is_ended(self):
        leaves = f"sleep 1000 & echo $! >> {self.state}/left; {self.command()}"
        self.assertEnds(derate("gate", "--base", leaves, "--candidate", leaves, "--out", self.out,
                               *QUICK), 0)
        for pid in (self.state / "left").read_text().split():
            stat = pathlib.Path(f"/proc/{pid}/stat")
            self.assertFalse(stat.exists() and ") Z " not in stat.read_text())

    def test_no_number_is_invalid(self):
        self.assertOnly(self.judge("--fault", "nan", "--at", 2, code=5), "invalid", "real_time",
                        "stage 1, pair 3")

    def test_an_error_is_invalid(self):
        self.assertOnly(self.judge("--fault", "error", code=5), "invalid", "bad mood", "candidate")

    def test_a_missing_benchmark_is_invalid(self):
        self.assertOnly(self.judge("--fault", "missing", code=5), "invalid",
                        "missing in candidate")

    def test_one_missing_now_and_then_is_invalid(self):
        self.assertOnly(self.judge("--fault", "missing", "--at", 2, code=5), "invalid",
                        "missing in 1 of 3 processes of candidate")

    def test_a_renamed_one_is_missing_and_the_new_one_is_no_fault(self):
        judged = self.judge("--fault", "renamed", code=5)
        self.assertOnly(judged, "invalid", "missing in candidate")
        self.assertNotIn("BM_labour/2", judged)
        self.setUp()
        self.assertEqual(len(self.judge("--fault", "new", code=0)), 8)

    def test_another_unit_or_amount_is_not_comparable(self):
        self.assertOnly(self.judge("--fault", "unit", code=3), "not comparable",
                        "item in base", "B in candidate")
        self.setUp()
        self.assertOnly(self.judge("--fault", "amount", code=3), "not comparable", "1000 item")
        self.assertEnds(self.gate("--fault", "amount", flags=["--force"]), 0)

    def test_a_debug_build_is_not_comparable(self):
        judged = self.judge("--fault", "debug", code=3)
        self.assertEqual({verdict for verdict, _ in judged.values()}, {"not comparable"})
        self.assertIn("library_build_type", judged["BM_work/0"][1])
        self.assertEnds(self.gate("--fault", "debug", flags=["--force"]), 0)


class Records(GateTest, MeasuredTest):
    def judge_records(self, *candidate, base=(), **options):
        pattern = ["--records", self.records]
        return self.judge(*pattern, *candidate, base=[*pattern, *base], **options)

    def name(self, judged, i):
        return next(name for name in judged if f"/work{i}/" in name)

    def test_show_a_regression(self):
        judged = self.judge_records("--slower", 1.03, code=1)
        self.assertOnly(judged, "regression", benchmark=self.name(judged, 3))
        self.assertTrue(all(wanted == "." or wanted.startswith("^host/work3/")
                            for _, wanted in self.calls()))

    def test_of_a_wrong_result_are_invalid_and_the_others_are_taken(self):
        judged = self.judge_records("--fault", "incorrect", code=5)
        self.assertOnly(judged, "invalid", "incorrect in candidate", "c[7] is 1, not 2",
                        benchmark=self.name(judged, 2))
        self.assertEqual(len(self.calls()), SCREENED)  # exit code 1 says no more than that

    def test_of_a_process_that_crashed_are_taken_as_far_as_they_go(self):
        judged = self.judge_records("--fault", "cut", code=5)
        self.assertEqual([verdict for verdict, _ in judged.values()],
                         ["unchanged"] * 5 + ["invalid"] * 3)
        self.assertIn("signal 6", judged[self.name(judged, 7)][1])

    def test_of_another_driver_are_not_comparable(self):
        driver = ["--set", 'driver_version="100"']
        other = ["--set", 'driver_version="200"']
        judged = self.judge_records(*other, base=driver, code=3)
        self.assertEqual({verdict for verdict, _ in judged.values()}, {"not comparable"})
        self.assertIn("driver_version is 100 in base and 200 in candidate",
                      judged[self.name(judged, 0)][1])
        self.judge_records(*other, base=driver, code=0, flags=["--force"])

    def test_of_a_driver_that_changed_meanwhile_say_so(self):
        driver = ["--set", 'driver_version="100"']
        judged = self.judge_records(*driver, "--fault", "driver", "--at", 2, base=driver, code=4)
        self.assertEqual({verdict for verdict, _ in judged.values()}, {"environment"})
        self.assertIn("driver_version of candidate changed from 100 to 999",
                      judged[self.name(judged, 0)][1])

    def test_of_a_program_that_was_rebuilt_meanwhile_are_invalid(self):
        judged = self.judge_records("--fault", "rebuilt", "--at", 1, code=5)
        self.assertEqual({verdict for verdict, _ in judged.values()}, {"invalid"})
        self.assertIn("program_id of candidate changed", judged[self.name(judged, 0)][1])

    def test_of_one_hot_side_are_of_the_environment(self):
        judged = self.judge_records("--slower", 1.03, "--throttled", "power_cap,thermal", code=4)
        self.assertOnly(judged, "environment", "thermal in candidate",
                        benchmark=self.name(judged, 3))

    def test_of_two_hot_sides_are_judged(self):
        judged = self.judge_records("--slower", 1.03, "--throttled", "thermal",
                                    base=["--throttled", "thermal"], code=1)
        self.assertOnly(judged, "regression", benchmark=self.name(judged, 3))

    def test_of_the_same_machine_code_are_no_regression(self):
        code = ["--set", 'code_hash="abc"']
        judged = self.judge_records("--slower", 1.03, *code, base=code, code=4)
        self.assertOnly(judged, "environment", "same machine code",
                        benchmark=self.name(judged, 3))
        judged = self.judge_records("--slower", 1.03, "--set", 'code_hash="def"', base=code, code=1,
                                    flags=["--restart"])
        self.assertOnly(judged, "regression", benchmark=self.name(judged, 3))

    def test_of_another_size_are_not_comparable(self):
        judged = self.judge_records("--set", 'problem="n:5"', code=3)
        self.assertIn("another size, n:5", next(iter(judged.values()))[1])


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
        env = os.environ | {"DERATE_TEST": "1"}
        result = derate("gate", "--base", BENCH, "--candidate", BENCH, "--filter", "fma_chain",
                        "--out", self.out, "--pairs", 3, "--confirm-pairs", 3, "--time-limit", 40,
                        env=env)
        self.assertIn(result.returncode, (0, 4), result.stderr)
        self.assertTrue((self.out / "gate" / "screen-02-candidate.json").exists())

    def test_is_measured_with_flags_of_its_own(self):
        command = " ".join([str(BENCH), "--derate_device=host", *BRIEF, "--derate_out={out}",
                            "--benchmark_filter={filter}"])
        result = derate("gate", "--base", command, "--candidate", command + " --derate_quiet",
                        "--filter", FMA, "--out", self.out, *QUICK)
        self.assertIn(result.returncode, (0, 1, 4), result.stderr)  # so short, it may say anything
        self.assertIn("host/fma_chain/simd/f32", result.stdout)


if __name__ == "__main__":
    unittest.main()
