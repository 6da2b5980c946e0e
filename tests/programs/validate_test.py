# SPDX-License-Identifier: Apache-2.0
# derate validate: the GEMM model on tables, good and bad.
import csv
import io
import json
import random
import unittest

from cli import CliTest, derate
from gemm_table import lines, seconds


class Validate(CliTest):
    def table(self, made):
        path = self.folder() / "table.csv"
        path.write_text("".join(line + "\n" for line in made))
        return path

    def validate(self, *arguments, made=None, device="H200"):
        return derate("validate", "--gemm-table", self.table(made or lines()), "--device", device,
                      "--train", 200, *arguments)

    def test_people_see_parameters_and_errors(self):
        shown = self.validate("--seed", 7)
        self.assertEnds(shown, 0)
        self.assertEqual(shown.stderr, "")
        for words in ["table.csv: 500 rows, 500 shapes; 0 rows left out", "989.4 TFLOP/s",
                      "4.917 TB/s", "seed 7: one fit to 200 shapes; tested on 300 others",
                      "η_c, share of P", "t₀", "µs", "one scalar derate", "ideal roofline"]:
            self.assertIn(words, shown.stdout)

    def test_machines_get_the_same(self):
        result = json.loads(self.validate("--json", "--test", 100).stdout)
        self.assertEqual((result["rows"], result["shapes"], result["tested"]), (500, 500, 100))
        self.assertAlmostEqual(result["fits"][0]["knee"]["eta_compute"], 0.8, delta=0.02)
        self.assertAlmostEqual(result["fits"][0]["knee"]["eta_memory"], 0.7, delta=0.02)
        self.assertAlmostEqual(result["fits"][0]["knee"]["launch_s"], 3e-6, delta=1e-7)
        model = result["errors"][0]
        self.assertEqual(model["form"], "model")
        self.assertLess(model["median_error"], 0.03)
        self.assertIsNone(result["errors"][1]["coverage"])
        rows = list(csv.DictReader(io.StringIO(
            self.validate("--format", "csv", "--test", 100).stdout)))
        self.assertEqual(len(rows), 4)
        self.assertAlmostEqual(float(rows[0]["p95_error"]), model["p95_error"], delta=1e-9)

    def test_the_seed_decides(self):
        first, again, other = (self.validate("--json", "--seed", seed).stdout
                               for seed in [1, 1, 2])
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_pairs(self):
        made = ["m,n,k,seconds"]
        chance = random.Random(1)
        for m in [16, 64, 256, 1024, 4096]:
            for n in range(1, 11):
                for k in range(1, 11):
                    made.append(f"{m},{n * 512},{k * 512},"
                                f"{seconds(m, n * 512, k * 512, chance):.6e}")
        result = json.loads(self.validate("--hold-out", "nk", "--json", made=made).stdout)
        self.assertEqual(len(result["fits"]), 5)
        self.assertEqual((result["hold_out"], result["tested"]), ("nk", 500))

    def test_bad_rows_are_counted_and_named(self):
        made = lines()
        made[3] = "0,2,3,1e-5"
        made[9] = "1,2,3,nan"
        shown = self.validate(made=made)
        self.assertEnds(shown, 0)
        self.assertIn("498 rows, 498 shapes; 2 rows left out", shown.stdout)
        self.assertIn("table.csv:4: left out: m is not a whole number", shown.stderr)
        self.assertIn("table.csv:10: left out: seconds are not from", shown.stderr)

    def test_tables_that_are_none(self):
        self.assertRefused(self.validate(made=["m,n,k", "1,2,3"]), 5, "line 1", "\"seconds\"")
        self.assertRefused(self.validate(made=["m,n,k,seconds"]), 5, "no row")
        self.assertRefused(self.validate(made=lines(200)), 2, "200 shapes are too few")
        self.assertRefused(self.validate(made=lines(3)), 2, "3 shapes are too few")
        self.assertRefused(derate("validate", "--gemm-table", self.folder() / "none.csv",
                                  "--device", "H200"), 5, "none.csv", "No such file")
        self.assertRefused(derate("validate", "--gemm-table", self.folder(), "--device", "H200"),
                           5, "Is a directory")

    def test_devices_and_precisions_that_are_none(self):
        self.assertRefused(self.validate(device="H300"), 2, "H300", "did you mean", "H200")
        self.assertRefused(self.validate(device="H100"), 2, "H100 SXM, H100 PCIe or H100 NVL: say which")
        self.assertRefused(self.validate(device="V100 PCIe 16GB"), 2, "bf16", "V100 PCIe 16GB")
        self.assertEnds(self.validate("--precision", "bf17"), 2)

    def test_flags_that_make_no_sense(self):
        for flags in [["--train", 0], ["--train", 29], ["--train", "many"], ["--test", -1],
                      ["--seed", -1], ["--hold-out", "m"], ["--confidence", 1]]:
            self.assertRefused(self.validate(*flags), 2, flags[0])
        self.assertRefused(self.validate("--confidence", "nan"), 2, "nan")


if __name__ == "__main__":
    unittest.main()
