# SPDX-License-Identifier: Apache-2.0
# `derate explain` as a user sees it: the waterfall in every format, from a measurement and from files, and what
# is refused.
import csv
import io
import json
import pathlib
import tempfile
import unittest

from cli import CliTest, bench, derate, read_lines

ATTEMPTS = 4
SMALL = ["--m=256", "--n=256", "--k=256"]
FACTORS = ["clock", "waiting for a core", "issue", "L1 cache", "L2 cache", "L3 cache", "memory", "tail",
           "launch", "unexplained"]


class Explain(CliTest):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="derate-cli-")
        cls.addClassCleanup(holder.cleanup)
        # Other programs may leave no turn in which every stage had its cores.
        for attempt in range(ATTEMPTS):
            cls.measured = pathlib.Path(holder.name) / f"out{attempt}"
            cls.result = derate("explain", "gemm", *SMALL, "--device=host", "--rounds=1", "--most-rounds=1",
                                "--out", cls.measured)
            if "nothing could be taken apart" not in cls.result.stdout:
                return
        raise unittest.SkipTest(cls.result.stdout.splitlines()[-1])

    def show(self, *arguments):
        result = derate("explain", "show", self.measured, *arguments)
        self.assertEnds(result, 0)
        return result.stdout

    def test_fits_into_80_columns_and_names_every_factor(self):
        self.assertIn(self.result.returncode, (0, 1), self.result.stderr)
        lines = self.result.stdout.splitlines()
        self.assertTrue(lines[0].startswith("gemm tiled f32 256 x 256 x 256 on "))
        known = [line for line in lines if line[:22].strip() in FACTORS]
        self.assertEqual([line[:22].strip() for line in known][:len(FACTORS)],
                         [factor for factor in FACTORS if factor in self.result.stdout])
        self.assertLessEqual(max(len(line) for line in known), 80)
        self.assertIn("delivered", self.result.stdout)

    def test_factors_multiply_to_what_was_delivered(self):
        rows = [row for row in csv.DictReader(io.StringIO(self.show("--format=csv"))) if row["part"] == "whole"]
        product = 1
        for row in rows:
            product *= float(row["value"])
        self.assertAlmostEqual(product, float(rows[-1]["share_after"]), places=7)
        self.assertAlmostEqual(sum(float(row["lost"]) for row in rows), 1 - product, places=7)

    def test_what_was_delivered_has_a_row_with_all_notes(self):
        row = next(row for row in json.loads(self.show("--format=json")) if row["part"] == "delivered")
        whole = [row for row in json.loads(self.show("--format=json")) if row["part"] == "whole"]
        self.assertAlmostEqual(row["value"], whole[-1]["share_after"], places=7)
        if row["low"] is not None:  # a busy machine leaves too few turns for an interval
            self.assertLess(row["low"], row["high"])
        for note in row["note"].split("; "):
            self.assertIn(note, " ".join(self.show("--format=table").split()))

    def test_json_and_csv_say_the_same(self):
        rows = json.loads(self.show("--format=json"))
        lines = list(csv.DictReader(io.StringIO(self.show("--format=csv"))))
        self.assertEqual([row["factor"] for row in rows], [line["factor"] for line in lines])
        markdown = self.show("--format=markdown")
        self.assertIn("| factor |", markdown)
        for row in rows:
            if row["note"]:
                self.assertIn(f", {row['factor']}: {row['note']}", markdown)

    def test_stages_stand_apart_from_the_records(self):
        stages = read_lines(self.measured / "attribution.jsonl")
        self.assertEqual({record["stage"] for record in stages},
                         {"whole", "whole_waves", "l3", "l2", "l1", "registers", "launch"})
        self.assertEqual({record["stage"] for record in read_lines(self.measured / "records.jsonl")}, {""})
        self.assertLessEqual({record["outcome"] for record in stages}, {"passed", "unstable"})
        whole = next(record for record in stages if record["stage"] == "whole_waves")
        self.assertGreaterEqual(whole["flops"], 2 * 256 ** 3)

    def test_other_commands_leave_stages_out(self):
        result = derate("report", self.measured / "attribution.jsonl")
        self.assertEnds(result, 5)
        self.assertIn("derate explain show reads them", result.stderr)
        report = derate("report", self.measured)
        self.assertNotIn("registers", report.stdout)

    def test_the_calibration_keeps_the_factors(self):
        out = self.folder() / "calibration.json"
        self.assertEnds(derate("calibrate", self.measured, "-o", out), 0)
        losses = json.loads(out.read_text())["losses"]
        self.assertIn("issue", {loss["factor"] for loss in losses})
        self.assertEqual({loss["problem"] for loss in losses}, {"m:256/n:256/k:256"})

    def test_the_page_draws_the_factors(self):
        page = self.folder() / "page.html"
        derate("report", self.measured, f"--write=html={page}")
        text = page.read_text(encoding="utf-8")
        data = text[text.index('"waterfalls":'):]
        self.assertTrue(data.startswith('"waterfalls":[{"title":"gemm tiled f32 256 x 256 x 256"'), data[:200])
        for factor in ("clock", "issue", "memory", "tail", "launch"):
            self.assertIn(f'"name":"{factor}"', data)

    def test_refuses_what_makes_no_sense(self):
        for arguments, words in [([], "what to explain is missing"),
                                 (["gemm", "--m=512"], "--m, --n and --k belong together"),
                                 (["gemm", "--variant=openblas", *SMALL], "can leave out a stage"),
                                 (["gemm", "--precision=fp4", *SMALL], "can leave out a stage"),
                                 (["gemm", "--m=0", "--n=1", "--k=1"], "--m"),
                                 (["show", "/nowhere"], "/nowhere")]:
            with self.subTest(arguments=arguments):
                device = [] if arguments[:1] in ([], ["show"]) else ["--device=host", "--out",
                                                                    self.folder() / "out"]
                result = derate("explain", *arguments, *device)
                self.assertNotEqual(result.returncode, 0)
                self.assertIn(words, result.stderr)

    def test_records_without_stages_have_nothing_to_show(self):
        result = derate("explain", "show", self.measured / "records.jsonl")
        self.assertEnds(result, 5)
        self.assertIn("no record is of a stage", result.stderr)

    def test_a_tiny_product_is_said_to_be_too_small(self):
        result = derate("explain", "gemm", "--m=8", "--n=8", "--k=8", "--device=host", "--rounds=1",
                        "--most-rounds=1", "--out", self.folder() / "out")
        self.assertIn("too small to be taken apart", result.stdout)
        self.assertIn("would do", result.stdout)

    def test_measures_nothing_where_no_workload_has_stages(self):
        out = self.folder() / "stages.jsonl"
        result = bench("--derate_stages", "--derate_allow_empty", "--benchmark_filter=fma_chain",
                       f"--derate_out={out}")
        self.assertEnds(result, 0)
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
