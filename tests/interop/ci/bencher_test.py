# SPDX-License-Identifier: Apache-2.0
# Bencher's metrics, against its published schema, and what its server checks besides: lengths.
import json
import unittest

from reading import GOLDEN, REGRESSED, judgements, need_file, need_module

jsonschema = need_module("jsonschema", "python3-jsonschema")
SCHEMA = json.loads(need_file("bencher/services/console/public/bmf.json").read_text())
METRICS = json.loads((GOLDEN / "comparison_bencher.json").read_text(encoding="utf-8"))


class Bencher(unittest.TestCase):
    def test_is_what_the_schema_says(self):
        jsonschema.Draft7Validator(SCHEMA).validate(METRICS)
        self.assertFalse(jsonschema.Draft7Validator(SCHEMA).is_valid({"name": {"latency": {"value": "1"}}}))

    def test_values(self):
        judged = judgements()
        self.assertEqual(set(METRICS), {name for name, judgement in judged.items() if judgement["verdict"]
                                        not in ("invalid", "not_comparable", "environment")})
        for name, measures in METRICS.items():
            self.assertTrue(0 < len(name.encode()) <= 1024)
            latency = measures["latency"]
            self.assertAlmostEqual(latency["value"] / (judged[name]["candidate_s"] * 1e9), 1, places=8)
            for measure, metric in measures.items():
                self.assertRegex(measure, r"^[a-z0-9]+(-[a-z0-9]+)*$")
                self.assertLessEqual(len(measure), 64)
                self.assertLess(metric["lower_value"], metric["value"])
                self.assertLess(metric["value"], metric["upper_value"])
        self.assertAlmostEqual(METRICS[REGRESSED]["time-ratio"]["value"], 1.0314)
        self.assertAlmostEqual(METRICS[REGRESSED]["byte-per-second"]["value"] / (64 / 41.256e-9), 1, places=6)


if __name__ == "__main__":
    unittest.main()
