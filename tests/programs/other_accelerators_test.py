# SPDX-License-Identifier: Apache-2.0
# Accelerators that derate knows for estimates and cannot measure: estimates take them by name, peaks say
# so, and what measures refuses them.
import json
import unittest

from cli import CliTest, derate
from gemm_table import lines

# By a name of each maker: the peak in bf16, the memory's bandwidth in B/s, GiB, W.
KNOWN = {"AMD Instinct MI300X": (304 * 2048 * 2.1e9, 5.3e12, 192, 750),
         "MI355X": (256 * 4096 * 2.4e9, 8e12, 288, 1400),
         "TPU v4": (8 * 2 * 128 * 128 * 1.05e9, 1.2e12, 32, None),
         "TPU v5e": (4 * 2 * 128 * 128 * 1.5e9, 819e9, 16, None),
         "trn1": (190e12, 820e9, 32, None),
         "Trainium 2": (667e12, 2.9e12, 96, None),
         "Inferentia 2": (190e12, 820e9, 32, None)}
TRAINING = ["--precision", "bf16", "--params", "1B", "--tokens", "20B"]


def in_json(*arguments):
    result = derate(*arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


class Peaks(CliTest):
    def test_a_sentence_says_that_it_cannot_be_measured(self):
        for name in KNOWN:
            with self.subTest(name):
                shown = derate("peak", name)
                self.assertEnds(shown, 0)
                self.assertIn("unusable: it cannot be measured here", shown.stdout)

    def test_of_units_and_clock(self):
        line = self.line("MI300X", "fp8")
        self.assertEqual((line["instruction"], line["fma_per_unit_and_clock"]), ("MFMA", 2048))
        self.assertEqual(line["peak_specified"], 304 * 4096 * 2.1e9)

    def test_a_training_on_a_printed_peak_states_no_clock(self):
        text = derate("estimate", "train", "--device", "Trainium 2", "--params", "1B", "--tokens", "1B").stdout
        self.assertIn("as printed: ", text)
        self.assertNotIn("Hz", text)

    def test_as_printed_without_clock(self):
        line = self.line("Trainium 2", "fp8")
        self.assertEqual((line["instruction"], line["peak_specified"]), ("as printed", 1299e12))
        self.assertIsNone(line["fma_per_unit_and_clock"])
        self.assertIsNone(line["specified_clock_hz"])
        self.assertIn("AWS", line["source"])

    def line(self, name, operands):
        found = [line for line in in_json("peak", name, "--format", "json")
                 if line["operands"] == operands and line["units"] == "tensor"]
        self.assertEqual(len(found), 1)
        return found[0]


class Estimates(CliTest):
    def test_training_takes_peak_and_memory(self):
        for name, (peak, _, gib, _) in KNOWN.items():
            with self.subTest(name):
                plan = in_json("estimate", "train", "--device", name, *TRAINING, "--json")
                self.assertAlmostEqual(plan["peak_flop_per_s"] / peak, 1, delta=1e-9)
                self.assertEqual(plan["device_memory_bytes"], gib * 2**30)

    def test_cost_takes_power_and_price(self):
        cost = ["estimate", "cost", "--hours", 100, "--price", 15000, "--device"]
        for name, (_, _, _, watts) in KNOWN.items():
            with self.subTest(name):
                result = derate(*cost, name)
                if watts is None:
                    self.assertRefused(result, 2, "--power")
                else:
                    self.assertEnds(result, 0)
        self.assertEnds(derate("estimate", "cost", "--hours", 100, "--device", "Edge TPU"), 0)

    def test_matrix_products_from_a_table(self):
        table = self.folder() / "products.csv"
        table.write_text("\n".join(lines()) + "\n")
        for name in ["MI300X", "TPU v6e"]:
            self.assertEnds(derate("estimate", "gemm", "--gemm-table", table, "--device", name,
                                   "--m", 4096, "--n", 4096, "--k", 4096), 0)

    def test_a_precision_that_it_has_not_is_refused_with_those_it_has(self):
        self.assertRefused(derate("estimate", "train", "--device", "Edge TPU", *TRAINING), 2,
                           "--precision", "known are i8")


class Measurements(CliTest):
    def test_take_none_of_them(self):
        for name in [*KNOWN, "MI300X", "Edge TPU"]:
            with self.subTest(name):
                self.assertRefused(derate("run", "--device", name, "--out", self.folder() / "out"),
                                   2, name, "host")
                checked = derate("check", "--device", name, "--out", self.folder() / "check")
                self.assertEqual(checked.returncode, 2)
                self.assertIn(f'no device "{name}" here', checked.stderr)

    def test_a_part_of_names_is_asked_about(self):
        self.assertRefused(derate("peak", "Trainium"), 2, "Trainium 1 or Trainium 2")
        self.assertRefused(derate("peak", "NVIDIA MI300X"), 2, "MI300X")


if __name__ == "__main__":
    unittest.main()
