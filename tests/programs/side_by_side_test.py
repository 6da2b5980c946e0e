# SPDX-License-Identifier: Apache-2.0
# Own code beside a library: who is measured with whom, what is recorded and reported, and what
# happens where there is no library.
import json
import os
import unittest

from cli import BENCH, BRIEF, FAULTY, CliTest, bench, derate, derate_run, read_lines, run

PAIR = "gemm/.*/f32/m:512"
LIBRARIES = ["libopenblasp.so.0", "libopenblas.so.0"]


class SideBySide(CliTest):
    def measure(self, *arguments, **options):
        records = self.folder() / "records.jsonl"
        result = bench("--derate_side_by_side", f"--derate_out={records}", *arguments, **options)
        return result, read_lines(records) if records.exists() else []

    def without_library(self):
        """The environment of a machine whose OpenBLAS cannot be loaded."""
        folder = self.folder()
        for name in LIBRARIES:
            (folder / name).write_bytes(b"no library" * 100)
        return {**os.environ, "LD_LIBRARY_PATH": str(folder)}

    def require_library(self, records):
        if any(r["provider"] == "openblas" and not r["samples_s"] for r in records):
            self.skipTest("OpenBLAS is not installed here")

    def test_measures_both_on_both_kinds_of_data(self):
        # Nobody is to run out of time before the others have enough.
        result, records = self.measure(f"--benchmark_filter={PAIR}", "--derate_time_limit=20",
                                       "--derate_min_samples=6", "--derate_half_width=1")
        self.require_library(records)
        self.assertEnds(result, 0)
        self.assertEqual(sorted((r["variant"], r["data"]) for r in records),
                         [("openblas", "uniform"), ("openblas", "zeros"),
                          ("tiled", "uniform"), ("tiled", "zeros")])
        for data in ["uniform", "zeros"]:
            a, b = [r for r in records if r["data"] == data]
            self.assertRegex(a["side_by_side"], r"^\d{4}-\d\d-\d\dT.*Z$")
            self.assertEqual(a["side_by_side"], b["side_by_side"])
            self.assertEqual(len(a["samples_s"]), len(b["samples_s"]), "in turns")
        self.assertEqual(len({r["side_by_side"] for r in records}), 2)

    def test_leaves_out_what_no_library_computes(self):
        result = bench("--derate_side_by_side", "--benchmark_list_tests")
        self.assertEnds(result, 0)
        names = result.stdout.split()
        self.assertTrue(any("gemm/tiled/f32" in name for name in names))
        self.assertFalse([name for name in names if "gemm/" not in name or "/f64/" in name])

    def test_takes_one_kind_of_data_where_it_is_asked_for(self):
        result = bench("--derate_side_by_side", "--derate_data=zeros", "--benchmark_list_tests",
                       f"--benchmark_filter={PAIR}")
        names = result.stdout.split()
        self.assertEqual(len(names), 2)
        self.assertTrue(all("/zeros" in name for name in names))

    def test_repetitions_are_measurements_of_their_own(self):
        result, records = self.measure(f"--benchmark_filter={PAIR}/.*512$", "--derate_data=uniform",
                                       "--benchmark_repetitions=3",
                                       "--benchmark_enable_random_interleaving=true")
        self.require_library(records)
        self.assertEnds(result, 0)
        self.assertEqual(len(records), 6)
        began = [r["side_by_side"] for r in records]
        self.assertEqual(sorted(began), sorted(2 * sorted(set(began))))
        self.assertEqual(result.stderr.count("FLOP/s"), 6, "each is shown")

    def test_says_when_only_one_provider_is_selected(self):
        for flags in [["gemm/tiled"], ["gemm/openblas"], ["vector_add"]]:
            result = bench("--derate_side_by_side", f"--benchmark_filter={flags[0]}")
            self.assertRefused(result, 2, "--derate_side_by_side", "library",
                               "by openblas" if "openblas" in flags[0] else "by derate",
                               program="derate_bench")

    def test_a_missing_library_costs_its_own_row_only(self):
        result, records = self.measure(f"--benchmark_filter={PAIR}", "--derate_data=uniform",
                                       env=self.without_library())
        self.assertEnds(result, 0)
        own, library = sorted(records, key=lambda r: r["provider"])
        self.assertIn(own["outcome"], ["passed", "unstable"])
        self.assertEqual(library["outcome"], "unsupported")
        self.assertIn("OpenBLAS cannot be loaded", library["message"])
        path = self.folder() / "records.jsonl"
        path.write_text("".join(json.dumps(r) + "\n" for r in records))
        report = derate("report", path)
        self.assertEnds(report, 0)
        self.assertIn("Side by side", report.stdout)
        self.assertIn("openblas unsupported: OpenBLAS cannot be loaded", report.stdout)

    def test_resumes_behind_what_is_recorded(self):
        path = self.folder() / "records.jsonl"
        flags = ["--derate_side_by_side", f"--benchmark_filter={PAIR}", "--derate_data=uniform",
                 f"--derate_out={path}", "--derate_run=once"]
        bench(*flags)
        self.assertEqual(len(read_lines(path)), 2)
        bench(*flags, "--derate_resume")
        self.assertEqual(len(read_lines(path)), 2)
        path.write_text(path.read_text().splitlines()[0] + "\n")
        bench(*flags, "--derate_resume")
        self.assertEqual(len(read_lines(path)), 3, "one of two is measured again with the other")

    def sharing(self, filter):
        """Outcome and message of variants of faulty_bench that share their result."""
        path = self.folder() / "records.jsonl"
        result = run(FAULTY, "--derate_device=host", *BRIEF, "--derate_side_by_side",
                     "--derate_data=uniform", f"--benchmark_filter={filter}",
                     f"--derate_out={path}", env={**os.environ, "DERATE_TEST_SHARING": "1"})
        self.assertEnds(result, 1)
        return {r["variant"]: (r["outcome"], r["message"]) for r in read_lines(path)}

    def test_nobody_is_right_by_what_another_left(self):
        ended = self.sharing("sharing/(a_library|diligent|lazy)")
        self.assertEqual(ended["lazy"],
                         ("incorrect", "wrong result before timing: the result is -1, not 42"))
        for variant in ["a_library", "diligent"]:
            self.assertIn(ended[variant][0], ["passed", "unstable"])

    def test_a_lost_device_takes_its_group_along(self):
        ended = self.sharing("sharing/(a_library|diligent|z_lost)")
        self.assertEqual(ended["z_lost"], ("failed", "an illegal memory access"))
        lost = ("failed", "not run: the device was lost to an earlier failure")
        self.assertEqual([ended["a_library"], ended["diligent"]], [lost, lost])

    def test_run_reports_three_columns(self):
        out = self.folder() / "out"
        result = derate_run(out, "--side-by-side", "--format=json", bench=BENCH, filter=PAIR)
        records = read_lines(out / "records.jsonl")
        self.require_library(records)
        self.assertEnds(result, 0)
        [line] = json.loads(result.stdout)["side_by_side"]
        self.assertEqual((line["own"], line["library"], line["rounds"]), ("tiled", "openblas", 1))
        self.assertEqual(line["message"], "")
        for column in ["zeros", "random", "random_at_clock"]:
            self.assertGreater(line[column], 0.01)
            self.assertLessEqual(line[column + "_low"], line[column])
            self.assertGreaterEqual(line[column + "_high"], line[column])
        self.assertIn("### Side by side", (out / "report.md").read_text(encoding="utf-8"))
        self.assertFalse((out / "calibration.json").exists())
        self.assertIn("side by side, which compares and does not calibrate", result.stderr)

    def test_run_refuses_the_flag_behind_the_dashes(self):
        result = derate_run(self.folder() / "out", bench_flags=["--derate_side_by_side"])
        self.assertRefused(result, 2, "derate run --side-by-side")


if __name__ == "__main__":
    unittest.main()
