# SPDX-License-Identifier: Apache-2.0
# Processor time at n and at 4n of whatever a file or a program may hold much of: at most five times as
# much, so that nothing grows with the square. It is the least of several tries: another program only adds
# to it. User and system time together, since the kernel divides them by sampling.
import json
import random
import resource
import shlex
import unittest

from cli import DERATE, SOURCE, CliTest, run

MOST = 5
TRIES = 4
RECORD = json.loads((SOURCE / "tests/golden/records.jsonl").read_text(encoding="utf-8").splitlines()[0])


def of_children_s():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def processor_s(command, codes):
    before = of_children_s()
    ended = run(*command)
    assert ended.returncode in codes, (ended.returncode, ended.stderr[-2000:])
    return of_children_s() - before


def google(names, factor=1.0, seed=1):
    """Google Benchmark's JSON of one process."""
    noise = random.Random(seed)
    times = [1000 * factor * (1 + noise.gauss(0, 0.002)) for _ in names]
    return json.dumps({"context": {"library_build_type": "release"}, "benchmarks": [
        {"name": name, "run_type": "iteration", "real_time": time, "cpu_time": time, "time_unit": "us"}
        for name, time in zip(names, times)]})


def benchmarks(count):
    return [f"BM_work/{i}" for i in range(count)]


def sessions(count):
    """What `history export` writes of a benchmark that was measured `count` times."""
    noise = random.Random(1)
    lines = [{"derate_history": 3}, {"environment": {"id": 0, "facts": []}}]
    for i in range(count):
        lines.append({"session": {"id": i + 1, "label": "", "command": "", "kind": "add", "host": "",
                                  "time_utc": f"20{10 + i // 672}-{1 + i // 56 % 12:02}-{1 + i // 2 % 28:02}"
                                              f"T{12 * (i % 2):02}:00:00Z", "pinned": False}})
        time = 1e-3 * (1 + noise.gauss(0, 0.002))
        lines.append({"measurement": {
            "session": i + 1, "process": 0, "side": 0, "benchmark": "BM_work/0", "problem": "",
            "unit": "", "environment": 0, "outcome": "passed", "message": "", "time_s": time,
            "clock_hz": None, "amount": None, "code_hash": "", "throttle_reasons": "",
            "samples_s": [time]}})
    lines.append({"end": {"sessions": count, "measurements": count}})
    return "".join(json.dumps(line) + "\n" for line in lines)


class Scaling(CliTest):
    def setUp(self):
        self.home = self.folder()

    def file(self, name, text):
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        return path

    def records(self, *records):
        return self.file(f"{len(records)}-{len(records[0]['message'])}.jsonl",
                         "".join(json.dumps(record) + "\n" for record in records))

    # How many: so few that what is read stays in the caches.
    def assertLinear(self, n, command_for, codes=(0,)):
        """`command_for(n)` makes the files and is the command."""
        commands = {size: command_for(size) for size in (n, 4 * n)}
        best = dict.fromkeys(commands, float("inf"))
        for _ in range(TRIES):
            for size, command in commands.items():
                best[size] = min(best[size], processor_s(command, codes))
            if best[4 * n] <= MOST * best[n]:
                print(f"{self.id().split('.')[-1]}: {best[n]:.3f} s at {n}, {best[4 * n]:.3f} s at {4 * n}")
                return
        self.fail(f"processor time {best[4 * n]:.2f} s for {4 * n}, {best[n]:.2f} s for {n}")

    def compared(self, names):
        sides = [self.file(f"{name}{len(names)}-{len(names[0])}.json", google(names, factor, name))
                 for name, factor in (("base", 1), ("candidate", 1.2))]
        return [DERATE, "compare", *sides, "--all",
                *(word for form in ("markdown", "junit", "openmetrics", "json")
                  for word in ("--write", f"{form}={self.home / form}"))]

    def test_names(self):
        self.assertLinear(1_000_000, lambda n: self.compared(["é\x1b|`" * (n // 4)]), (1, 4))

    def test_messages(self):
        self.assertLinear(1_000_000, lambda n: [DERATE, "report", "--format", "markdown", "--force",
            self.records(RECORD | {"outcome": "failed", "message": "é <b>|\x1b" * (n // 7)})], (0, 1))

    def test_records(self):
        self.assertLinear(2_500, lambda n: [DERATE, "report", "--format", "csv", "--force", self.records(
            *(RECORD | {"workload": f"w{i}", "run": f"r{i}"} for i in range(n)))])

    def test_compared_benchmarks(self):
        self.assertLinear(3_000, lambda n: self.compared(benchmarks(n)), (1, 4))

    def test_changed_benchmarks_of_a_gate(self):
        def gate(n):
            for side, factor in ("base", 1), ("candidate", 1.2):
                for seed in range(5):
                    self.file(f"{side}{n}-{seed}.json", google(benchmarks(n), factor, f"{side}{seed}"))
            take = 'cp "$0-$(($$ % 5)).json" "$1"'  # another one in each process
            sides = [word for side in ("base", "candidate") for word in (
                f"--{side}", f"sh -c {shlex.quote(take)} {self.home / side}{n} {{out}}")]
            return [DERATE, "gate", *sides, "--pairs", 3, "--confirm-pairs", 4, "--restart",
                    "--out", self.home / f"gate{n}", "--format", "json"]
        self.assertLinear(1_500, gate, (1, 4))

    def test_imported_sessions(self):
        self.assertLinear(2_000, lambda n: [DERATE, "history", "import", self.file(f"{n}.txt", sessions(n)),
                                            "--db", self.home / f"{n}.sqlite"])

    def test_sessions_of_a_history(self):
        def track(n):
            database = self.home / f"{n}.sqlite"
            self.assertEnds(run(DERATE, "history", "import", self.file(f"{n}.txt", sessions(n)),
                                "--db", database), 0)
            return [DERATE, "track", self.file("next.json", google(["BM_work/0"], seed="next")), "--no-add",
                    "--db", database]
        self.assertLinear(2_000, track, (0, 1, 4))


if __name__ == "__main__":
    unittest.main()
