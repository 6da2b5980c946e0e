# SPDX-License-Identifier: Apache-2.0
# Every table fits a terminal: no line is wider, what a row is of and its main figure stay, and the
# columns that went are named. Elsewhere nothing is cut.
import json
import os
import re
import shutil
import unittest

import estimate_model_test
import gemm_table
from cli import SOURCE, derate
from gating import GateTest
from history_data import write_run

GOLDEN = SOURCE / "tests/golden/records.jsonl"
WIDTHS = (20, 40, 80, 120)
LEFT_OUT = re.compile(r"not shown for want of width: (.+) \(COLUMNS=(\d+) shows (?:it|them)\)")


def at(columns, *arguments):
    return derate(*arguments, env={**os.environ, "COLUMNS": str(columns)})


def headings_of(text, first):
    """Those of the table that begins with this one."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines()]
    return next((cells for cells in lines if cells[0] == first), [])


class WidthTest(GateTest):
    def setUp(self):
        super().setUp()
        self.home = self.folder()

    def assertFits(self, arguments, headings, codes=(0,)):
        """In each width; `headings` are there from 40 columns on."""
        for width in WIDTHS:
            with self.subTest(command=arguments[:2], width=width):
                result = at(width, *arguments)
                self.assertIn(result.returncode, codes, result.stderr)
                for line in result.stdout.splitlines():
                    self.assertLessEqual(len(line), width, line)
                if width >= 40:
                    for heading in headings:
                        self.assertIn(heading, headings_of(result.stdout, headings[0]))

    def test_help_fits_and_keeps_its_words(self):
        for command in ([], ["run"], ["estimate", "train"], ["gate"]):
            wide = derate(*command, "--help").stdout
            for width in WIDTHS[1:]:
                with self.subTest(command=command, width=width):
                    text = at(width, *command, "--help").stdout
                    self.assertLessEqual(max(len(line) for line in text.splitlines()), width)
                    self.assertEqual("".join(text.split()), "".join(wide.split()))

    def table(self):
        path = self.home / "table.csv"
        path.write_text("".join(line + "\n" for line in gemm_table.lines(80)))
        return path

    def model(self):
        path = self.home / "model.json"
        path.write_text(json.dumps(estimate_model_test.MODEL))
        return path

    def history(self):
        """Days with a slower one at the end, and a label that is long."""
        db = self.home / "history.sqlite"
        for day in range(1, 7):
            run = write_run(self.home / f"run-{day}.json", day)
            added = derate("history", "add", run, "--db", db, "--time", f"2020-01-{day:02d}",
                           "--label", "a commit with a name as long as names of commits are")
            self.assertEnds(added, 0)
        self.assertEnds(derate("accept", "--benchmark", "*/2", "--reason", "wider tiles " * 9,
                               "--db", db), 0)
        slower = write_run(self.home / "run-7.json", 7, factors={"BM_work/3": 1.1})
        return slower, db

    def test_devices_and_products(self):
        self.assertFits(["devices"], ["device", "name", "2·N·C f32"], codes=(0, 77))
        self.assertFits(["catalog"], ["device", "2·N·C f32"])
        self.assertFits(["catalog", "H100", "--precision", "bf16"], ["device", "bf16"])
        self.assertFits(["peak", "H200"], ["units", "operands", "peak there"])
        self.assertFits(["peak", "Tesla P40"], ["units", "operands", "peak there"])

    def test_records(self):
        self.assertFits(["report", "--all", GOLDEN], ["workload", "achieved"], codes=(1,))
        self.assertFits(["calibrate", GOLDEN], ["workload", "η [95 % interval]"])
        self.assertFits(["check", GOLDEN], ["class", "standing", "delivers"], codes=(1,))
        self.assertFits(["compare", GOLDEN, GOLDEN, "--all"],
                        ["benchmark", "change [95 % interval]"], codes=(2, 3, 4, 5))

    def test_estimates(self):
        table, cost = self.table(), ["--device", "H100 SXM", "--devices", 8, "--hours", 1000,
                                     "--rent", 2.5, "--price", 30000]
        self.assertFits(["estimate", "gemm", "--gemm-table", table, "--device", "H200", "--m", 4096,
                         "--n", 4096, "--k", 4096], ["m", "n", "k", "time"])
        self.assertFits(["estimate", "model", self.model(), "--gemm-table", table, "--device",
                         "H200"], ["operation", "time"])
        self.assertFits(["estimate", "train", "--device", "H200", "--params", "7e9", "--tokens",
                         "1e12", "--derate", 0.4], ["by", "time"])
        self.assertFits(["estimate", "cost", *cost], ["item", "middle"])
        self.assertFits(["validate", "--gemm-table", table, "--device", "H200", "--train", 40],
                        ["form", "median error"])

    def test_history(self):
        slower, db = self.history()
        self.assertFits(["track", slower, "--no-add", "--all", "--db", db],
                        ["benchmark", "change [95 % interval]"], codes=(0, 1, 4))
        self.assertFits(["history", "list", "--db", db], ["session", "time"])
        self.assertFits(["history", "show", 3, "--db", db], ["session", "benchmark", "time"])
        self.assertFits(["history", "accepted", "--db", db], ["benchmark", "since"])
        self.assertFits(["history", "check", "--db", db], [])
        self.assertFits(["history", "prune", "--keep", 2, "--db", db], [])

    def test_gates(self):
        kept = ["--out", self.out, "--pairs", 3]
        self.assertFits(["noise", "--command", self.command(), *kept], ["benchmark", "found"])
        self.out = self.home / "gate"
        kept = ["--out", self.out, "--pairs", 3, "--confirm-pairs", 4]
        self.assertFits(["gate", "--base", self.command(), "--candidate",
                         self.command("--slower", 1.1), *kept],
                        ["benchmark", "change [95 % interval]"], codes=(1,))

    def test_columns_go_in_the_stated_order(self):
        """A wider terminal shows all of what a narrower one does, and then some."""
        text = at(20, "peak", "H200").stdout.replace("\n", " ")
        order = LEFT_OUT.search(text).group(1).split(", ")
        self.assertEqual(order, ["source", "specified", "at maximum", "FMA/clock", "into",
                                 "instruction", "peak there"])
        for width in range(21, 160, 3):
            text = at(width, "peak", "H200").stdout.replace("\n", " ")
            found = LEFT_OUT.search(text)
            gone = found.group(1).split(", ") if found else []
            self.assertEqual(gone, order[:len(gone)], width)

    def test_says_how_wide_it_would_be(self):
        whole = derate("peak", "H200").stdout
        self.assertNotIn("not shown", whole)
        widest = int(LEFT_OUT.search(at(40, "peak", "H200").stdout.replace("\n", " ")).group(2))
        self.assertEqual(at(widest, "peak", "H200").stdout, whole)
        self.assertNotEqual(at(widest - 1, "peak", "H200").stdout, whole)

    def test_nothing_of_sense_is_80_columns(self):
        for columns in ("0", "-3", "wide", "1000000"):
            self.assertEqual(at(columns, "peak", "H200").stdout, at(80, "peak", "H200").stdout)
        self.assertEqual(at(1, "peak", "H200").stdout, at(20, "peak", "H200").stdout)

    def test_only_the_table_is_fitted(self):
        for form in ("markdown", "csv", "json"):
            for arguments in (["peak", "H200"], ["report", GOLDEN]):
                arguments = [*arguments, "--format", form]
                self.assertEqual(at(40, *arguments).stdout, derate(*arguments).stdout)

    def test_a_name_is_cut_in_the_middle(self):
        records = self.home / "records.jsonl"
        shutil.copyfile(GOLDEN, records)
        name = "begin" + "x" * 10_000 + "\\u001bend"
        records.write_text(records.read_text().replace('"variant":"tiled"', f'"variant":"{name}"'))
        self.assertIn(name[:50], records.read_text())
        self.assertFits(["report", "--all", records], ["workload", "achieved"], codes=(1,))
        self.assertRegex(at(120, "report", "--all", records).stdout, r"begin\S*…\S*end ")


if __name__ == "__main__":
    unittest.main()
