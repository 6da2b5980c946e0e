# SPDX-License-Identifier: Apache-2.0
# Libraries that crash, end the process or hang (lying_library.cpp): each costs its row, and no more.
import os
import pathlib
import signal
import subprocess
import time
import unittest

from cli import (BENCH, BRIEF, DERATE, FAULTY, HEALTHY, CliTest, derate, measuring, read_lines, run,
                 runs, state_of, wait_until)

LYING = pathlib.Path(os.environ["DERATE_LYING"])
# Three rows: the library in both precisions, and own code.
SMALL = ["--derate_problem=m:16,n:16,k:16", "--derate_cache=hot", *BRIEF]
ROWS = [("openblas", "f32"), ("openblas", "f64"), ("tiled", "f32")]
CRASH = "signal 11 (Segmentation fault) ended its process"
EXIT = "its process ended with code 0"
# Where a row has little time, an honest one might need more on a busy machine.
ONLY_HUNG = "--benchmark_filter=openblas"


class LyingTest(CliTest):
    def setUp(self):
        self.folder_ = self.folder()
        self.records = self.folder_ / "records.jsonl"
        self.hung = self.folder_ / "hung"

    def environment(self, lie, library="openblasp"):
        return os.environ | {"LD_LIBRARY_PATH": str(LYING / f"lying_{library}"),
                             "DERATE_TEST_LIE": lie, "DERATE_TEST_HUNG": str(self.hung)}

    def measure(self, lie, *flags, out=True):
        out = [f"--derate_out={self.records}"] if out else []
        return run(BENCH, "--derate_device=host", *SMALL, *out, *flags,
                   env=self.environment(lie))

    def assertRows(self, rounds, message, path=None, rows=ROWS):
        """The library's rows have failed with the message, and the other one was measured."""
        records = read_lines(path or self.records)
        self.assertEqual(sorted((each["variant"], each["precision"]) for each in records),
                         sorted(rows * rounds))
        self.assertEqual(len({each["run"] for each in records}), 1)
        for each in records:
            if each["variant"] == "openblas":
                self.assertEqual((each["outcome"], each["message"]), ("failed", message))
            else:
                self.assertTrue(each["samples_s"])


class Ends(LyingTest):
    def test_cost_their_row_only(self):
        for lie, message in [("crash", CRASH), ("exit", EXIT)]:
            for flags in [[], ["--benchmark_enable_random_interleaving=true"]]:
                with self.subTest(lie, flags=flags):
                    self.records.unlink(missing_ok=True)
                    result = self.measure(lie, "--benchmark_repetitions=2", *flags)
                    self.assertEnds(result, 1)
                    self.assertRows(2, message)
                    self.assertEqual(result.stderr.count(
                        f"/m:16/n:16/k:16: {message}; continuing in a new process\n"), 4)

    def test_are_in_the_report_of_a_run(self):
        out = self.folder_ / "out"
        result = derate("run", "--bench", BENCH, "--device=host", "--rounds=1", "--out", out,
                        "--problem=m:16,n:16,k:16", "--", *SMALL[1:],
                        env=self.environment("exit"))
        self.assertEnds(result, 1)
        self.assertRows(1, EXIT, out / "records.jsonl")
        self.assertRegex(result.stdout, f"failed: gemm .*openblas f32 m:16/n:16/k:16: {EXIT}")

    def test_side_by_side_cost_the_pair(self):
        result = self.measure("crash", "--derate_side_by_side", "--derate_data=uniform")
        self.assertEnds(result, 1)
        records = read_lines(self.records)
        self.assertEqual(sorted(each["variant"] for each in records), ["openblas", "tiled"])
        self.assertEqual({each["message"] for each in records}, {CRASH})
        self.assertEqual(len({each["side_by_side"] for each in records}), 1)

    def test_without_a_records_file_leave_rows_that_are_named(self):
        for lie in ["crash", "exit"]:
            with self.subTest(lie):
                result = self.measure(lie, "--benchmark_repetitions=2", out=False)
                self.assertEnds(result, 1)
                names = [f"host/gemm/{variant}/{precision}/m:16/n:16/k:16 (2 rounds)"
                         for variant, precision in ROWS]
                self.assertIn("derate_bench: announced, but not recorded: " + ", ".join(names),
                              result.stderr)

    def test_null_answers_are_no_answers(self):
        self.measure("null")
        [library] = {each["library"] for each in read_lines(self.records)
                     if each["variant"] == "openblas"}
        self.assertRegex(library, r"^OpenBLAS( \(forced by OPENBLAS_CORETYPE\))?$")  # as the machine has it set
        self.assertNotIn("failed", [each["outcome"] for each in read_lines(self.records)])


class Hangs(LyingTest):
    def start(self, *command, **options):
        """A program that is in the middle of a row that hangs, and its measuring processes."""
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True,
                                   env=self.environment("hang"), **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        wait_until(self.hung.exists, "a hung row")
        return process, measuring(self.records)

    def bench(self, *flags, **options):
        return self.start(BENCH, "--derate_device=host", *SMALL, f"--derate_out={self.records}",
                          *flags, **options)

    def run_(self, *flags, **options):
        """The same by derate run."""
        self.records = self.folder_ / "out" / "records.jsonl"
        return self.start(DERATE, "run", "--bench", BENCH, "--device=host", "--rounds=1", "--out",
                          self.records.parent, "--problem=m:16,n:16,k:16", *flags, "--", *SMALL[1:],
                          **options)

    def test_longer_than_the_limit_cost_their_row_only(self):
        self.assertEnds(self.measure("hang", "--derate_row_limit=0.3", ONLY_HUNG), 1)
        self.assertRows(1, "took longer than 0.3 s", rows=ROWS[:2])

    def test_are_ended_by_the_first_signal(self):
        for start in [self.bench, self.run_]:
            with self.subTest(start.__name__):
                self.hung.unlink(missing_ok=True)
                process, all_measuring = start()
                began = time.monotonic()
                process.send_signal(signal.SIGINT)
                _, stderr = process.communicate(timeout=60)
                self.assertEqual(process.returncode, 130, stderr)
                self.assertLess(time.monotonic() - began, 20)  # it takes 1.5 s on an idle machine
                self.assertTrue(all_measuring)
                self.assertFalse(list(filter(runs, all_measuring)))

    def test_do_not_outlive_who_started_them(self):
        for start in [self.bench, self.run_]:
            with self.subTest(start.__name__):
                self.hung.unlink(missing_ok=True)
                process, all_measuring = start()
                process.kill()
                wait_until(lambda: not any(map(runs, all_measuring)), "the end of the bench")

    def test_stop_and_go_on_with_the_program(self):
        limit_s = 2
        # A process group of its own, as a shell makes it.
        process, all_measuring = self.run_("--row-limit", limit_s, "--filter=openblas",
                                           preexec_fn=lambda: os.setpgid(0, 0))
        everyone = [process.pid, *all_measuring]
        self.assertEqual(len(everyone), 3)
        os.killpg(process.pid, signal.SIGTSTP)
        wait_until(lambda: all(state_of(pid) == "T" for pid in everyone), "that all have stopped")
        time.sleep(limit_s + 0.5)
        continued = time.monotonic()
        os.killpg(process.pid, signal.SIGCONT)
        _, stderr = process.communicate(timeout=60)
        # Both rows have all of their time after the stop.
        self.assertGreater(time.monotonic() - continued, 2 * limit_s)
        self.assertEqual(process.returncode, 1, stderr)
        self.assertRows(1, f"took longer than {limit_s} s", rows=ROWS[:2])

    def test_refuse_a_limit_that_is_none(self):
        for limit in ["0", "-1", "soon", "1e9"]:
            self.assertRefused(run(BENCH, f"--derate_row_limit={limit}"), 2, "--derate_row_limit",
                               program="derate_bench")
            self.assertRefused(derate("run", f"--row-limit={limit}"), 2, "--row-limit")


class Loading(LyingTest):
    LIES = [("load-crash", "ended the process that tried it by signal 11 (Segmentation fault)"),
            ("load-exit", "ended the process that tried it with code 0"),
            ("load-hang", "did not answer within 0.5 s (DERATE_TRIAL_LIMIT allows it more)")]

    def environment(self, lie, library="openblasp"):
        environment = super().environment(lie, library)
        return environment | ({"DERATE_TRIAL_LIMIT": "0.5"} if lie == "load-hang" else {})

    def test_a_driver_leaves_the_host(self):
        if os.environ["DERATE_WITH_CUDA"] != "1":
            self.skipTest("this build asks no driver")
        for lie, words in self.LIES:
            with self.subTest(lie):
                options = {"env": self.environment(lie, "cuda")}
                sentence = f"no cuda device: libcuda.so.1 {words}\n"
                listed = derate("devices", **options)
                self.assertEnds(listed, 0)
                self.assertIn("\nhost ", listed.stdout)
                self.assertIn("derate: " + sentence, listed.stderr)
                alone = run(FAULTY, *BRIEF, f"--benchmark_filter={HEALTHY}", **options)
                self.assertEnds(alone, 0)
                self.assertIn("derate_bench: " + sentence, alone.stderr)
                out = self.folder() / "out"
                measured = derate("run", "--bench", FAULTY, "--rounds=1", "--filter", HEALTHY,
                                  "--out", out, "--", *BRIEF, **options)
                self.assertEnds(measured, 0)
                self.assertIn("derate: " + sentence, measured.stderr)
                self.assertEqual(len(read_lines(out / "records.jsonl")), 1)

    def test_costs_the_rows_of_the_library(self):
        for lie, words in self.LIES:
            with self.subTest(lie):
                self.records.unlink(missing_ok=True)
                result = self.measure(lie)
                self.assertEnds(result, 1)
                self.assertRows(1, f"OpenBLAS cannot be loaded: libopenblasp.so.0 {words}")
                self.assertNotIn("new process", result.stderr)

    def test_refuses_a_limit_that_is_none(self):
        if os.environ["DERATE_WITH_CUDA"] != "1":
            self.skipTest("this build asks no driver")
        for limit in ["0", "-1", "nan", "soon"]:
            result = derate("devices", env=os.environ | {"DERATE_TRIAL_LIMIT": limit})
            self.assertRefused(result, 2, "DERATE_TRIAL_LIMIT")


if __name__ == "__main__":
    unittest.main()
