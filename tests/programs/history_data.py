# SPDX-License-Identifier: Apache-2.0
# Runs for the tests of the history: Google Benchmark's JSON with times that a seed decides.
import json
import random

from cli import CliTest, derate

NAMES = {f"BM_work/{size}": 10.0 * size for size in range(1, 5)}


def write_run(path, seed, factors=None, driver="580.1", device="Example GPU", error=None,
              names=NAMES, sd=0.003):
    """One process; every benchmark scatters by `sd` from day to day."""
    day = random.Random(seed)
    rows = []
    for name, time in names.items():
        level = time * (factors or {}).get(name, 1) * (1 + day.gauss(0, sd))
        for repetition in range(3):
            row = {"name": name, "run_name": name, "run_type": "iteration",
                   "repetitions": 3, "repetition_index": repetition, "threads": 1,
                   "iterations": 100, "real_time": level * (1 + day.gauss(0, 0.0005)),
                   "cpu_time": level, "time_unit": "us"}
            if name == error:
                row = {**row, "error_occurred": True, "error_message": "out of memory"}
            rows.append(row)
    context = {"host_name": "runner-1", "num_cpus": 8, "library_build_type": "release",
               "device_name": device, "driver_version": driver}
    path.write_text(json.dumps({"context": context, "benchmarks": rows}), encoding="utf-8")
    return path


class HistoryCase(CliTest):
    def setUp(self):
        self.home = self.folder()
        self.db = self.home / "history.sqlite"

    def run_file(self, seed, **options):
        return write_run(self.home / f"run-{seed}.json", seed, **options)

    def history(self, command, *arguments):
        return derate("history", command, *arguments, "--db", self.db)

    def add(self, seed, *arguments, **options):
        result = self.history("add", self.run_file(seed, **options), *arguments)
        self.assertEnds(result, 0)
        return result

    def sessions(self):
        result = self.history("list", "--format", "json")
        self.assertEnds(result, 0)
        return json.loads(result.stdout)

    def assertSound(self):
        self.assertEnds(self.history("check"), 0)
