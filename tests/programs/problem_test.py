# SPDX-License-Identifier: Apache-2.0
# A size that the user names: every gemm and nothing else is measured in it, and a size that is none,
# or too large, is refused in a sentence that says what is wrong with it.
import unittest

from cli import BENCH, CliTest, bench, derate, derate_run, read_lines, run

SMALL = "m:67,n:45,k:131"


class NamedSize(CliTest):
    def test_is_measured_in_every_gemm_and_nothing_else(self):
        listed = run(BENCH, "--derate_device=host", "--benchmark_list_tests",
                     f"--derate_problem={SMALL}").stdout.splitlines()
        self.assertEqual(len(listed), 3)
        for name in listed:
            self.assertRegex(name, "^host/gemm/(openblas|tiled)/f(32|64)/m:67/n:45/k:131/")

    def test_is_checked_and_recorded(self):
        out = self.folder() / "records.jsonl"
        for text in (SMALL, "k:131/m:67/n:45"):  # in any order, and as a record has it
            with self.subTest(text):
                out.unlink(missing_ok=True)
                self.assertEnds(bench(f"--derate_problem={text}", "--benchmark_filter=tiled/f32",
                                      f"--derate_out={out}"), 0)
                [record] = read_lines(out)
                self.assertEqual(record["problem"], "m:67/n:45/k:131")
                self.assertEqual(record["flops"], 2 * 67 * 45 * 131)
                self.assertTrue(record["samples_s"])

    def test_by_derate_run(self):
        out = self.folder() / "out"
        self.assertEnds(derate_run(out, "--problem", SMALL, bench=BENCH, filter="tiled"), 0)
        [record] = read_lines(out / "records.jsonl")
        self.assertEqual(record["problem"], "m:67/n:45/k:131")

    def test_that_is_none_is_refused_by_the_name_of_the_extent(self):
        longest = 2**31 - 1
        for text, said in {
                "m:0,n:4,k:4": f'm needs a whole number from 1 to {longest}, not "0"',
                "m:4,n:-4,k:4": f'n needs a whole number from 1 to {longest}, not "-4"',
                "m:4,n:4,k:4.5": f'k needs a whole number from 1 to {longest}, not "4.5"',
                "m:4,n:4,k:": f'k needs a whole number from 1 to {longest}, not ""',
                f"m:4,n:{2**31},k:4": f'n needs a whole number from 1 to {longest}, not "{2**31}"',
                f"m:{10**30},n:4,k:4": f'm needs a whole number from 1 to {longest}, not "{10**30}"',
                "m:4,n:4": "k is missing", "k:4": "m is missing",
                "m:4,n:4,k:4,m:5": "m is given twice",
                "m:4,n:4,q:4": '"q" is no extent of a matrix product; these are m, n and k',
                "4096": 'needs extents such as m:4096,n:11008,k:4096, not "4096"'}.items():
            with self.subTest(text):
                self.assertRefused(bench(f"--derate_problem={text}"), 2, said,
                                   program="derate_bench")

    def test_of_derate_run_is_refused_by_its_own_name(self):
        self.assertRefused(derate("run", "--device=host", "--problem", "4096"), 2, "--problem: ", '"4096"')

    def test_that_no_workload_takes(self):
        self.assertRefused(bench(f"--derate_problem={SMALL}", "--benchmark_filter=fma"), 2,
                           program="derate_bench")

    def test_excludes_a_suite(self):
        self.assertRefused(derate("run", "--problem", SMALL, "--suite", "full"), 2, "--suite")
        self.assertRefused(bench(f"--derate_problem={SMALL}", "--derate_suite=full"), 2,
                           "--derate_suite", program="derate_bench")

    def test_beyond_2_to_the_31_elements_gets_a_row_that_says_so(self):
        out = self.folder() / "records.jsonl"
        for text, matrix in {"m:65536,n:1,k:32768": "A would have 65536 x 32768 elements",
                             "m:1,n:65536,k:65536": "B would have 65536 x 65536 elements",
                             "m:46341,n:46341,k:1": "C would have 46341 x 46341 elements",
                             "m:1,n:1,k:2147483647": "A would have 1 x 2147483647 elements"}.items():
            with self.subTest(text):
                out.unlink(missing_ok=True)
                self.assertEnds(bench(f"--derate_problem={text}", f"--derate_out={out}"), 0)
                for record in read_lines(out):
                    self.assertEqual(record["outcome"], "unsupported")
                    self.assertTrue(record["message"].startswith(matrix), record["message"])


if __name__ == "__main__":
    unittest.main()
