# SPDX-License-Identifier: Apache-2.0
# What can go wrong with the processes of a gate, and what makes two sides not comparable.
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from cli import DERATE, MeasuredTest, derate, runs, state_of, wait_until
from gating import QUICK, SCREENED, GateTest


class Faults(GateTest):
    def test_a_crash_is_measured_again(self):
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

    def test_without_a_device_it_ends_at_once(self):
        result = self.gate("--fault", "no-device")
        self.assertEnds(result, 77)
        self.assertIn("there is no GPU", result.stderr)
        self.assertEqual(len(self.calls("candidate")), 1)

    def test_a_process_that_hangs_is_ended(self):
        began = time.monotonic()
        judged = self.judge("--fault", "hang", code=5, flags=["--timeout", 0.7])
        self.assertLess(time.monotonic() - began, 20)
        self.assertIn("time limit of 0.7 s", judged["(every benchmark)"][1])

    def test_stops_and_goes_on_with_its_processes(self):
        # timeout leads a process group of its own.
        command = f"timeout 1000 sleep 1000 & echo $! > {self.state}/pid; wait # {{out}} {{filter}}"
        process = subprocess.Popen([DERATE, "gate", "--base", command, "--candidate", command,
                                    "--out", self.out], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, preexec_fn=lambda: os.setpgid(0, 0))
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        pid = self.state / "pid"
        wait_until(lambda: pid.exists() and pid.read_text().strip(), "a process of the gate")
        everyone = [process.pid, int(pid.read_text())]
        process.send_signal(signal.SIGTSTP)
        wait_until(lambda: all(state_of(each) == "T" for each in everyone), "a stop")
        process.send_signal(signal.SIGCONT)
        wait_until(lambda: not any(state_of(each) == "T" for each in everyone), "the end of it")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertFalse(list(filter(runs, everyone)))

    def test_what_a_process_leaves_running_is_ended(self):
        # timeout leads a process group of its own.
        leaves = (f"sleep 1000 & echo $! >> {self.state}/left; timeout 1000 sleep 1000 & "
                  f"echo $! >> {self.state}/left; {self.command()}")
        self.assertEnds(derate("gate", "--base", leaves, "--candidate", leaves, "--out", self.out,
                               *QUICK), 0)
        self.assertEqual(len((self.state / "left").read_text().split()), 2 * SCREENED)
        for pid in (self.state / "left").read_text().split():
            stat = pathlib.Path(f"/proc/{pid}/stat")
            self.assertFalse(stat.exists() and ") Z " not in stat.read_text())

    def test_output_that_is_no_file_or_endless(self):
        for command, word in ((f"mkfifo {{out}} # {{filter}}", "neither a file nor a folder"),
                              (f"head -c 300M /dev/zero > {{out}} # {{filter}}", "256 MiB")):
            self.setUp()
            result = derate("gate", "--base", self.command(), "--candidate", command, "--out",
                            self.out, *QUICK)
            self.assertEnds(result, 5)
            self.assertIn(word, result.stdout)
            self.assertFalse(list(self.out.rglob("*.part")))

    def test_a_limit_that_is_no_number_is_refused(self):
        for option in ("--timeout", "--time-limit"):
            for wrong in ("nan", "inf", "0", "-1", "x"):
                self.assertRefused(self.gate(flags=[option, wrong]), 2, option)

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
        result = self.gate("--fault", "new")
        self.assertEnds(result, 0)
        comparison = json.loads(result.stdout)
        self.assertEqual(len(comparison["judgements"]), 8)
        self.assertIn("BM_work/new is new in candidate", comparison["notes"])

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
        forced = self.gate("--fault", "debug", flags=["--force"])
        self.assertEnds(forced, 0)
        self.assertTrue(json.loads(forced.stdout)["forced"])


    def test_a_base_that_always_fails_is_said_to(self):
        judged = self.judge(base=["--fault", "exit after writing"], code=5)
        self.assertEqual({verdict for verdict, _ in judged.values()}, {"invalid"})
        self.assertIn("missing in base", judged["BM_work/0"][1])
        self.assertIn("exit code 1", judged["BM_work/0"][1])


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
        self.assertEqual([judged[self.name(judged, i)][0] for i in range(8)],
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
        hot = ["--slower", 1.03, "--throttled", "power_cap,thermal"]
        unknown = ["--set", "clocks_hz=[null, null, null]"]
        judged = self.judge_records(*hot, *unknown, base=unknown, code=4)
        self.assertOnly(judged, "environment", "thermal in candidate",
                        benchmark=self.name(judged, 3))
        # Where the clocks are known, 3 % more cycles are the code's.
        judged = self.judge_records(*hot, code=1, flags=["--restart"])
        self.assertOnly(judged, "regression", benchmark=self.name(judged, 3))

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


if __name__ == "__main__":
    unittest.main()
