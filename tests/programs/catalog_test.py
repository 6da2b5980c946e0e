# SPDX-License-Identifier: Apache-2.0
# The catalogue of products: its rows, what is chosen and how they are sorted, and bad input.
import csv
import io
import json
import unittest

from cli import CliTest, derate


def catalog(*arguments):
    result = derate("catalog", *arguments, "--format", "json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Catalog(CliTest):
    def test_every_row_has_a_source_and_no_figure_is_0(self):
        rows = catalog()
        self.assertGreater(len(rows), 35)
        for row in rows:
            self.assertTrue(row["source"], row["name"])
            self.assertNotIn(0, row.values(), row["name"])

    def test_a_row_for_people(self):
        result = derate("catalog", "p40")
        self.assertEnds(result, 0)
        row = result.stdout.splitlines()[1]
        for word in ["Tesla P40", "3840", "1.531 GHz", "11.76 TFLOP/s", "346.0 GB/s", "24", "250"]:
            self.assertIn(word, row)
        self.assertIn("Tesla P40: source: ", result.stdout)

    def test_unknown_figures_are_dashes_and_null(self):
        t4 = catalog("T4")[0]
        self.assertIsNone(t4["price_usd"])
        self.assertIsNone(t4["flops_per_dollar"])
        self.assertIn("–", derate("catalog", "T4").stdout.splitlines()[1])

    def test_sparse_figures_are_named_as_such(self):
        text = derate("catalog", "RTX 4080").stdout
        self.assertIn("390 TFLOP/s f16 and 780 TOPS int8 are of sparse operands", text)

    def test_sorted(self):
        for word, field, down in [("per-watt", "flops_per_watt", True), ("price", "price_usd", False),
                                  ("per-dollar", "flops_per_dollar", True), ("year", "year", True)]:
            with self.subTest(word):
                values = [row[field] for row in catalog("--sort", word)]
                known = [value for value in values if value is not None]
                self.assertEqual(values, known + [None] * (len(values) - len(known)))
                self.assertEqual(known, sorted(known, reverse=down))

    def test_filtered(self):
        for row in catalog("--since", 2018, "--max-price", "1.2K", "--min-memory", 11):
            self.assertGreaterEqual(row["year"], 2018)
            self.assertLessEqual(row["price_usd"], 1200)
            self.assertGreaterEqual(row["memory_gib"], 11)
        self.assertEqual({row["name"] for row in catalog("--architecture", "sm_90")},
                         {"H100 SXM", "H100 PCIe", "H100 NVL", "H200", "H200 NVL", "GH200 96GB",
                          "GH200 144GB", "H800 SXM", "H800 PCIe", "H20"})

    def test_measurable_or_for_estimates_only(self):
        both = catalog()
        measurable, others = catalog("--measurable", "yes"), catalog("--measurable", "no")
        self.assertEqual((len(measurable), len(others)), (166, 18))
        self.assertEqual(sorted(row["name"] for row in measurable + others),
                         sorted(row["name"] for row in both))
        self.assertEqual({row["measurable"] for row in others}, {"no"})
        self.assertIn("For estimates only, and not measurable: MI250X.",
                      derate("catalog", "MI250X").stdout)
        self.assertNotIn("not measurable", derate("catalog", "H200").stdout)

    def test_a_printed_peak_is_not_called_2nc(self):
        row = catalog("Trainium 2", "--precision", "bf16")[0]
        self.assertEqual((row["peak_f32"], row["printed_f32"], row["peak"]),
                         (None, 181e12, 667e12))

    def test_in_another_precision(self):
        h200 = catalog("H200", "--precision", "bf16")[0]
        self.assertAlmostEqual(h200["flops_per_watt"] / (989.4e12 / 700), 1, delta=0.001)
        self.assertIsNone(catalog("Tesla P40", "--precision", "bf16")[0]["peak"])

    def test_words_choose_and_a_whole_name_is_one(self):
        self.assertEqual([row["name"] for row in catalog("GTX 1080")], ["GTX 1080"])
        self.assertEqual([row["name"] for row in catalog("4090")],
                         ["RTX 4090", "RTX 4090 D", "RTX 4090 Laptop GPU"])

    def test_a_peak_that_is_unknown_is_a_dash_and_a_sentence(self):
        h20 = catalog("H20")[0]
        self.assertEqual((h20["peak_f32"], h20["clock_hz"], h20["printed_f32"]), (None, None, 44e12))
        self.assertIn("2·N·C is unknown", derate("catalog", "H20").stdout)

    def test_csv(self):
        rows = list(csv.DictReader(io.StringIO(derate("catalog", "--format", "csv").stdout)))
        self.assertEqual([row["name"] for row in rows], [row["name"] for row in catalog()])

    def test_refused(self):
        self.assertRefused(derate("catalog", "P41"), 2, "P41", "Tesla P40")
        self.assertRefused(derate("catalog", "--architecture", "sm_99"), 2, "no product")
        self.assertRefused(derate("catalog", "--precision", "f33"), 2, "--precision")
        for bad in ["0", "-5", "nan", "inf", "1e400", "5x", "5KB", ""]:
            with self.subTest(bad):
                self.assertRefused(derate("catalog", f"--max-price={bad}"), 2, "--max-price")


if __name__ == "__main__":
    unittest.main()
