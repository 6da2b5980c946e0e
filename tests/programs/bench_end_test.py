# SPDX-License-Identifier: Apache-2.0
# Measuring programs that end without a record, and flags that keep derate_bench from measuring.
import os
import shutil
import unittest

from cli import BRIEF, FAULTY, HEALTHY, CliTest, derate, derate_run, read_lines


class BenchEnd(CliTest):
    def script(self, *lines):
        path = self.folder() / "bench"
        path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
        path.chmod(0o755)
        return path

    def test_without_a_record_is_told(self):
        for program, code in [(shutil.which("true"), 0), (shutil.which("false"), 1),
                              (self.script("exit 42"), 42)]:
            with self.subTest(program):
                out = self.folder() / "new" / "out"
                result = derate_run(out, bench=program)
                self.assertEnds(result, 1)
                self.assertIn(f"derate: {program} ended with code {code} and recorded nothing\n",
                              result.stderr)
                self.assertFalse(out.parent.exists())

    def test_program_that_cannot_be_started_leaves_no_folder(self):
        out = self.folder() / "new" / "out"
        result = derate_run(out, bench="/no/such/program")
        self.assertEnds(result, 2)
        self.assertIn("derate: cannot start /no/such/program: ", result.stderr)
        self.assertFalse(out.parent.exists())

    def test_of_a_code_that_is_not_ours_is_1(self):
        bench = self.script(f'"{FAULTY}" "$@"', "exit 42")
        result = derate_run(self.folder() / "out", bench=bench)
        self.assertEnds(result, 1)
        self.assertIn(f"derate: {bench} ended with code 42\n", result.stderr)

    def test_flags_that_keep_it_from_measuring_are_refused(self):
        for flag, instead in [("--derate_out=x", "--out"), ("--derate_part=1/2", "--rounds"),
                              ("--derate_device=host", "--device"), ("--derate_parent=1", "sets"),
                              ("--benchmark_list_tests", "derate_bench --benchmark_list_tests"),
                              ("--benchmark_list_tests=true", "derate_bench"),
                              ("--help", "derate_bench --help")]:
            with self.subTest(flag):
                out = self.folder() / "out"
                result = derate_run(out, bench_flags=[flag])
                self.assertRefused(result, 2, flag.split("=")[0], instead)
                self.assertFalse(out.exists())

    def test_environment_of_google_benchmark_is_not_passed_on(self):
        out = self.folder() / "out"
        result = derate("run", "--bench", FAULTY, "--device=host", "--rounds=1",
                        f"--filter={HEALTHY}", "--out", out, "--", *BRIEF,
                        env=os.environ | {"BENCHMARK_LIST_TESTS": "true"})
        self.assertEnds(result, 0)
        self.assertEqual(len(read_lines(out / "records.jsonl")), 1)


if __name__ == "__main__":
    unittest.main()
