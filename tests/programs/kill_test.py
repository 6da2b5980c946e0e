# SPDX-License-Identifier: Apache-2.0
# kill -9 at random moments of a run, a gate and whatever changes or exports a history: nothing is
# lost but what was under way, nothing stays behind, and the same command goes on from there.
#
# DERATE_KILLS says how many kills of each there are, DERATE_KILL_SEED at which moments.
import collections
import contextlib
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time
import unittest
import uuid

from cli import BRIEF, DERATE, FAULTY, CliTest, derate, runs, wait_until
from gating import QUICK, SCREENED, GateTest
from history_data import HistoryCase

KILLS = int(os.environ.get("DERATE_KILLS", "2"))
SEED = os.environ.get("DERATE_KILL_SEED", "1")
MARK = "DERATE_KILL_TEST"


def marked(mark):
    """The processes that run with this mark in their environment."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
    return list(filter(runs, found))


def kill_parent(process, _):
    process.kill()


def kill_group(process, _):
    os.killpg(process.pid, signal.SIGKILL)


def kill_all(_, mark):
    """As the kernel does with a control group."""
    for pid in marked(mark):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


WAYS = (kill_parent, kill_group, kill_all)
GOLDEN = (5 ** 0.5 - 1) / 2  # multiples of it spread evenly between 0 and 1


class KilledTest(CliTest):
    def timed(self, command):
        """How long the command takes when nobody disturbs it."""
        began = time.monotonic()
        self.assertEnds(subprocess.run(command, capture_output=True, text=True, timeout=60), 0)
        return time.monotonic() - began

    def kills(self, what, command):
        """Starts command(number) and kills it somewhere in the time that number 0 took, as often as
        wanted; yields what was said on standard error until then. The moments are spread evenly;
        one that comes too late does not count."""
        whole_s = self.timed(command(0))
        chance = random.Random(f"{SEED} {what}")
        counts = collections.Counter()
        self.left = 0
        for number in range(1, 20 * KILLS + 1):
            kill = WAYS[(counts.total() - counts["too late"]) % len(WAYS)]
            moment_s = whole_s * ((number * GOLDEN + chance.random() / KILLS) % 1)
            is_killed, said = self.kill(command(number), moment_s, kill)
            counts[kill.__name__ if is_killed else "too late"] += 1
            yield said
            if counts.total() - counts["too late"] == KILLS:
                break
        else:
            self.fail(f"{what}: too few kills came in time: {counts}")
        print(f"{what}: {KILLS} kills within {whole_s:.2f} s: {dict(counts)}, {self.left} left a "
              "temporary file")
        self.assertLessEqual(self.left, max(1, KILLS // 20))

    def kill(self, command, moment_s, kill):
        mark = uuid.uuid4().hex
        said = self.folder() / "said"
        with said.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file,
                                       env=os.environ | {MARK: mark}, start_new_session=True)
        time.sleep(moment_s)
        is_killed = process.poll() is None
        if is_killed:
            kill(process, mark)
        code = process.wait(timeout=60)
        self.died()
        try:
            wait_until(lambda: not marked(mark), "the end of every process", 10)
        finally:
            kill_all(process, mark)
        is_killed = is_killed and code == -signal.SIGKILL  # it may have been quicker
        text = said.read_text(encoding="utf-8")
        self.assertEqual(code, -signal.SIGKILL if is_killed else 0, text)
        return is_killed, text

    def died(self):
        """Called when the program is dead; its children may just hear of it."""

    def names(self, folder):
        """What lies in a folder. A temporary file has a name for some microseconds, between linkat()
        and rename(): a kill just then leaves it. That may be, but seldom, and is counted."""
        left = list(folder.glob(".derate-*"))
        self.assertLessEqual(len(left), 1)
        self.left += len(left)
        for path in left:
            path.unlink()
        return {path.name for path in folder.glob("*")}

    def whole_lines(self, file, before):
        """The lines that came to a file whose content was `before`, each of JSON. The last may be
        half of one: that was under way."""
        now = file.read_bytes() if file.exists() else b""
        self.assertTrue(now.startswith(before), file)
        return [json.loads(line) for line in now[len(before):].rpartition(b"\n")[0].split(b"\n")
                if line]


class Run(KilledTest):
    """Every other run goes into the folder of the one before."""
    ROUNDS = 6

    def command(self, number):
        self.out = self.home / f"out-{(number + 1) // 2}"
        self.before = {path.name: path.read_bytes() for path in self.out.glob("*")}
        self.again = ["run", "--bench", FAULTY, "--device=host", "--rounds=1",
                      "--filter=a_healthy|z_healthy", "--out", self.out, "--", *BRIEF,
                      f"--benchmark_repetitions={self.ROUNDS // 2}"]
        return [DERATE, *self.again]

    def recorded(self):
        records = self.out / "records.jsonl"
        return records.read_bytes().count(b"\n") if records.exists() else 0

    def died(self):
        self.recorded_at_death = self.recorded()

    def assertWhole(self, name, *command):
        """A file of the folder is what it was, or what the command now makes of the records."""
        file, again = self.out / name, self.folder() / name
        if not file.exists() or file.read_bytes() == self.before.get(name):
            return
        result = derate(*command, self.out, *(["-o", again] if command[0] == "calibrate" else []))
        self.assertEnds(result, 0)
        self.assertEqual(file.read_text(), again.read_text() if again.exists() else result.stdout)

    def test_is_killed(self):
        self.home = self.folder()
        for said in self.kills("run", self.command):
            records = self.out / "records.jsonl"
            new = self.whole_lines(records, self.before.get("records.jsonl", b""))
            self.assertLessEqual(len(re.findall(r"^\[\d+/\d+", said, re.MULTILINE)), len(new), said)
            # No child went on behind the row that was under way.
            self.assertLessEqual(self.recorded() - self.recorded_at_death, 1)
            self.assertLessEqual(self.names(self.out),
                                 {"records.jsonl", "report.md", "report.html", "calibration.json"})
            if self.recorded() == 0:
                continue
            self.assertEnds(derate("report", self.out), 0)
            self.assertWhole("report.md", "report", "--format", "markdown")
            self.assertWhole("calibration.json", "calibrate")
        had = records.read_bytes() if records.exists() else b""
        self.assertEnds(derate(*self.again), 0)
        self.assertEqual(len(self.whole_lines(records, had)), self.ROUNDS)


class Gate(KilledTest, GateTest):
    def command_for(self, number):
        self.out = self.home / f"gate-{number}"
        self.state = self.home / f"state-{number}"
        shutil.rmtree(self.out, ignore_errors=True)
        shutil.rmtree(self.state, ignore_errors=True)
        self.state.mkdir()
        program = self.command("--benchmarks", 3)
        self.again = ["gate", "--base", program, "--candidate", program, "--out", self.out, *QUICK]
        return list(map(str, [DERATE, *self.again]))

    def test_is_killed(self):
        self.home = self.folder()
        for _ in self.kills("gate", self.command_for):
            processes = self.out / "gate"
            kept = self.whole_lines(processes / "processes.jsonl", b"")
            for line in kept:
                name = f"{line['stage']}-{line['pair']:02}-{line['side']}.json"
                json.loads((processes / name).read_text(encoding="utf-8"))
            self.assertEnds(derate(*self.again), 0)
            # One was under way, if it came so far as to say that it was called.
            self.assertLessEqual(len(self.calls()), SCREENED + 1)
            all_lines = self.whole_lines(processes / "processes.jsonl", b"")
            self.assertEqual((all_lines[:len(kept)], len(all_lines)), (kept, SCREENED))
            self.assertEqual(self.names(self.out), {"gate", "gate.json"})
            self.assertEqual({path.suffix for path in processes.iterdir()}, {".json", ".jsonl"})


class History(KilledTest, HistoryCase):
    """Each kill meets a copy of the same history."""
    NAMES = {f"BM_work/{size}": 10.0 * size for size in range(1, 100)}

    def fill(self, name, seeds):
        """A history with a session of each seed."""
        self.db = self.home / name
        for seed in seeds:
            self.add(seed, names=self.NAMES)
        return self.db

    def copy(self, original, number):
        self.db = self.home / str(number) / "history.sqlite"
        shutil.rmtree(self.db.parent, ignore_errors=True)
        self.db.parent.mkdir()
        shutil.copy(original, self.db)

    def assertAllOrNothing(self, command, file, count):
        original = self.fill("two.sqlite", [1, 2])

        def started(number):
            self.copy(original, number)
            return [DERATE, "history", command, file, "--db", self.db]

        for _ in self.kills(f"history {command}", started):
            sessions = self.sessions()
            self.assertIn(len(sessions), (2, 2 + count))
            self.assertEqual({session["measurements"] for session in sessions}, {len(self.NAMES)})
            self.assertSound()
            self.assertEnds(self.history(command, file), 0)
            self.assertEqual(len(self.sessions()), 2 + count)
            self.assertEqual(self.names(self.db.parent), {"history.sqlite"})

    def test_is_killed_while_it_adds(self):
        self.assertAllOrNothing("add", self.run_file(3, names=self.NAMES), 1)

    def test_is_killed_while_it_imports(self):
        file = self.home / "export.jsonl"
        self.fill("other.sqlite", range(10, 20))
        self.assertEnds(self.history("export", "-o", file), 0)
        self.assertAllOrNothing("import", file, 10)

    def test_is_killed_while_it_exports(self):
        original = self.fill("two.sqlite", [1, 2])
        new = self.history("export").stdout

        def started(number):
            self.copy(original, number)
            (self.db.parent / "file").write_text("old\n")
            return [DERATE, "history", "export", "--db", self.db, "-o", self.db.parent / "file"]

        for _ in self.kills("history export", started):
            self.assertIn((self.db.parent / "file").read_text(), ("old\n", new))
            self.assertEqual(self.names(self.db.parent), {"file", "history.sqlite"})


if __name__ == "__main__":
    unittest.main()
