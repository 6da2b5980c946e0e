# SPDX-License-Identifier: Apache-2.0
# The flags of Google Benchmark still do what its users expect, and steer our sampler.
import json
import unittest

from cli import CliTest, healthy, read_lines


class BenchmarkFlags(CliTest):
    def records(self, *flags):
        out = self.folder() / "records.jsonl"
        self.assertEnds(healthy(*flags, f"--derate_out={out}"), 0)
        return read_lines(out)

    def test_list_tests_measures_nothing(self):
        out = self.folder() / "records.jsonl"
        result = healthy("--benchmark_list_tests", f"--derate_out={out}")
        self.assertEnds(result, 0)
        self.assertRegex(result.stdout, r"^host/faulty/a_healthy/f32/\S+\n$")
        self.assertEqual(read_lines(out) if out.exists() else [], [])

    def test_repetitions_are_rounds(self):
        records = self.records("--benchmark_repetitions=3")
        self.assertEqual(len(records), 3)
        self.assertEqual(len({record["run"] for record in records}), 1)

    def test_min_time_is_sampled_at_least(self):
        [brief] = self.records()
        [longer] = self.records("--benchmark_min_time=0.3")
        sampled = [sum(record["samples_s"]) * record["launches_per_sample"]
                   for record in [brief, longer]]
        self.assertGreaterEqual(sampled[1], 0.3)
        self.assertLess(sampled[0], sampled[1])

    def test_out_is_json_with_our_figures(self):
        folder = self.folder()
        [record] = self.records(f"--benchmark_out={folder / 'out.json'}")
        [row] = json.loads((folder / "out.json").read_text())["benchmarks"]
        median = sorted(record["samples_s"])[len(record["samples_s"]) // 2]
        self.assertEqual(row["iterations"], 1)
        self.assertAlmostEqual(row["real_time"] / (median * 1e9), 1, delta=0.5)
        self.assertAlmostEqual(row["FLOP/s"] * row["real_time"] * 1e-9 / record["flops"], 1,
                               delta=1e-6)

    def test_format_json_is_all_that_standard_output_holds(self):
        result = healthy("--benchmark_format=json", "--benchmark_repetitions=2",
                         filter="faulty/[az]_healthy")
        self.assertEnds(result, 0)
        rows = json.loads(result.stdout)["benchmarks"]
        self.assertEqual(sum(row["run_type"] == "iteration" for row in rows), 4)

    def test_data_and_cache_reach_the_record(self):
        [record] = self.records("--derate_cache=hot", "--derate_data=zeros")
        self.assertEqual((record["cache"], record["data"]), ("hot", "zeros"))

    def test_quiet_says_nothing_of_progress(self):
        self.assertIn("[1/1", healthy().stderr)
        quiet = healthy("--derate_quiet").stderr
        self.assertNotIn("[1/1", quiet)
        self.assertNotIn("no cuda device", quiet)


if __name__ == "__main__":
    unittest.main()
