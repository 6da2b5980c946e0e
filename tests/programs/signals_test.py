# SPDX-License-Identifier: Apache-2.0
# Signals at bad moments, a terminal that stops background output, and a derate that is killed.
import os
import pathlib
import pty
import signal
import subprocess
import termios
import time
import unittest

from cli import (BENCH, BIN, BRIEF, DERATE, FAULTY, FMA, CliTest, measuring, read_lines, runs,
                 wait_until)

LONG = ["--derate_time_limit=0.05", "--benchmark_repetitions=500"]


class Signals(CliTest):
    def setUp(self):
        self.out = self.folder() / "out"
        self.records = self.out / "records.jsonl"

    def start(self, *flags, filter="a_healthy", bench=FAULTY, **options):
        return subprocess.Popen([DERATE, "run", "--bench", bench, "--device=host", "--rounds=2",
                                 f"--filter={filter}", "--out", self.out, "--", *flags],
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                **options)

    def has_records(self):
        return self.records.exists() and self.records.read_bytes().count(b"\n") > 1

    def test_between_the_start_of_the_bench_and_its_number(self):
        began = time.monotonic()
        environment = os.environ | {"LD_PRELOAD": str(BIN / "derate_early_signal.so"),
                                    "ASAN_OPTIONS": "verify_asan_link_order=0"}
        process = self.start("--benchmark_repetitions=20", filter="slow", env=environment)
        _, stderr = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertLess(time.monotonic() - began, 15)
        self.assertFalse(self.out.exists())

    def test_while_the_bench_still_opens_its_file(self):
        pipe = self.folder() / "pipe"
        os.mkfifo(pipe)  # opening it waits for a reader that never comes
        process = subprocess.Popen([BENCH, "--derate_device=host", f"--derate_out={pipe}",
                                    f"--benchmark_filter={FMA}"], stderr=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL)
        wait = pathlib.Path(f"/proc/{process.pid}/wchan")
        time.sleep(0.2)
        wait_until(lambda: pathlib.Path(f"/proc/{process.pid}/stat").read_text()
                   .rpartition(")")[2].split()[0] == "S" or not wait.exists(), "a bench that waits")
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)

    def test_hanging_up_keeps_what_is_finished(self):
        process = self.start(*LONG)
        wait_until(self.has_records, "records")
        process.send_signal(signal.SIGHUP)
        _, stderr = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130, stderr)
        self.assertTrue((self.out / "report.md").exists())
        self.assertEqual(measuring(self.records), [])

    def test_hanging_up_is_ignored_under_nohup(self):
        process = self.start(*BRIEF, "--benchmark_repetitions=20",
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        wait_until(self.has_records, "records")
        process.send_signal(signal.SIGHUP)
        for pid in measuring(self.records):
            os.kill(pid, signal.SIGHUP)
        _, stderr = process.communicate(timeout=200)
        self.assertEqual(process.returncode, 0, stderr)
        self.assertEqual(len(read_lines(self.records)), 40)

    def test_a_killed_derate_takes_the_bench_along(self):
        process = self.start(*LONG)
        wait_until(self.has_records, "records")
        bench = measuring(self.records)
        self.assertTrue(bench)
        process.kill()
        try:
            wait_until(lambda: not any(map(runs, bench)), "the end of the bench", 10)
        finally:
            for orphan in filter(runs, bench):
                os.kill(orphan, signal.SIGKILL)
            process.communicate(timeout=20)

    def test_a_derate_that_is_gone_before_the_bench_looks(self):
        ended = subprocess.Popen(["true"])
        ended.wait()
        result = subprocess.run([FAULTY, "--derate_device=host", "--benchmark_filter=slow",
                                 f"--derate_parent={ended.pid}"], capture_output=True, timeout=60)
        self.assertEqual(result.returncode, 130)

    def test_a_terminal_that_stops_background_output(self):
        pid, terminal = pty.fork()
        if pid == 0:
            settings = termios.tcgetattr(2)
            settings[3] |= termios.TOSTOP
            termios.tcsetattr(2, termios.TCSANOW, settings)
            os.execv(DERATE, [str(DERATE), "run", "--bench", str(FAULTY), "--device=host",
                              "--rounds=1", "--filter=a_healthy", "--out", str(self.out), "--",
                              *BRIEF])
        self.addCleanup(os.close, terminal)
        ended = []

        def has_ended():
            ended[:] = os.waitpid(pid, os.WNOHANG)
            return ended[0] == pid

        try:
            wait_until(has_ended, "the end of derate")
        except AssertionError:
            os.kill(pid, signal.SIGKILL)
            for bench in measuring(self.records):
                os.kill(bench, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise
        self.assertEqual(os.waitstatus_to_exitcode(ended[1]), 0)


if __name__ == "__main__":
    unittest.main()
