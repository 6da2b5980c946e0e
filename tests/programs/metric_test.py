# SPDX-License-Identifier: Apache-2.0
# --metric of gate, compare, track and noise: a program whose wall time is unsteady and whose CPU time
# is not, and what has no CPU time.
import json
import unittest

from cli import SOURCE, derate
from gating import QUICK, GateTest, judgements
from history_data import NAMES, write_run

RECORDS = SOURCE / "tests/golden/records.jsonl"
UNSTEADY = ["--wait-sd", 0.3]
CPU_TIME = ["--metric", "cpu_time"]
WAITING = "waiting (for files, locks or other devices) is not in it"


class Gate(GateTest):
    def gate_of(self, *candidate, base=UNSTEADY, flags=CPU_TIME, **options):
        return self.gate(*UNSTEADY, *candidate, base=base, flags=flags, **options)

    def test_by_cpu_time_finds_what_wall_time_hides(self):
        result = self.gate_of("--slower", 1.03)
        self.assertEnds(result, 1)
        self.assertOnly(judgements(result.stdout), "regression", benchmark="BM_work/3 (cpu_time)")
        verdict = json.loads(result.stdout)
        self.assertEqual(verdict["metric"], "cpu_time")
        for each in verdict["judgements"]:
            self.assertGreater(each["base_wall_s"], 1.05 * each["base_s"])
        self.out = self.out / "wall"
        result = self.gate_of("--slower", 1.03, flags=[])
        self.assertEnds(result, 4)
        self.assertEqual(json.loads(result.stdout)["metric"], "real_time")

    def test_by_cpu_time_says_what_is_not_in_it(self):
        self.assertEnds(self.gate_of(), 0)
        for form in ("table", "markdown"):
            said = derate("gate", "--base", self.command(*UNSTEADY), "--candidate",
                          self.command(*UNSTEADY), "--out", self.out, *QUICK, *CPU_TIME,
                          "--format", form, "--all")
            self.assertEnds(said, 0)
            self.assertEqual(said.stdout.replace("\n", " ").count(WAITING), 1, said.stdout)
            self.assertIn("wall: candidate", said.stdout)

    def test_is_not_resumed_by_another_metric(self):
        self.assertEnds(self.gate_of(), 0)
        for other in ("real_time", "auto"):
            self.assertRefused(self.gate_of(flags=["--metric", other]), 2, "its metric is", other)

    def test_of_auto_keeps_what_it_took(self):
        result = self.gate_of(flags=["--metric", "auto"])
        (said,) = [note for note in json.loads(result.stdout)["notes"] if "--metric auto" in note]
        again = self.gate_of(flags=["--metric", "auto"])
        self.assertEqual(again.stdout, result.stdout)
        self.assertIn(said.split()[3].rstrip(":"), ("real_time", "cpu_time"))

    def test_of_auto_takes_wall_time_of_what_times_itself(self):
        result = self.gate("--suffix", "/manual_time", base=["--suffix", "/manual_time"],
                           flags=["--metric", "auto"])
        self.assertEnds(result, 0)
        self.assertEqual(json.loads(result.stdout)["metric"], "real_time")

    def test_of_records_has_no_cpu_time(self):
        records = ["--records", RECORDS]
        result = self.gate(*records, base=records, flags=CPU_TIME)
        self.assertRefused(result, 5, "states no CPU time, as no record of derate does")
        self.assertEqual(len(self.calls()), 2)  # not after a stage

    def test_refuses_other_words(self):
        self.assertRefused(self.gate(flags=["--metric", "time"]), 2, "--metric", "auto")


class Noise(GateTest):
    def test_is_that_of_cpu_time(self):
        result = derate("noise", "--command", self.command(*UNSTEADY), "--pairs", 8, "--out",
                        self.out, "--seed", 78, *CPU_TIME)
        self.assertEnds(result, 0)
        self.assertIn("wall time", result.stdout.splitlines()[0])
        self.assertIn("BM_work/0 (cpu_time)", result.stdout)
        self.assertIn("in 8 of 8 benchmarks", result.stdout)
        self.assertIn(WAITING, result.stdout)


class FinishedRuns(GateTest):
    def run_of(self, name, cpu_factor=1.0, load=0.1, **options):
        path = write_run(self.state / name, 1, **options)
        run = json.loads(path.read_text())
        run["context"]["load_avg"] = [load, load, load]
        for row in run["benchmarks"]:
            row["cpu_time"] *= cpu_factor
        path.write_text(json.dumps(run))
        return path

    def test_are_compared_by_cpu_time(self):
        files = [self.run_of("a.json"), self.run_of("b.json", 1.5)]
        for metric, change in (("real_time", 0), ("cpu_time", 0.5)):
            verdict = json.loads(derate("compare", *files, "--metric", metric, "--format",
                                        "json").stdout)
            self.assertEqual(verdict["metric"], metric)
            for each in verdict["judgements"]:
                self.assertAlmostEqual(each["candidate_s"] / each["base_s"], 1 + change, places=6)
        self.assertRefused(derate("compare", RECORDS, RECORDS, *CPU_TIME), 5, "no CPU time")

    def test_are_not_judged_by_the_noise_of_another_metric(self):
        noise = self.state / "noise.json"
        files = [self.run_of("a.json"), self.run_of("b.json", 1.5)]
        for suffix, code in (("", 4), (" (cpu_time)", 1)):
            noise.write_text(json.dumps([{"benchmark": name + suffix, "pair_sd": 0.002, "pairs": 12}
                                         for name in NAMES]))
            self.assertEnds(derate("compare", *files, *CPU_TIME, "--noise", noise), code)

    def test_are_compared_by_what_they_say_of_the_load(self):
        quiet, busy = self.run_of("a.json"), self.run_of("b.json", load=13)
        for other, metric in ((quiet, "real_time"), (busy, "cpu_time")):
            result = derate("compare", quiet, other, "--metric", "auto", "--format", "json")
            self.assertEqual(json.loads(result.stdout)["metric"], metric)
        self.assertIn("a load of 13.0 on 8 cores", result.stdout)

    def test_are_series_of_their_own_in_a_history(self):
        """Wall time doubles from one night to the next, CPU time does not: neither is held against
        the other."""
        def tracked(path, metric):
            result = derate("track", path, "--db", self.state / "db", "--metric", metric,
                            "--format", "json")
            self.assertEnds(result, 0)
            return json.loads(result.stdout)

        for night in range(6):
            run = self.run_of(f"{night}.json", 0.5, factors={"BM_work/1": 1 + night / 1000})
            wall, cpu = tracked(run, "real_time"), tracked(run, "auto")
        for verdict in (wall, cpu):
            self.assertEqual(verdict["counts"]["unchanged"], 4, verdict)
        self.assertIn("BM_work/1 (cpu_time)", {each["benchmark"] for each in cpu["judgements"]})
        self.assertEqual(cpu["metric"], "cpu_time")
        for each in cpu["judgements"]:
            self.assertGreater(each["candidate_wall_s"], 1.8 * each["candidate_s"])
        self.assertTrue(any("every benchmark runs on one thread" in note for note in cpu["notes"]))


if __name__ == "__main__":
    unittest.main()
