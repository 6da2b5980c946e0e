# SPDX-License-Identifier: Apache-2.0
# Links that somebody else has put where a program writes: what they point to is neither changed nor
# made, whichever command meets them under a name that it made up itself.
import json
import os
import shutil
import unittest

from cli import BRIEF, FAULTY, MeasuredTest, derate, derate_run, run
from gating import QUICK, GateTest
from history_data import write_run

# How many processes a command starts at most, and what the names of temporary files were like when
# these had the number of the process in them.
PROCESSES = 60
OF_PROCESS = "{target}.{process}.part"


class Planted:
    """A folder with a victim outside, which `plant` makes links to."""

    def begin(self, is_there=True):
        self.out = self.folder()
        self.victim = self.folder() / "victim"
        self.is_there = is_there
        if is_there:
            self.victim.write_text("precious")

    def plant(self, *names):
        for name in names:
            (self.out / name).symlink_to(self.victim)

    def plant_for_processes(self, *targets):
        """To be called between fork() and exec(): the processes to come are known by then."""
        first = os.getpid()
        self.plant(*(OF_PROCESS.format(target=target, process=process) for target in targets
                     for process in range(first, first + PROCESSES)))

    def assertSpared(self, *written):
        """What was written lies under these names, and links lead where they led."""
        if self.is_there:
            self.assertEqual(self.victim.read_text(), "precious")
        else:
            self.assertFalse(self.victim.exists())
        files = {path.name for path in self.out.iterdir() if not path.is_symlink()}
        self.assertEqual(files, set(written))


class OneFile(Planted, MeasuredTest):
    def assertWritten(self, is_there, target, program, *arguments):
        with self.subTest(program=arguments, is_there=is_there):
            self.begin(is_there)
            words = [str(word).format(out=self.out) for word in arguments]
            result = program(*words, preexec_fn=lambda: self.plant_for_processes(target))
            self.assertEnds(result, 0)
            self.assertTrue((self.out / target).read_text())
            self.assertSpared(target)

    def test_by_each_command_that_writes_one(self):
        home = self.folder()
        product = home / "product.jsonl"
        product.write_text(json.dumps(self.record | {"workload": "gemm",
                                                     "problem": "m:512/n:512/k:512"}) + "\n")
        old = write_run(home / "old.json", 1)
        new = write_run(home / "new.json", 2)
        db = home / "history.sqlite"
        self.assertEnds(derate("history", "add", old, "--db", db), 0)
        for target, *arguments in (
                ("a.json", "calibrate", self.records, "-o", "{out}/a.json"),
                ("b.csv", "export", "csv", product, "-o", "{out}/b.csv"),
                ("c.jsonl", "history", "export", "--db", db, "-o", "{out}/c.jsonl"),
                ("d.xml", "compare", old, new, "--force", "--fail-on", "invalid",
                 "--write", "junit={out}/d.xml")):
            for is_there in (True, False):
                self.assertWritten(is_there, target, derate, *arguments)

    def test_by_tuning(self):
        def tune(*arguments, **options):
            return run(FAULTY, "--derate_device=host", *BRIEF, "--benchmark_filter=tunable/",
                       *arguments, **options)
        self.assertWritten(True, "tuning.json", tune, "--derate_tune={out}/tuning.json")


class Folders(Planted, MeasuredTest):
    def copy(self, is_there):
        self.begin(is_there)
        for path in self.measured.iterdir():
            shutil.copy(path, self.out)

    def test_of_a_run(self):
        for is_there in (True, False):
            with self.subTest(is_there=is_there):
                self.copy(is_there)
                names = ["report.md", "report.html", "calibration.json"]
                for name in names:
                    (self.out / name).unlink()
                self.plant(".derate-trial", *names)
                self.assertEnds(derate_run(self.out), 0)
                self.assertSpared("records.jsonl", *names)

    def test_of_a_run_whose_records_are_elsewhere(self):
        for is_there in (True, False):
            with self.subTest(is_there=is_there):
                self.begin(is_there)
                if is_there:
                    shutil.copy(self.records, self.victim)
                before = self.victim.read_bytes() if is_there else None
                self.plant("records.jsonl")
                result = derate_run(self.out)
                self.assertEnds(result, 6)
                self.assertIn("records.jsonl: it is a symbolic link", result.stderr)
                self.assertEqual(self.victim.read_bytes() if self.victim.exists() else None, before)

    def test_of_a_history(self):
        for is_there in (True, False):
            with self.subTest(is_there=is_there):
                self.begin(is_there)
                self.plant(*(f"history.sqlite-{part}" for part in ("journal", "wal", "shm")))
                new = write_run(self.folder() / "new.json", 1)
                result = derate("history", "add", new, "--db", self.out / "history.sqlite")
                self.assertIn(result.returncode, (0, 6))
                self.assertSpared("history.sqlite")


class Gates(Planted, GateTest):
    def begin(self, is_there=True):
        Planted.begin(self, is_there)
        self.out = self.out / "gate"

    def test_processes(self):
        for is_there, out in ((True, True), (False, False)):  # without {out}, what is printed is kept
            with self.subTest(is_there=is_there, out=out):
                self.setUp()
                self.begin(is_there)
                self.assertEnds(self.gate(out=out), 0)
                for path in (self.out / "gate").iterdir():
                    path.unlink()
                self.plant(".derate-trial", *(
                    f"gate/screen-{pair:02}-{side}.{kind}" for pair in range(QUICK[1])
                    for side in ("base", "candidate") for kind in ("part", "err", "json")))
                self.assertEnds(self.gate(out=out), 0)
                self.assertSpared("gate", "gate.json")

    def test_list_and_folder(self):
        self.begin(False)
        self.assertEnds(self.gate(), 0)
        (self.out / "gate" / "processes.jsonl").unlink()
        self.plant("gate/processes.jsonl")
        self.assertRefused(self.gate(), 6, "processes.jsonl: it is a symbolic link")
        self.assertFalse(self.victim.exists())
        shutil.rmtree(self.out / "gate")
        self.victim.mkdir()
        self.plant("gate")
        self.assertRefused(self.gate(), 6, "gate: it is a symbolic link")
        self.assertEqual(list(self.victim.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
