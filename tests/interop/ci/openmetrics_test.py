# SPDX-License-Identifier: Apache-2.0
# The gauges, read by prometheus_client's parsers of OpenMetrics and of Prometheus' own text format.
import unittest

from reading import GOLDEN, REGRESSED, judgements, need_module

need_module("prometheus_client", "python3-prometheus-client")
from prometheus_client import parser as prometheus  # noqa: E402
from prometheus_client.openmetrics import parser as openmetrics  # noqa: E402

TEXT = (GOLDEN / "comparison.prom").read_text(encoding="utf-8")


def families(parser):
    return {family.name: family for family in parser.text_string_to_metric_families(TEXT)}


def values(family, label="benchmark"):
    return {sample.labels.get(label): sample.value for sample in family.samples}


class Reads(unittest.TestCase):
    def test_both_parsers_read_the_same(self):
        strict, lax = families(openmetrics), families(prometheus)
        self.assertEqual(set(strict), set(lax))
        for name, family in strict.items():
            self.assertEqual(family.type, "gauge")
            self.assertEqual(lax[name].type, "gauge")
            self.assertEqual(family.documentation, lax[name].documentation)
            self.assertEqual([(s.name, s.labels, s.value) for s in family.samples],
                             [(s.name, s.labels, s.value) for s in lax[name].samples])
            for sample in family.samples:
                self.assertIsNone(sample.timestamp)
                self.assertEqual(sample.labels["device_id"], "example-0000")

    def test_values_are_those_of_the_verdict(self):
        found = families(openmetrics)
        changes = values(found["derate_change_ratio"])
        seconds = values(found["derate_candidate_time_seconds"])
        for name, judgement in judgements().items():
            if judgement["change"] is None:
                self.assertNotIn(name, changes)
                continue
            self.assertAlmostEqual(changes[name], judgement["change"], places=8)
            self.assertAlmostEqual(seconds[name] / judgement["candidate_s"], 1, places=8)
        self.assertIn(REGRESSED, changes)
        self.assertEqual(found["derate_change_ratio"].unit, "ratio")
        self.assertEqual(found["derate_candidate_time_seconds"].unit, "seconds")

    def test_counts_and_verdicts(self):
        found = families(openmetrics)
        self.assertEqual(values(found["derate_benchmarks"], "verdict")["regression"], 2)
        self.assertEqual(sum(values(found["derate_benchmarks"], "verdict").values()), 9)
        for sample in found["derate_verdict"].samples:
            self.assertEqual(judgements()[sample.labels["benchmark"]]["verdict"],
                             sample.labels["verdict"])
        self.assertEqual(found["derate_last_run_timestamp_seconds"].samples[0].value, 1767323045)

    def test_a_file_cut_short_is_refused(self):
        with self.assertRaises(ValueError):
            list(openmetrics.text_string_to_metric_families(TEXT.replace("# EOF\n", "")))


if __name__ == "__main__":
    unittest.main()
