# SPDX-License-Identifier: Apache-2.0
# Workloads that go wrong (faulty_bench.cpp): each is recorded as what it is, and the others go on.
import collections
import json
import shutil
import unittest

from cli import BRIEF, FAULTY, CliTest, derate, devices, has_gpu, read_lines, run

# Everything but what takes long or changes from round to round.
ALL = "--benchmark_filter=-slow|tunable|incorrect_(first|third)"
WORDS = {"a_healthy": None, "z_healthy": None, "suspect": None,
         "bad_alloc": ("failed", "out of host memory"),
         "exception": ("failed", "the library is in a bad mood"),
         "incorrect": ("incorrect", "wrong result before timing: c[7] is 1, not 2"),
         "incorrect_later": ("incorrect", "wrong result after timing: c[7] is 1, not 2"),
         "lost": ("failed", "an illegal memory access"),
         "out_of_memory": ("failed", "out of memory: 99 TB wanted"),
         "unsupported": ("unsupported", "needs tentacles")}


class Faulty(CliTest):
    def setUp(self):
        self.out = self.folder() / "records.jsonl"

    def measure(self, *flags):
        return run(FAULTY, "--derate_device=host", *BRIEF, f"--derate_out={self.out}", *flags)

    def assertRounds(self, rounds, names):
        counted = collections.Counter(record["variant"] for record in read_lines(self.out))
        self.assertEqual(counted, {name: rounds for name in names})

    def test_every_row_is_recorded_once_per_round_with_its_outcome(self):
        for flags in [[], ["--benchmark_enable_random_interleaving=true"]]:
            with self.subTest(flags):
                self.out.unlink(missing_ok=True)
                result = self.measure(ALL,
                                      "--benchmark_repetitions=2", *flags)
                self.assertEnds(result, 1)
                self.assertRounds(2, WORDS)
                records = read_lines(self.out)
                self.assertEqual(len({record["run"] for record in records}), 1)
                for record in records:
                    if WORDS[record["variant"]] is None:
                        self.assertTrue(record["samples_s"])
                        continue
                    self.assertEqual((record["outcome"], record["message"]),
                                     WORDS[record["variant"]])
                    self.assertEqual(record["samples_s"], [])  # a wrong result is never timed

    def test_a_lost_device_is_left_for_a_fresh_process(self):
        result = self.measure("--benchmark_filter=lost|healthy", "--benchmark_repetitions=3")
        self.assertEnds(result, 1)
        self.assertEqual(result.stderr.count("the device was lost; continuing in a new process"), 3)
        self.assertRounds(3, ["a_healthy", "lost", "z_healthy"])

    def test_the_absence_of_a_gpu_is_said_once(self):
        result = run(FAULTY, "--derate_device=all", *BRIEF, f"--derate_out={self.out}",
                     "--benchmark_filter=lost|healthy", "--benchmark_repetitions=2")
        self.assertEqual(result.stderr.count("continuing in a new process"), 2)
        self.assertEqual(result.stderr.count("no cuda device: "), 0 if has_gpu() else 1)

    def test_a_lost_device_without_a_records_file_fails_the_rest(self):
        result = run(FAULTY, "--derate_device=host", *BRIEF, "--benchmark_filter=lost|z_healthy")
        self.assertEnds(result, 1)
        self.assertIn("the device was lost to an earlier failure", result.stdout)

    def test_claims_above_the_peak_are_suspect(self):
        [host] = [device for device in devices() if device["device"] == "host"]
        if host["peak_f32"] is None:
            self.skipTest("the peak of this CPU is not known, so nothing is above it")
        self.assertEnds(self.measure("--benchmark_filter=suspect"), 1)
        [record] = read_lines(self.out)
        self.assertEqual(record["outcome"], "suspect")
        report = derate("report", self.out)
        self.assertEnds(report, 1)
        self.assertIn("suspect: faulty suspect", report.stdout)
        self.assertRefused(derate("calibrate", self.out), 5)

    def test_unsupported_alone_is_no_failure(self):
        self.assertEnds(self.measure("--benchmark_filter=unsupported"), 0)
        self.assertEnds(derate("report", self.out), 0)

    def test_one_failed_round_among_good_ones(self):
        """On such, Google Benchmark's statistics crash or abort."""
        for variant, bad in [("incorrect_first", 0), ("incorrect_third", 2)]:
            with self.subTest(variant):
                self.out.unlink(missing_ok=True)
                result = self.measure(f"--benchmark_filter={variant}", "--benchmark_repetitions=4",
                                      "--benchmark_format=json")
                self.assertEnds(result, 1)
                self.assertEqual([i for i, record in enumerate(read_lines(self.out))
                                  if record["outcome"] == "incorrect"], [bad])
                self.assertTrue(json.loads(result.stdout)["benchmarks"])
                self.assertEnds(derate("report", self.out), 1)

    def test_run_reports_all_and_calibrates_what_is_right(self):
        out = self.out.parent / "out"
        result = derate("run", "--bench", FAULTY, "--device=host", "--rounds=1", "--filter=-slow",
                        "--out", out, "--", *BRIEF)
        self.assertEnds(result, 1)
        for variant, what in WORDS.items():
            self.assertIn(f" {variant} ", result.stdout)
            if what is not None:
                self.assertIn(": ".join([what[0], f"faulty {variant} f32 n:1", what[1]]),
                              result.stdout)
        factors = json.loads((out / "calibration.json").read_text())["factors"]
        right = {factor["variant"] for factor in factors}
        self.assertLessEqual({"a_healthy", "z_healthy"}, right)
        self.assertFalse(right & {name for name, what in WORDS.items() if what})

    def test_run_in_which_nothing_is_right_has_no_calibration(self):
        out = self.out.parent / "out"
        result = derate("run", "--bench", FAULTY, "--device=host", "--rounds=1",
                        "--filter=incorrect/", "--out", out, "--", *BRIEF)
        self.assertEnds(result, 1)
        self.assertIn("derate: no calibration: ", result.stderr)
        self.assertEqual(sorted(path.name for path in out.iterdir()),
                         ["records.jsonl", "report.html", "report.md"])

    def test_a_measuring_program_that_dies_fails_the_run(self):
        false = shutil.which("false")
        result = derate("run", "--bench", false, "--device=host", "--out", self.out.parent / "out")
        self.assertEnds(result, 1)
        self.assertFalse((self.out.parent / "out").exists())


if __name__ == "__main__":
    unittest.main()
