# SPDX-License-Identifier: Apache-2.0
# Libraries that crash or end the process (lying_library.cpp): each costs its row, and no more.
import os
import pathlib
import unittest

from cli import BENCH, BRIEF, CliTest, derate, read_lines, run

LYING = pathlib.Path(os.environ["DERATE_LYING"])
# Three rows: the library in both precisions, and own code.
SMALL = ["--derate_problem=m:16,n:16,k:16", "--derate_cache=hot", *BRIEF]
ROWS = [("openblas", "f32"), ("openblas", "f64"), ("tiled", "f32")]
CRASH = "signal 11 (Segmentation fault) ended its process"
EXIT = "its process ended with code 0"


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

    def assertRows(self, rounds, message, path=None):
        """The library's rows have failed with the message, and the other one was measured."""
        records = read_lines(path or self.records)
        self.assertEqual(sorted((each["variant"], each["precision"]) for each in records),
                         sorted(ROWS * rounds))
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
        self.assertRegex(result.stdout, f"failed: gemm openblas f32 m:16/n:16/k:16.*: {EXIT}")

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
        self.assertEqual(library, "OpenBLAS")
        self.assertNotIn("failed", [each["outcome"] for each in read_lines(self.records)])


if __name__ == "__main__":
    unittest.main()
