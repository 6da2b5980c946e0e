# SPDX-License-Identifier: Apache-2.0
# Real losses, planted: each shows in its factor, and in no other by more than its interval. Clocks and
# neighbours are real too, so that a busy machine fails some: scripts/soak runs these, with DERATE_PLANTS
# rounds of each; without it there is one, of the stages whose times are known.
import csv
import io
import os
import pathlib
import subprocess
import unittest

from cli import BIN, CliTest, derate

PLANTED = BIN / "derate_planted_stages"
SHORT = BIN / "derate_short_vectors"
PLANTS = int(os.environ.get("DERATE_PLANTS", "0"))
ATTEMPTS = 4
# Of planted_stages.cpp's repetitions.
KNOWN_FACTORS = {"L1 cache": 40 / 44, "L2 cache": 44 / 48, "L3 cache": 48 / 52, "memory": 52 / 60, "tail": 1.0}


def edge_that_fits_l2():
    """The largest multiple of 128 whose square of floats leaves a third of L2 free."""
    size = pathlib.Path("/sys/devices/system/cpu/cpu0/cache/index2/size")
    l2_bytes = int(size.read_text(encoding="utf-8").strip().rstrip("K")) * 1024 if size.exists() else 2**20
    return max(128, int((l2_bytes * 2 / 3 / 4) ** 0.5) // 128 * 128)


def is_known(row):
    return row["part"] == "whole" and row["value"]


class PlantedStages(CliTest):
    def factors(self, *arguments, plant=None, rounds=3):
        environment = {**os.environ, **({"DERATE_PLANT": plant} if plant else {})}
        result = derate("explain", "gemm", "--device=host", "--format=csv", f"--rounds={rounds}",
                        f"--most-rounds={rounds}", "--out", self.folder() / "out", *arguments, env=environment)
        self.assertIn(result.returncode, (0, 1), result.stderr)
        rows = list(csv.DictReader(io.StringIO(result.stdout)))
        self.said = next(row["note"] for row in rows if row["part"] == "delivered")
        return {row["factor"]: [float(row[name]) if row[name] else float("nan")
                                for name in ("value", "low", "high")] for row in rows if is_known(row)}

    def planted(self, stage, rounds=3):
        return self.factors("--bench", PLANTED, "--m=100", "--n=100", "--k=100", plant=stage, rounds=rounds)

    def test_the_stages_that_were_put_in_come_out(self):
        # Neighbours that take a core disturb some attempts, a wrong factor is wrong in all of them.
        off = {}
        for _ in range(ATTEMPTS):
            factors = self.planted(None, rounds=1)
            if not factors and "disturbed: other programs" in self.said:
                continue
            off = {factor: (factors[factor][0], wanted) for factor, wanted in KNOWN_FACTORS.items()
                   if not abs(factors[factor][0] - wanted) <= 0.05}
            if not off:
                return
        if not off:
            self.skipTest(self.said)
        self.fail(f"measured and wanted in the last of {ATTEMPTS} attempts: {off}")

    @unittest.skipUnless(PLANTS, "scripts/soak sets DERATE_PLANTS: a busy machine fails it")
    def test_panels_forced_out_of_a_cache_show_there_alone(self):
        for _ in range(PLANTS):
            before = self.planted(None, rounds=5)
            after = self.planted("l2", rounds=5)
            for factor, (value, low, high) in after.items():
                was, was_low, was_high = before[factor]
                both = (high - low) / 2 + (was_high - was_low) / 2 + 0.002
                wanted = was / 1.1 if factor == "L2 cache" else was
                with self.subTest(factor=factor):
                    self.assertAlmostEqual(value, wanted, delta=both)
            self.assertLess(after["L2 cache"][0], 0.95 * before["L2 cache"][0])

    @unittest.skipUnless(PLANTS and len(os.sched_getaffinity(0)) > 1, "scripts/soak sets DERATE_PLANTS")
    def test_a_thread_slowed_by_another_program_shows_as_that(self):
        # In L2: after a stop of 1 ms or more a shared L3 itself is slower (docs/attribution.md).
        size = [f"--{name}={edge_that_fits_l2()}" for name in "mnk"] + ["--variant=tiled"]
        for _ in range(PLANTS):
            before = self.factors(*size, rounds=5)
            # A shell, as it takes next to nothing of the caches, which are other factors.
            core = str(max(os.sched_getaffinity(0)))
            busy = subprocess.Popen(["taskset", "-c", core, "sh", "-c", "while :; do :; done"])
            try:
                after = self.factors(*size, rounds=5)
            finally:
                busy.kill()
                busy.wait()
            self.assertLess(after["waiting for a core"][0], 0.8)
            self.assertGreater(before["waiting for a core"][0], 0.9)
            for factor in ("L1 cache", "L2 cache", "L3 cache", "memory", "tail"):
                value, low, high = after[factor]
                was, was_low, was_high = before[factor]
                both = (high - low) / 2 + (was_high - was_low) / 2 + 0.01
                with self.subTest(factor=factor):
                    self.assertAlmostEqual(value, was, delta=both)

    @unittest.skipUnless(PLANTS, "scripts/soak sets DERATE_PLANTS: a busy machine fails it")
    def test_a_shorter_vector_shows_as_issue(self):
        # What is issued at half the rate waits less for the caches: those may only gain.
        size = ["--m=1024", "--n=1024", "--k=1024", "--variant=tiled"]
        for _ in range(PLANTS):
            before = self.factors(*size, rounds=5)
            after = self.factors(*size, "--bench", SHORT, rounds=5)
            if "avx512f" not in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"):
                self.skipTest("the CPU has no longer vectors")
            self.assertAlmostEqual(after["issue"][0] / before["issue"][0], 0.5, delta=0.1)
            for factor in ("L1 cache", "L2 cache", "L3 cache", "memory"):
                value, low, high = after[factor]
                was, was_low, was_high = before[factor]
                both = (high - low) / 2 + (was_high - was_low) / 2 + 0.02
                with self.subTest(factor=factor):
                    self.assertGreater(value, was - both)


if __name__ == "__main__":
    unittest.main()
