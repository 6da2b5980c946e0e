# SPDX-License-Identifier: Apache-2.0
# Tuning: --derate_tune measures on the host and keeps a table; what is measured later takes it, or
# says why it does not.
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from cli import BENCH, BRIEF, FAULTY, CliTest, bench, derate, read_lines, run

SMALL = "host/gemm/tiled/f32/m:512/"
CONFIGURATIONS = {"48x1024", "96x1024", "96x512", "192x256"}


class TuningTest(CliTest):
    def setUp(self):
        self.cache = self.folder()
        self.table = self.cache / "derate" / "tuning.json"
        self.environment = dict(os.environ, XDG_CACHE_HOME=str(self.cache))

    def bench(self, *flags, filter=SMALL):
        return bench(f"--benchmark_filter={filter}", "--derate_cache=hot", *flags,
                     env=self.environment)

    def tune(self, *flags, rounds=3, **options):
        result = self.bench("--derate_tune", f"--benchmark_repetitions={rounds}",
                            "--derate_half_width=1", *flags, **options)
        self.assertEnds(result, 0)
        return result

    def measure(self, *flags):
        """The record of one round, and what was said meanwhile."""
        out = self.folder() / "records.jsonl"
        result = self.bench(f"--derate_out={out}", *flags)
        self.assertEnds(result, 0)
        [record] = read_lines(out)
        return record, result.stderr

    def alter(self, **fields):
        """Writes fields of the table's device, of its problem where that has them."""
        table = json.loads(self.table.read_text())
        [device] = table["devices"]
        for name, value in fields.items():
            holder = device if name in device else device["problems"][0]
            self.assertIn(name, holder)
            holder[name] = value
        self.table.write_text(json.dumps(table, indent=2))


class Tune(TuningTest):
    def test_measures_every_configuration_and_keeps_a_table(self):
        result = self.tune(rounds=1)  # which is not enough to tell: five
        self.assertIn("tuning 1 problem, 20 measurements: measuring takes ", result.stderr)
        self.assertIn(f"written to {self.table}", result.stdout)
        lines = [line for line in result.stdout.splitlines() if "m:512/" in line]
        self.assertEqual({line.split()[3] for line in lines}, CONFIGURATIONS)
        self.assertEqual(sum("taken" in line for line in lines), 1)
        self.assertEqual(sum("usual" in line for line in lines), 1)
        self.assertTrue(any("100.0 %" in line for line in lines))
        [device] = json.loads(self.table.read_text())["devices"]
        [problem] = device["problems"]
        self.assertEqual(device["backend"], "host")
        self.assertEqual((problem["workload"], problem["variant"], problem["size_class"],
                          problem["usual"]), ("gemm", "tiled", "small", "48x1024"))
        self.assertEqual({rate["configuration"] for rate in problem["rates"]}, CONFIGURATIONS)
        self.assertTrue(all(rate["rate"] > 1e6 for rate in problem["rates"]))
        self.assertIn(problem["configuration"], CONFIGURATIONS)

    def test_adds_to_a_table_that_is_there(self):
        self.tune()
        self.tune("--derate_problem=m:256,n:256,k:256", filter="host/gemm/tiled/f32/m:256/")
        [device] = json.loads(self.table.read_text())["devices"]
        self.assertEqual({problem["problem"] for problem in device["problems"]},
                         {"m:512/n:512/k:512", "m:256/n:256/k:256"})

    def test_goes_to_a_file_that_is_named(self):
        table = self.folder() / "a" / "b.json"
        self.tune(f"--derate_tune={table}")
        self.assertTrue(json.loads(table.read_text())["devices"])
        self.assertFalse(self.table.exists())

    def test_of_a_run_is_of_the_size_that_the_run_names(self):
        result = derate("run", "--device", "host", "--rounds", 1, "--out", self.folder() / "out",
                        "--tune", "--problem", "m:100,n:100,k:100", "--filter=tiled/f32/m:100/",
                        "--", *BRIEF, "--derate_cache=hot", env=self.environment)
        self.assertEnds(result, 0)
        [device] = json.loads(self.table.read_text())["devices"]
        self.assertEqual([each["problem"] for each in device["problems"]], ["m:100/n:100/k:100"])

    def test_says_what_cannot_be_tuned(self):
        self.assertRefused(self.bench("--derate_tune", filter="host/fma_chain/simd/f32"), 2,
                           "nothing to tune", program="derate_bench")
        self.assertRefused(self.bench("--derate_tune", "--derate_out=x.jsonl"), 2,
                           "--derate_out", program="derate_bench")
        blocked = self.folder() / "file"
        blocked.write_text("")
        self.assertRefused(self.bench(f"--derate_tune={blocked}/tuning.json"), 6, str(blocked),
                           program="derate_bench")
        self.assertRefused(self.bench(f"--derate_tune={blocked}"), 5, str(blocked), "line 1",
                           program="derate_bench")
        del self.environment["XDG_CACHE_HOME"]
        self.environment.pop("HOME", None)
        self.assertRefused(self.bench("--derate_tune"), 2, "--derate_tune=FILE",
                           program="derate_bench")

    def test_replaces_an_own_table_that_cannot_be_read(self):
        self.table.parent.mkdir()
        self.table.write_text("{")
        self.assertIn("line 1: not JSON", self.tune().stderr)
        self.assertTrue(json.loads(self.table.read_text())["devices"])

    def test_keeps_what_is_finished_when_interrupted(self):
        process = subprocess.Popen(
            [BENCH, "--derate_device=host", "--derate_cache=hot", "--derate_tune", *BRIEF,
             "--benchmark_filter=gemm/tiled/f32/m:(512|2048)/"], env=self.environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8")
        deadline = time.monotonic() + 30
        while "m:512/" not in (self.table.read_text() if self.table.exists() else ""):
            self.assertIsNone(process.poll())
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        stdout, _ = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertIn("m:512/", stdout)
        [device] = json.loads(self.table.read_text())["devices"]
        self.assertEqual(device["problems"][0]["problem"], "m:512/n:512/k:512")

    def test_leaves_out_configurations_that_go_wrong(self):
        result = run(FAULTY, "--derate_device=host", *BRIEF, "--derate_tune",
                     "--benchmark_filter=tunable", env=self.environment)
        self.assertEnds(result, 1)
        [device] = json.loads(self.table.read_text())["devices"]
        problems = {problem["variant"]: problem for problem in device["problems"]}
        self.assertEqual({name: problem["configuration"] for name, problem in problems.items()},
                         {"tunable": "fast", "tunable_wrong": "slow"})
        said = {rate["configuration"]: rate["excluded"]
                for rate in problems["tunable_wrong"]["rates"]}
        self.assertEqual(said, {"slow": "", "throws": "failed: the library is in a bad mood",
                                "wrong": "incorrect: wrong result before timing: c[7] is 1, not 2"})
        self.assertIn("failed: the library is in a bad mood", result.stdout)


class Taken(TuningTest):
    def test_by_what_is_measured_later(self):
        untuned, said = self.measure()
        self.assertEqual(untuned["algorithm"], "48x1024")
        self.assertNotIn("tuned on", said)
        self.tune()
        self.alter(configuration="192x256")
        tuned, said = self.measure()
        self.assertEqual(tuned["algorithm"], "192x256, tuned")
        self.assertIn(tuned["outcome"], ("passed", "unstable"), tuned["message"])
        self.assertRegex(said, rf"1 of the benchmarks run as tuned on .*Z \({self.table}\)")
        self.assertEqual(self.measure("--derate_tuning=none")[0]["algorithm"], "48x1024")
        self.alter(configuration="48x1024")
        self.assertEqual(self.measure()[0]["algorithm"], "48x1024")

    def test_from_a_file_that_is_named_and_by_derate_run(self):
        self.tune()
        self.alter(configuration="96x512")
        named = self.folder() / "named.json"
        self.table.rename(named)
        self.assertEqual(self.measure()[0]["algorithm"], "48x1024")
        self.assertEqual(self.measure(f"--derate_tuning={named}")[0]["algorithm"], "96x512, tuned")
        out = self.folder() / "out"
        result = derate("run", "--device=host", "--rounds=2", f"--filter={SMALL}", "--out", out,
                        "--tuning", named, "--", *BRIEF, "--derate_cache=hot", env=self.environment)
        self.assertEnds(result, 0)
        self.assertEqual([r["algorithm"] for r in read_lines(out / "records.jsonl")],
                         ["96x512, tuned"] * 2)
        self.assertEqual(result.stderr.count("run as tuned on"), 1)

    def test_after_derate_run_has_tuned(self):
        out = self.folder() / "out"
        result = derate("run", "--device=host", "--rounds=1", f"--filter={SMALL}", "--out", out,
                        "--tune", "--", *BRIEF, "--derate_cache=hot", env=self.environment)
        self.assertEnds(result, 0)
        self.assertIn("tuning 1 problem,", result.stderr)
        [device] = json.loads(self.table.read_text())["devices"]
        taken = device["problems"][0]["configuration"]
        [record] = read_lines(out / "records.jsonl")
        self.assertEqual(record["algorithm"].removesuffix(", tuned"), taken)
        self.assertIn("gemm", result.stdout)
        refused = derate("run", "--device=host", "--rounds=1", "--", "--derate_tune",
                         env=self.environment)
        self.assertRefused(refused, 2, "derate run --tune")


class NotTaken(TuningTest):
    def test_of_another_device_or_build(self):
        self.tune()
        text = self.table.read_text()
        for field, value in [("device_name", "Another CPU"), ("compute_units", 999),
                             ("device_architecture", "zen99"), ("last_level_cache_bytes", 1),
                             ("tool_commit", "deadbeef"), ("tool_version", "99.0")]:
            with self.subTest(field):
                self.table.write_text(text)
                self.alter(**{field: value, "configuration": "192x256"})
                for flags in [[], [f"--derate_tuning={self.table}"]]:
                    record, said = self.measure(*flags)
                    self.assertEqual(record["algorithm"], "48x1024")
                    self.assertEqual(said.count("is not used for host: it is of"), 1, said)

    def test_with_a_configuration_that_there_is_not(self):
        self.tune()
        self.alter(configuration="7x7")
        record, said = self.measure()
        self.assertEqual(record["algorithm"], "48x1024")
        self.assertIn('configuration "7x7", which gemm/tiled/f32 does not have', said)

    def test_that_cannot_be_read(self):
        """The own one is set aside, one that was named is refused."""
        self.tune()
        for text, what in [("", "line 1: not JSON"), ("[]", "line 1: the whole is not an object"),
                           ('{"kind": "derate tuning",\n"schema": "x"}', 'line 2: field "schema"')]:
            with self.subTest(text):
                self.table.write_text(text)
                record, said = self.measure()
                self.assertEqual(record["algorithm"], "48x1024")
                self.assertIn(what, said)
                self.assertIn("nothing is taken from it", said)
                self.assertRefused(self.bench(f"--derate_tuning={self.table}"), 5, what,
                                   program="derate_bench")
        missing = self.folder() / "none.json"
        self.assertRefused(self.bench(f"--derate_tuning={missing}"), 5, str(missing),
                           program="derate_bench")
        out = pathlib.Path(self.folder()) / "out"
        refused = derate("run", "--device=host", "--out", out, "--tuning", missing, "--", *BRIEF,
                         env=self.environment)
        self.assertEnds(refused, 5)
        self.assertIn(str(missing), refused.stderr)
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
