# SPDX-License-Identifier: Apache-2.0
# derate track over days as they are: containers, other CPUs, creep, two modes, simulated times.
import json
import random
import unittest

from cli import CliTest, derate

CACHES = [{"type": "Unified", "level": 3, "size": 33554432, "num_sharing": 4}]
LARGER_CACHES = [{"type": "Unified", "level": 3, "size": 50331648, "num_sharing": 4}]


class TrackKinds(CliTest):
    def setUp(self):
        self.home = self.folder()
        self.random = random.Random(7)

    def track(self, day, time_ns, **context):
        """The exit code and the output of one night's run of one benchmark."""
        context = {"date": f"2026-03-{day:02d}T02:00:00+00:00", "host_name": "runner-a", "num_cpus": 4,
                   "mhz_per_cpu": 3244, "caches": [], "library_build_type": "release"} | context
        row = {"name": "BM_Sort/4096", "run_name": "BM_Sort/4096", "run_type": "iteration",
               "iterations": 1000, "real_time": time_ns, "cpu_time": time_ns, "time_unit": "ns"}
        path = self.home / f"{day:02d}.json"
        path.write_text(json.dumps({"context": context, "benchmarks": [row]}), encoding="utf-8")
        result = derate("track", path, "--db", self.home / "h.sqlite", "--time",
                        f"2026-03-{day:02d}T02:00:00Z")
        return result.returncode, " ".join(result.stdout.split())

    def steady(self, level_ns):
        return level_ns * self.random.gauss(1, 0.002)

    def nights(self, count, **context):
        for day in range(1, count + 1):
            self.assertEqual(self.track(day, self.steady(1000), **context)[0], 0)

    def test_a_container_has_another_host_each_night(self):
        codes = [self.track(day, self.steady(1000 if day < 13 else 1200), host_name=f"c{day}")[0]
                 for day in range(1, 16)]
        self.assertEqual(codes, [0] * 12 + [4, 4, 1])

    def test_another_cpu_is_another_machine(self):
        self.nights(10, caches=CACHES)
        code, text = self.track(11, self.steady(1250), caches=LARGER_CACHES)
        self.assertEqual(code, 4)
        self.assertIn("caches is L3 Unified 50331648, was L3 Unified 33554432", text)
        # Four nights are a baseline.
        codes = [self.track(day, self.steady(1250), caches=LARGER_CACHES)[0] for day in range(12, 17)]
        self.assertEqual(codes, [4, 4, 4, 0, 0])

    def test_a_clock_is_another_machines_beyond_5_percent(self):
        self.nights(5)
        self.assertEqual(self.track(6, self.steady(1000), mhz_per_cpu=3100)[0], 0)
        code, text = self.track(7, self.steady(1000), mhz_per_cpu=2870)
        self.assertEqual(code, 4)
        self.assertIn("mhz_per_cpu is 2870, was 3100", text)

    def test_creep_beyond_the_scatter_hides_no_step(self):
        codes = [self.track(day, (1000 if day <= 10 else 1300) * 1.001 ** day)[0]
                 for day in range(1, 16)]
        self.assertEqual(codes[:10] + codes[12:], [0] * 10 + [1] * 3)

    def test_three_slow_nights_of_a_series_in_two_modes(self):
        for day, speed in enumerate("FFSFFSFFFSFFSFFFSFFSFFFSFFFSSS", 1):
            code, text = self.track(day, 100000 if speed == "F" else 103000)
            self.assertIn(code, (0, 4), text)

    def test_simulated_times_are_equal_every_night(self):
        codes = [self.track(day, 1000 if day <= 5 else 1200)[0] for day in range(1, 9)]
        self.assertEqual(codes, [0] * 5 + [4, 4, 1])


if __name__ == "__main__":
    unittest.main()
