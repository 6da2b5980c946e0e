# SPDX-License-Identifier: Apache-2.0
# Collectives from the command line to the report, on a CUDA runtime and an NCCL of the tests' own: rows of
# derate_bench, their bus bandwidth in derate report, and what a fault in the middle costs.
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import unittest

BIN = pathlib.Path(os.environ["DERATE_BIN"])
OPERATIONS = {"all_reduce": 2, "all_gather": 1, "reduce_scatter": 1, "all_to_all": 1, "broadcast": None}


class Collectives(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.records = pathlib.Path(folder.name) / "records.jsonl"

    def bench(self, pattern, devices=2, suite="full", fault="", at="", **extra):
        environment = dict(os.environ, HOME="/nowhere", DERATE_NCCL_FOLDER=os.environ["DERATE_FAKE_NCCL_FOLDER"],
                           LD_LIBRARY_PATH=os.environ["DERATE_FAKE_NVML_FOLDER"], DERATE_FAKE_DEVICES=str(devices),
                           DERATE_NCCL_TIMEOUT_S="0.5", **extra)
        if fault:
            environment["DERATE_FAKE_NCCL"] = fault
        if at:
            environment["DERATE_FAKE_NCCL_AT"] = str(at)
        result = subprocess.run([BIN / "derate_collective_bench", "--derate_device=host", f"--derate_suite={suite}",
                                 "--derate_time_limit=0.02", "--derate_min_samples=3", f"--benchmark_filter={pattern}",
                                 f"--derate_out={self.records}"], capture_output=True, text=True, env=environment,
                                timeout=250)
        records = [json.loads(line) for line in self.records.read_text().splitlines()] if self.records.exists() else []
        return result, records

    def measured(self, record):
        self.assertNotIn(record["outcome"], ("failed", "incorrect", "unsupported"), record["message"])

    def test_every_variant_on_2_7_and_8_devices(self):
        for devices in (2, 7, 8):
            with self.subTest(devices):
                self.records.unlink(missing_ok=True)
                result, records = self.bench("bytes:65536|small_message/.*bytes:1024", devices)
                names = {(record["workload"], record["variant"]) for record in records}
                self.assertEqual(len(names), 14, result.stderr)
                for record in records:
                    self.measured(record)
                    self.assertIn(f"devices:{devices}", record["problem"])
                    self.assertEqual(record["provider"], "nccl")
                    self.assertEqual(record["library"], "NCCL 2.28.9")

    def test_the_report_shows_the_bus_bandwidth_of_nccl_tests(self):
        _, records = self.bench("(in|out_of)_place/.*bytes:65536", devices=8)
        rows = json.loads(subprocess.run([BIN / "derate", "report", "--format", "json", self.records],
                                         capture_output=True, text=True, check=True).stdout)["rows"]
        self.assertEqual(len(rows), 9)
        for row in rows:
            time_s = statistics.median(next(record["samples_s"] for record in records
                                            if (record["workload"], record["variant"]) ==
                                            (row["workload"], row["variant"])))
            part = OPERATIONS[row["workload"]]
            factor = 1 if part is None else part * 7 / 8
            self.assertAlmostEqual(row["achieved"] / (65536 / time_s * factor), 1, delta=1e-6, msg=row)

    def test_one_gpu_is_one_row_of_the_quick_suite_with_its_reason(self):
        result, records = self.bench(".", devices=1, suite="quick")
        self.assertEqual([(record["outcome"], record["message"]) for record in records],
                         [("unsupported", "there is no second GPU")], result.stderr)

    def test_a_fault_in_the_middle_costs_its_row(self):
        for fault, outcome, said in [
                ("end", "failed", "ncclGroupEnd failed with unhandled system error (2) at "),
                ("later", "failed", "NCCL reports on cuda:0: remote process exited or there was a network error (6)"),
                ("hang", "failed", "a collective over 2 devices did not end within 0.5 s: a rank never came"),
                ("block", "failed", "a collective over 2 devices did not end within 0.5 s: a rank never came")]:
            with self.subTest(fault):
                self.records.unlink(missing_ok=True)
                result, records = self.bench("(all_gather|all_reduce|broadcast)/in_place/.*bytes:65536", fault=fault,
                                             at=20)
                self.assertEqual(len(records), 3, result.stderr)
                self.assertEqual(records[0]["outcome"], outcome)
                self.assertTrue(records[0]["message"].startswith(said), records[0]["message"])
                for record in records[1:]:
                    self.measured(record)
                self.assertEqual(result.returncode, 1)

    def test_a_wrong_result_is_no_figure(self):
        result, records = self.bench("all_reduce/out_of_place/.*bytes:65536", fault="wrong")
        self.assertEqual([record["outcome"] for record in records], ["incorrect"], result.stderr)
        self.assertEqual(records[0]["samples_s"], [])
        self.assertIn(" on cuda:1 is ", records[0]["message"])
        self.assertEqual(result.returncode, 1)


if __name__ == "__main__":
    unittest.main()
