# SPDX-License-Identifier: Apache-2.0
# Which benchmarks and which devices: filters, and names that do not exist.
import unittest

from cli import (BENCH, CliTest, bench, derate, derate_run, devices, has_gpu, healthy, read_lines,
                 run)


def names(*flags):
    """What --benchmark_list_tests lists."""
    result = run(BENCH, "--derate_device=host", "--benchmark_list_tests", *flags)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


class Filters(CliTest):
    def test_select_by_regular_expression(self):
        every = names()
        self.assertGreater(len(every), 5)
        gemm = names("--benchmark_filter=gemm/")
        self.assertEqual(gemm, [name for name in every if "gemm/" in name])
        self.assertTrue(gemm)
        self.assertEqual(names("--benchmark_filter=all"), every)

    def test_a_leading_minus_selects_the_others(self):
        others = names("--benchmark_filter=-gemm")
        self.assertEqual(others, [name for name in names() if "gemm" not in name])
        self.assertTrue(others)

    def test_anchors_hold_for_the_name_in_the_record(self):
        out = self.folder() / "records.jsonl"
        name = "host/faulty/a_healthy/f32/n:1"
        self.assertEnds(healthy(f"--derate_out={out}", filter=f"^{name}$"), 0)
        [record] = read_lines(out)
        self.assertEqual(name, "/".join(record[field] for field in
                                        ["backend", "workload", "variant", "precision", "problem"]))

    def test_anchors_hold_for_the_name_in_the_list(self):
        [name] = names("--benchmark_filter=fma_chain/simd/f32")
        self.assertEqual(names(f"--benchmark_filter=^{name}$"), [name])
        self.assertNotIn(name, names(f"--benchmark_filter=-^{name}$"))

    def test_without_a_match_names_an_example(self):
        refused = bench("--benchmark_filter=no_such_thing")
        self.assertRefused(refused, 2, "no_such_thing", "for example host/", program="derate_bench")

    def test_run_without_a_match_leaves_no_folder(self):
        out = self.folder() / "out"
        result = derate_run(out, filter="no_such_thing")
        self.assertEnds(result, 2)
        self.assertIn("no_such_thing", result.stderr)
        self.assertFalse(out.exists())

    def test_flags_may_stand_behind_a_list_of_devices(self):
        refused = derate("run", "--device", "host", "--", "--benchmark_filter=no_such_thing")
        self.assertEnds(refused, 2)
        self.assertIn("no_such_thing", refused.stderr)
        self.assertNotIn("not expected", refused.stderr)

    def test_that_are_no_regular_expression(self):
        self.assertRefused(bench("--benchmark_filter=gemm["), 2, "gemm[", program="derate_bench")

    def test_that_would_overflow_the_stack(self):
        self.assertRefused(bench(f"--benchmark_filter={'(' * 30000}"), 2, "--benchmark_filter",
                           "1000 characters", program="derate_bench")
        self.assertRefused(bench(f"--benchmark_filter={'(' * 1000}"), 2, program="derate_bench")


class Devices(CliTest):
    def test_that_do_not_exist_are_named_with_those_that_do(self):
        for selector in ["host:7", "cuda:99", "tpu", "host,tpu"]:
            with self.subTest(selector):
                wrong = selector.split(",")[-1]
                result = derate("run", "--device", selector)
                self.assertRefused(result, 2, f'"{wrong}"', "auto, all")
                result = run(BENCH, f"--derate_device={selector}")
                self.assertRefused(result, 2, f'"{wrong}"', "host", program="derate_bench")

    def test_of_a_backend_without_any(self):
        if has_gpu():
            self.skipTest("this machine has a GPU")
        result = derate("run", "--device", "cuda")
        self.assertEnds(result, 77)
        self.assertIn("derate: no cuda device: ", result.stderr)
        self.assertEnds(run(BENCH, "--derate_device=cuda"), 77)

    def test_are_listed_with_the_reason_for_those_that_are_not(self):
        self.assertIn("host", [device["device"] for device in devices()])
        if not has_gpu():
            self.assertIn("no cuda device: ", derate("devices").stderr)

    def test_named_twice_are_measured_once(self):
        out = self.folder() / "records.jsonl"
        result = healthy("--derate_device=host,host:0", f"--derate_out={out}")
        self.assertEnds(result, 0)
        self.assertEqual(len(read_lines(out)), 1)


if __name__ == "__main__":
    unittest.main()
