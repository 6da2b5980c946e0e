# SPDX-License-Identifier: Apache-2.0
# derate estimate gemm: one shape's time, from a table or a calibration.
import json
import math
import random
import unittest

from cli import SOURCE, CliTest, derate, read_lines
from gemm_table import PEAK, lines, seconds


GOLDEN = SOURCE / "tests/golden"


class EstimateGemm(CliTest):
    def setUp(self):
        self.table = self.folder() / "table.csv"
        self.table.write_text("".join(line + "\n" for line in lines()))

    def estimate(self, m, n, k, *arguments):
        return derate("estimate", "gemm", "--gemm-table", self.table, "--device", "H200", "--m", m,
                      "--n", n, "--k", k, *arguments)

    def answer(self, *arguments):
        result = self.estimate(*arguments, "--format", "json")
        self.assertEnds(result, 0)
        return json.loads(result.stdout)[0]

    def truth(self, m, n, k):
        return seconds(m, n, k, random.Random(1), noise=0)

    def test_between_measured_shapes(self):
        answer = self.answer(3000, 3000, 3000)
        self.assertAlmostEqual(answer["time_s"] / self.truth(3000, 3000, 3000), 1, delta=0.03)
        self.assertLess(answer["time_low_s"], answer["time_s"])
        self.assertGreater(answer["time_high_s"], answer["time_s"])
        self.assertAlmostEqual(answer["eta"], 2 * 3000**3 / answer["time_s"] / PEAK, delta=1e-3)
        self.assertEqual((answer["bound"], answer["extrapolated"]), ("compute", "no"))

    def test_shapes_above_the_peak_are_left_out(self):
        rows = list(lines())
        good = self.answer(3000, 3000, 3000)["time_s"]
        self.table.write_text("\n".join([*rows, "4097,4097,4097,1e-7", ""]))
        result = self.estimate(3000, 3000, 3000, "--format", "json")
        self.assertEnds(result, 0)
        self.assertIn("the most 4097 x 4097 x 4097", result.stderr)
        self.assertIn("suspect, and left out", result.stderr)
        self.assertAlmostEqual(json.loads(result.stdout)[0]["time_s"] / good, 1, places=6)

    def test_a_table_in_another_unit_is_refused_or_read(self):
        rows = [row.split(",") for row in lines()[1:]]
        large = [row for row in rows if min(map(int, row[:3])) >= 500]
        in_ms = [",".join([*row[:3], f"{float(row[3]) * 1e3:.6e}"]) for row in rows]
        too_short = [",".join([*row[:3], f"{float(row[3]) * 1e-3:.6e}"]) for row in large]
        self.table.write_text("\n".join(["m,n,k,seconds", *too_short, ""]))
        self.assertRefused(self.estimate(3000, 3000, 3000), 5, "faster than the peak", "are its times in")
        good = self.answer_of(["m,n,k,seconds", *(",".join(row) for row in rows)])
        self.assertAlmostEqual(self.answer_of(["M,N,K,Time (msec)", *in_ms]) / good, 1, places=4)
        self.table.write_text("\n".join(["M,N,K,latency", *in_ms, ""]))
        self.assertIn("taken as milliseconds", self.estimate(3000, 3000, 3000).stderr)

    def answer_of(self, made):
        self.table.write_text("\n".join([*made, ""]))
        return self.answer(3000, 3000, 3000)["time_s"]

    def test_far_from_them(self):
        answer, near = self.answer(10, 10**7, 10**4), self.answer(100, 5000, 5000)
        self.assertAlmostEqual(answer["time_s"] / self.truth(10, 10**7, 10**4), 1, delta=0.2)
        self.assertEqual((answer["bound"], answer["extrapolated"]), ("memory", "yes"))
        self.assertGreater(answer["time_high_s"] / answer["time_low_s"],
                           near["time_high_s"] / near["time_low_s"])
        shown = self.estimate(10, 10**7, 10**4)
        self.assertIn("No measured shape is near", shown.stdout)
        self.assertNotIn("No measured shape", self.estimate(100, 5000, 5000).stdout)

    def test_confidence(self):
        usual, sure = self.answer(99, 99, 99), self.answer(99, 99, 99, "--confidence", 0.99)
        self.assertLess(sure["time_low_s"], usual["time_low_s"])
        self.assertGreater(sure["time_high_s"], usual["time_high_s"])

    def test_shapes_that_are_none(self):
        for extent in [0, -1, 1.5, "nan", "many", 10**10]:
            self.assertRefused(self.estimate(1, extent, 1), 2, "--n")
        self.assertRefused(derate("estimate", "gemm", "--gemm-table", self.table, "--device",
                                  "H200", "--m", 1, "--n", 1), 2, "--k")

    def test_tables_that_are_none(self):
        self.table.write_text("".join(line + "\n" for line in lines(29)))
        self.assertRefused(self.estimate(1, 1, 1), 5, "29 shapes are too few")
        self.table.unlink()
        self.assertRefused(self.estimate(1, 1, 1), 5, "No such file")


class ByCalibration(CliTest):
    SHAPE = ["--m", 1000, "--n", 4096, "--k", 4096]

    def estimate(self, *arguments, file="calibration_shapes.json", shape=SHAPE):
        return derate("estimate", "gemm", "--calibration", GOLDEN / file, *shape, *arguments)

    def test_answers_from_its_model(self):
        result = self.estimate("--precision", "f32", "--format", "json")
        self.assertEnds(result, 0)
        answer = json.loads(result.stdout)[0]
        self.assertAlmostEqual(answer["time_s"] / 1.06e-3, 1, delta=0.02)  # a golden sample
        self.assertLess(answer["time_low_s"], answer["time_s"])
        self.assertAlmostEqual(answer["eta"], 2 * 1000 * 4096**2 / answer["time_s"] / 38.4e12,
                               delta=1e-6)
        self.assertEqual(answer["model"], "gemm/library (examplelib 1.2), f32, cold, burst, "
                                          "36 shapes on Example GPU")
        self.assertIn("By " + answer["model"],
                      self.estimate("--precision", "f32", "--provider", "examplelib").stdout)

    def test_without_a_peak_there_is_no_share(self):
        made = json.loads((GOLDEN / "calibration_shapes.json").read_text())
        made["gemm_models"][0]["compute_peak"] = "fastest measured"
        path = self.folder() / "calibration.json"
        path.write_text(json.dumps(made))
        answer = json.loads(self.estimate("--precision", "f32", "--format", "json",
                                          file=path).stdout)[0]
        self.assertIsNone(answer["eta"])

    def test_without_a_model_says_how_to_get_one(self):
        for file, more, words in [
                ("calibration.json", ["--precision", "f32"], "no GEMM model for f32"),
                ("calibration_shapes.json", [], "no GEMM model for bf16"),
                ("calibration_shapes.json", ["--precision", "f32", "--provider", "cublas"],
                 "no GEMM model for f32 by cublas")]:
            result = self.estimate(*more, file=file)
            self.assertRefused(result, 3, words)
            self.assertIn("derate run --suite shapes", result.stderr)

    def test_exactly_one_source(self):
        table = ["--gemm-table", "t.csv", "--device", "H200"]
        either = "either --calibration FILE, or --gemm-table FILE and --device NAME"
        self.assertRefused(self.estimate(*table), 2, either)
        self.assertRefused(self.estimate("--device", "H200"), 2, either)
        for arguments in [[], table[:2], table[2:]]:
            self.assertRefused(derate("estimate", "gemm", *self.SHAPE, *arguments), 2, either)
        self.assertRefused(derate("estimate", "gemm", *self.SHAPE, *table, "--provider", "cublas"),
                           2, "--provider")


def shape_records(count, seed=1):
    """Records of an invented device, in as many shapes of gemm, at a known truth."""
    chance = random.Random(seed)
    sample = next(record for record in read_lines(GOLDEN / "records.jsonl")
                  if record["workload"] == "gemm" and record["outcome"] == "passed")
    made = []
    for _ in range(count):
        m, n, k = (int(2 ** chance.uniform(5, 13)) for _ in range(3))
        time_s = (5e-6 + math.hypot(2 * m * n * k / 30e12, 4 * (m * n + n * k + m * k) / 1.5e12))
        time_s *= math.exp(chance.gauss(0, 0.01))
        made.append(sample | {"problem": f"m:{m}/n:{n}/k:{k}", "flops": 2 * m * n * k,
                              "samples_s": [time_s] * 12})
    return made


class FromRecords(CliTest):
    def records(self, made):
        path = self.folder() / "records.jsonl"
        path.write_text("".join(json.dumps(record) + "\n" for record in made))
        return path

    def test_shapes_become_a_model_that_is_asked(self):
        made = self.folder() / "calibration.json"
        shown = derate("calibrate", self.records(shape_records(200)), "-o", made)
        self.assertEnds(shown, 0)
        self.assertRegex(shown.stdout, r"(?m)^model of gemm .* shapes +unstable +η of compute +η of memory")
        self.assertRegex(shown.stdout, r"(?m)^library +examplelib +f32 +cold +burst +200 +0 +7\d\.\d % "
                                       r"+– +[45]\.\d+ µs +\d")
        model = json.loads(made.read_text())["gemm_models"][0]
        self.assertEqual((len(model["samples"]), model["compute_peak"]), (200, "specified"))
        self.assertAlmostEqual(model["knee"]["eta_compute"], 30 / 38.4, delta=0.03)
        answer = json.loads(derate("estimate", "gemm", "--calibration", made, "--precision", "f32",
                                   "--m", 999, "--n", 999, "--k", 999, "--format", "json").stdout)
        truth = 5e-6 + math.hypot(2 * 999**3 / 30e12, 12 * 999**2 / 1.5e12)
        self.assertAlmostEqual(answer[0]["time_s"] / truth, 1, delta=0.05)

    def test_too_few_shapes_become_none(self):
        records = self.records(shape_records(29))
        shown = derate("calibrate", records, "--format", "json")
        self.assertEqual(json.loads(shown.stdout)["gemm_models"], [])
        self.assertNotIn("model", derate("calibrate", records).stdout)


if __name__ == "__main__":
    unittest.main()
