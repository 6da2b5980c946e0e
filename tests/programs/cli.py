# SPDX-License-Identifier: Apache-2.0
# What the tests of the command line share: running a program, and one small real measurement.
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

os.umask(0o022)  # some tests become another user, who is to read what they made

BIN = pathlib.Path(os.environ["DERATE_BIN"])
SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
DERATE = BIN / "derate"
BENCH = BIN / "derate_bench"
FAULTY = BIN / "derate_faulty_bench"

# The shortest measurement that is one: these tests look at everything but the figures.
BRIEF = ["--derate_time_limit=0.02", "--derate_min_samples=3"]
FMA = "fma_chain/simd/f32"
# A workload of FAULTY, which is derate_bench but for its workloads, that claims next to nothing: how
# a measurement of it ends does not hang on what else the machine does, as that of a chain at 99 % of
# its peak may.
HEALTHY = "faulty/a_healthy/f32"


def run(program, *arguments, **options):
    """Ends with a CompletedProcess whose output is text."""
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                          encoding="utf-8", timeout=250, **options)


def derate(*arguments, **options):
    return run(DERATE, *arguments, **options)


def bench(*arguments, **options):
    """derate_bench on the host, which every machine has."""
    return run(BENCH, "--derate_device=host", *BRIEF, *arguments, **options)


def healthy(*arguments, filter=HEALTHY, **options):
    """The same of workloads that end well on any machine."""
    return run(FAULTY, "--derate_device=host", *BRIEF, f"--benchmark_filter={filter}", *arguments,
               **options)


def derate_run(out, *arguments, bench=FAULTY, bench_flags=(), filter=HEALTHY):
    """One round of what ends well on any machine."""
    return derate("run", "--bench", bench, "--device", "host", "--rounds", 1,
                  f"--filter={filter}", "--out", out, *arguments, "--", *BRIEF, *bench_flags)


def read_lines(path):
    """Every record of a file, which must be nothing but whole lines of JSON."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    assert text == "" or text.endswith("\n"), f"{path} ends within a line"
    return [json.loads(line) for line in text.splitlines()]


def has_history():
    return "not in this build" not in derate("--help").stdout


def has_gpu():
    return any(d["backend"] == "cuda" for d in devices())


def devices():
    found = json.loads(derate("devices", "--format", "json").stdout)
    for device in found:
        device["backend"] = device["device"].split(":")[0]
    return found


def interrupt_after_records(process, records, count, signals=(signal.SIGINT,)):
    """Sends the signals once `records` holds `count` lines; the program's exit code and stderr."""
    deadline = time.monotonic() + 30
    while not (records.exists() and records.read_bytes().count(b"\n") >= count):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"no {count} records came: {process.communicate()}")
        time.sleep(0.01)
    time.sleep(0.1)  # well into the next round
    for each in signals:
        process.send_signal(each)
        time.sleep(0.1)
    _, stderr = process.communicate(timeout=30)
    return process.returncode, stderr


def wait_until(true, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"never came: {what}")
        time.sleep(0.01)


def state_of(pid):
    """The kernel's letter for what a process does: "S" for sleeping, "T" for stopped."""
    with contextlib.suppress(OSError):
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return ""


def runs(pid):
    return state_of(pid) not in ("", "Z")


def measuring(records):
    """The processes that write to `records`, as their command line says."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if f"--derate_out={records}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return found


class CliTest(unittest.TestCase):
    maxDiff = None

    def folder(self):
        """A temporary folder that goes with the test."""
        holder = tempfile.TemporaryDirectory(prefix="derate-cli-")
        self.addCleanup(holder.cleanup)
        return pathlib.Path(holder.name)

    def assertEnds(self, result, code):
        self.assertEqual(result.returncode, code,
                         f"{result.args}\nstdout: {result.stdout}\nstderr: {result.stderr}")

    def assertRefused(self, result, code, *words, program="derate"):
        """Ended with `code`, nothing on standard output, and one sentence that holds all words."""
        self.assertEnds(result, code)
        self.assertEqual(result.stdout, "")
        said = [line for line in result.stderr.splitlines() if line.startswith(program + ": ")
                and not line.startswith(program + ": no cuda device: ")]
        self.assertEqual(len(said), 1, result.stderr)
        for word in words:
            self.assertIn(word, said[0])


class MeasuredTest(CliTest):
    """Tests that share one measured folder; they must not change it."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="derate-cli-")
        cls.addClassCleanup(holder.cleanup)
        cls.measured = pathlib.Path(holder.name) / "out"
        result = derate_run(cls.measured)
        assert result.returncode == 0, result.stderr
        cls.records = cls.measured / "records.jsonl"
        cls.record = read_lines(cls.records)[0]
