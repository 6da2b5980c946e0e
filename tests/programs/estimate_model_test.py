# SPDX-License-Identifier: Apache-2.0
# derate estimate model, on a table of invented products whose times are known.
import json
import unittest

from cli import CliTest, derate

MODEL = {"name": "tiny", "layers": 2, "width": 256, "heads": 4, "sequence": 128, "vocabulary": 1000,
         "batch": 4, "precision": "bf16"}
PEAK = 989.4e12  # bf16 FLOP/s of an H200
BANDWIDTH = 4.8e12


def seconds(m, n, k):
    """Half the peak, or 80 % of the bandwidth, and 3 µs."""
    return 3e-6 + max(2 * m * n * k / (0.5 * PEAK), 2 * (m * k + k * n + m * n) / (0.8 * BANDWIDTH))


class EstimateModel(CliTest):
    def setUp(self):
        self.place = self.folder()
        self.table = self.place / "table.csv"
        sizes = [16, 64, 256, 1024, 4096]
        rows = [f"{m},{n},{k},{seconds(m, n, k)}" for m in sizes for n in sizes for k in sizes]
        self.table.write_text("m,n,k,seconds\n" + "\n".join(rows) + "\n")

    def model(self, **changes):
        path = self.place / "model.json"
        path.write_text(json.dumps({k: v for k, v in (MODEL | changes).items() if v is not None}))
        return path

    def estimate(self, *arguments, model=None):
        return derate("estimate", "model", model or self.model(), "--gemm-table", self.table, "--device", "H200",
                      *arguments)

    def test_adds_its_operations_up(self):
        for step, words in [("training", ["gradient of up, left", "adam"]), ("prefill", ["softmax"]),
                            ("decode", ["scores"])]:
            result = self.estimate("--step", step, "--format", "json")
            self.assertEnds(result, 0)
            found = json.loads(result.stdout)
            self.assertEqual(found["step"], step)
            lines = {line["operation"]: line for line in found["operations"]}
            for word in words:
                self.assertIn(word, lines)
            total = sum(line["time_s"]["value"] for line in lines.values())
            self.assertAlmostEqual(total / found["time_s"]["value"], 1, places=6)
            self.assertLessEqual(found["time_s"]["low"], total)
            self.assertGreaterEqual(found["time_s"]["high"], total)

    def test_knows_a_product_of_the_table(self):
        found = json.loads(self.estimate("--step", "prefill", "--format", "json").stdout)
        up = next(line for line in found["operations"] if line["operation"] == "up")
        self.assertEqual(up["shape"], [512, 1024, 256])
        self.assertEqual(up["count"], 2)
        self.assertAlmostEqual(up["time_s"]["value"] / 2 / seconds(512, 1024, 256), 1, delta=0.1)

    def test_prints_a_table_for_people(self):
        result = self.estimate()
        self.assertEnds(result, 0)
        for word in ["One training step of tiny", "tokens/s", "m x n x k", "16 of 128 x 128 x 64"]:
            self.assertIn(word, result.stdout)

    def test_a_wrong_model_is_refused_by_its_field(self):
        for changes, words in [({"layers": 0}, ['"layers"', "1 to"]), ({"heads": None}, ['"heads"', "missing"]),
                               ({"colour": 1}, ['"colour"', "no field"]), ({"precision": "f8"}, ['"precision"'])]:
            self.assertRefused(self.estimate(model=self.model(**changes)), 5, "model.json", *words)

    def test_rates_must_come_from_somewhere(self):
        self.assertRefused(derate("estimate", "model", self.model()), 2, "--calibration", "--gemm-table")
        self.assertRefused(derate("estimate", "model", self.model(), "--gemm-table", self.table), 2, "--device")
        self.assertRefused(self.estimate("--step", "dream"), 2, "dream")


if __name__ == "__main__":
    unittest.main()
