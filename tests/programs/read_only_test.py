# SPDX-License-Identifier: Apache-2.0
# As in a container without rights: every file system read-only but for one folder, a user without a
# home, and nothing of the programs but what is installed.
import os
import pathlib
import shutil
import subprocess
import unittest

from cli import BRIEF, DERATE, FAULTY, HEALTHY, CliTest, read_lines
from history_data import write_run

# ENTER FOLDER WHERE COMMAND...: FOLDER alone can be written; the command begins in WHERE.
ENTER = r"""
mount --bind "$1" "$1"
while read -r _ _ _ _ point _; do
  case $point in "$1" | /proc* | /sys* | /dev*) ;; *) mount -o remount,bind,ro "$point" 2>/dev/null ;; esac
done </proc/self/mountinfo
cd "$2"
shift 2
exec setpriv --reuid=65534 --regid=65534 --clear-groups env -i PATH=/usr/bin:/bin HOME=/nonexistent "$@"
"""
NOBODY = 65534


class ReadOnly(CliTest):
    def setUp(self):
        holder = self.folder()
        holder.chmod(0o755)
        self.bin = holder / "bin"
        self.bin.mkdir()
        for program in (DERATE, FAULTY):
            shutil.copy(program, self.bin)
            (self.bin / program.name).chmod(0o755)
        self.writable = holder / "writable"
        self.writable.mkdir()
        os.chown(self.writable, NOBODY, NOBODY)
        trial = self.inside("/", "sh", "-c", "touch /tmp/x || exec id -u")
        if trial.stdout != f"{NOBODY}\n":
            self.skipTest(f"no read-only root and other user to be had here: {trial.stderr.strip()}")

    def inside(self, where, *command):
        return subprocess.run(["unshare", "-m", "sh", "-c", ENTER, "sh", self.writable, where,
                               *map(str, command)], capture_output=True, text=True, timeout=100)

    def derate(self, *arguments, where="/"):
        return self.inside(where, self.bin / "derate", *arguments)

    def measure(self, *flags, where, filter=HEALTHY):
        return self.derate("run", "--bench", self.bin / FAULTY.name, "--device=host", "--rounds=1",
                           f"--filter={filter}", *flags, "--", *BRIEF, where=where)

    def test_a_run_where_it_can_write(self):
        self.assertEnds(self.measure(where=self.writable), 0)
        [out] = (self.writable / "derate-out").iterdir()
        self.assertEqual(len(read_lines(out / "records.jsonl")), 1)
        self.assertEqual(sorted(path.name for path in out.iterdir()),
                         ["calibration.json", "records.jsonl", "report.html", "report.md"])
        self.assertEnds(self.derate("report", out), 0)

    def test_a_history_larger_than_its_cache(self):
        db = self.writable / "history.sqlite"
        for seed, benchmarks in ((1, 10), (2, 30_000)):
            run = write_run(self.writable / f"{seed}.json", seed,
                            names={f"BM_work/{size}": 1.0 + size for size in range(benchmarks)})
            self.assertEnds(self.derate("history", "add", run, "--db", db), 0)
        self.assertGreater(db.stat().st_size, 2.2e6)  # SQLite keeps 2 MB in memory, if it may
        self.assertEnds(self.derate("history", "prune", "--keep", 1, "--yes", "--db", db), 0)
        self.assertEnds(self.derate("history", "check", "--db", db), 0)

    def test_where_it_cannot_write_one_sentence_says_so(self):
        write_run(self.writable / "run.json", 1)
        for command, what in (
                (["run", "--bench", self.bin / FAULTY.name, "--device=host"], "derate-out/"),
                (["gate", "--base", "true", "--candidate", "true"], "derate-out/"),
                (["noise", "--command", "true"], "derate-out/"),
                (["history", "add", self.writable / "run.json"], "/nonexistent/")):
            with self.subTest(command[0]):
                result = self.derate(*command)
                self.assertEnds(result, 6)
                self.assertIn(what, result.stderr)
                self.assertIn("Read-only file system", result.stderr)

    def test_tuning_says_it_before_it_measures(self):
        result = self.measure("--tune", where=self.writable, filter="tunable/")
        self.assertEnds(result, 6)
        self.assertIn("cannot write /nonexistent/.cache/derate/tuning.json", result.stderr)
        self.assertNotIn("[1/", result.stderr)


if __name__ == "__main__":
    unittest.main()
