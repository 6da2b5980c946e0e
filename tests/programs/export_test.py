# SPDX-License-Identifier: Apache-2.0
# derate export on records of this machine, as a user sees it.
import csv
import unittest

from cli import BENCH, CliTest, MeasuredTest, derate, derate_run


class Export(MeasuredTest):
    def test_unknown_form(self):
        self.assertRefused(derate("export", "excel", self.records), 2, "excel", "calculon")

    def test_what_the_records_lack_is_named(self):
        for form in ["calculon", "llm-analysis", "llm.c", "aiconfigurator", "tracelens", "llmfit", "csv"]:
            self.assertRefused(derate("export", form, self.records), 5, "the records hold no")

    def test_mode_that_was_not_measured(self):
        self.assertRefused(derate("export", "csv", self.records, "--mode", "sustained"), 5, "sustained")

    def test_missing_file(self):
        self.assertRefused(derate("export", "csv", self.folder() / "nothing"), 5, "No such file")


class Table(CliTest):
    def test_is_written_to_a_file(self):
        folder = self.folder()
        self.assertEnds(derate_run(folder / "out", bench=BENCH, filter="gemm/openblas/f32/m:512/"), 0)
        result = derate("export", "csv", folder / "out", "-o", folder / "table.csv")
        self.assertEnds(result, 0)
        self.assertEqual(result.stdout, "")
        with open(folder / "table.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["m"] for row in rows], ["512"])
        rate = 2 * 512 ** 3 / float(rows[0]["seconds"])
        self.assertAlmostEqual(rate / float(rows[0]["flop_per_s"]), 1, places=4)
        self.assertLessEqual(float(rows[0]["seconds_low"]), float(rows[0]["seconds"]))


if __name__ == "__main__":
    unittest.main()
