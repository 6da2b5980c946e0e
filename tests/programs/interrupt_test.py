# SPDX-License-Identifier: Apache-2.0
# Ctrl-C: exit code 130, and what was finished stays, is readable, and is reported.
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import unittest

from cli import (DERATE, FAULTY, HEALTHY, CliTest, bench, derate, healthy,
                 interrupt_after_records, read_lines)

LONG = ["--derate_time_limit=0.05", "--benchmark_repetitions=500"]


def start(*command):
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True)


def children(pid):
    """The processes that `pid` started; in the kernel's table the parent is second to the name."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            stat = path.read_text()
            if int(stat.rpartition(")")[2].split()[1]) == pid:
                found.append(int(stat.split()[0]))
    return found


class Bench(CliTest):
    def setUp(self):
        self.out = self.folder() / "records.jsonl"

    def interrupt(self, count, *flags, program=FAULTY, **options):
        process = start(program, "--derate_device=host", f"--derate_out={self.out}", *LONG, *flags)
        return interrupt_after_records(process, self.out, count, **options)

    def test_keeps_the_finished_records(self):
        for kind in [signal.SIGINT, signal.SIGTERM]:
            with self.subTest(kind):
                self.out.unlink(missing_ok=True)
                code, stderr = self.interrupt(2, "--benchmark_filter=healthy", signals=[kind])
                self.assertEqual(code, 130, stderr)
                self.assertGreaterEqual(len(read_lines(self.out)), 2)
                self.assertEnds(derate("report", self.out), 0)

    def test_in_the_first_round_leaves_nothing_half_done(self):
        code, stderr = self.interrupt(0, "--benchmark_filter=slow")
        self.assertEqual(code, 130, stderr)
        self.assertEqual(read_lines(self.out), [])

    def test_does_not_record_the_round_under_way(self):
        code, _ = self.interrupt(1, "--benchmark_filter=a_healthy|slow",
                                 "--benchmark_repetitions=1")
        self.assertEqual(code, 130)
        self.assertEqual([record["variant"] for record in read_lines(self.out)], ["a_healthy"])

    def test_can_be_resumed(self):
        self.interrupt(2, "--derate_run=mine", f"--benchmark_filter={HEALTHY}")
        kept = read_lines(self.out)
        result = healthy(f"--derate_out={self.out}", f"--benchmark_repetitions={len(kept) + 2}",
                         "--derate_run=mine", "--derate_resume")
        self.assertEnds(result, 0)
        self.assertEqual(len(read_lines(self.out)), len(kept) + 2)
        self.assertEqual(read_lines(self.out)[:len(kept)], kept)

    def test_before_the_first_record_can_be_resumed(self):
        flags = [f"--derate_out={self.out}", "--derate_run=mine", "--derate_resume"]
        self.assertEnds(healthy(*flags), 0)  # not even a file
        self.out.write_text("")
        self.assertEnds(healthy(*flags), 0)
        self.assertEqual(len(read_lines(self.out)), 1)
        self.assertRefused(bench("--derate_resume", f"--derate_out={self.out}"), 2, "--derate_run",
                           program="derate_bench")


class Run(CliTest):
    def interrupt(self, out, count, filter, *flags):
        process = start(DERATE, "run", "--bench", FAULTY, *flags, "--device=host", "--out", out, f"--filter={filter}",
                        "--", *LONG)
        return interrupt_after_records(process, out / "records.jsonl", count)

    def test_reports_and_calibrates_what_was_finished(self):
        out = self.folder() / "out"
        code, stderr = self.interrupt(out, 2, "healthy")
        self.assertEqual(code, 130, stderr)
        self.assertEqual(sorted(path.name for path in out.iterdir()),
                         ["calibration.json", "records.jsonl", "report.html", "report.md"])
        records = read_lines(out / "records.jsonl")
        self.assertGreaterEqual(len(records), 2)
        calibration = json.loads((out / "calibration.json").read_text())
        self.assertEqual(sum(factor["rounds"] for factor in calibration["factors"]), len(records))

    def test_in_the_first_round_leaves_no_folder(self):
        out = self.folder() / "out"
        code, stderr = self.interrupt(out, 0, "slow")
        self.assertEqual(code, 130, stderr)
        self.assertFalse(out.exists())

    def test_reaches_the_bench_once_when_the_terminal_sends_it_to_all(self):
        """A second Ctrl-C would end derate_bench without its report."""
        out = self.folder() / "out"
        # A session of its own, so that the signal reaches the test's own processes and no other.
        process = subprocess.Popen(
            [DERATE, "run", "--bench", FAULTY, "--device=host", "--out", out,
             "--filter=a_healthy|slow", "--", *LONG],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        groups = set()

        def to_all(signal):
            for child in children(process.pid):
                groups.add(os.getpgid(child))
            os.killpg(process.pid, signal)

        process.send_signal = to_all
        code, stderr = interrupt_after_records(process, out / "records.jsonl", 1)
        self.assertEqual(code, 130, stderr)
        self.assertNotIn("ended by signal", stderr)
        self.assertTrue((out / "report.md").exists())
        self.assertEqual(len(groups), 1)
        self.assertNotIn(process.pid, groups)


if __name__ == "__main__":
    unittest.main()
