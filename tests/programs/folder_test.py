# SPDX-License-Identifier: Apache-2.0
# The folder of a run: whose it may be, what of it stays, and what is written into it.
import json
import os
import pathlib
import shutil
import subprocess
import time
import unittest

from cli import BRIEF, DERATE, FAULTY, HEALTHY, MeasuredTest, derate, derate_run, read_lines

FULL = pathlib.Path("/dev/full")


class Folder(MeasuredTest):
    def copy(self):
        out = self.folder() / "out"
        shutil.copytree(self.measured, out)
        return out

    def contents(self, out):
        return {path.name: path.read_bytes() for path in out.iterdir()}

    def assertUntouched(self, out, *words):
        before = self.contents(out)
        result = derate_run(out)
        self.assertEnds(result, 6)
        self.assertIn(f"derate: cannot write {out}: ", result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)
        self.assertEqual(self.contents(out), before)

    def test_of_something_else_is_left_alone(self):
        for name in ["report.md", "report.html", "calibration.json"]:
            with self.subTest(name):
                out = self.folder()
                (out / name).write_text("mine")
                self.assertUntouched(out, name, "--out")

    def test_of_another_device_is_left_alone(self):
        out = self.copy()
        other = self.record | {"device_id": "0123456789abcdef", "device_name": "Another"}
        (out / "records.jsonl").write_text("rubbish\n" + json.dumps(other) + "\n")
        self.assertUntouched(out, "Another", "--out")

    def test_is_of_one_run_at_a_time(self):
        out = self.folder() / "out"
        first = subprocess.Popen([DERATE, "run", "--bench", FAULTY, "--device=host", "--rounds=1",
                                  "--filter=slow", "--out", out, "--",
                                  "--benchmark_repetitions=100"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(500):
                if (out / "records.jsonl").exists():
                    break
                time.sleep(0.01)
            result = derate_run(out)
            self.assertEnds(result, 6)
            self.assertIn("another derate run is writing there", result.stderr)
            self.assertTrue((out / "records.jsonl").exists())
        finally:
            first.terminate()
            first.wait(30)

    def test_that_was_there_stays(self):
        out = self.folder()
        self.assertEnds(derate_run(out, filter="no_such_thing"), 2)
        self.assertEqual(list(out.iterdir()), [])

    def test_with_records_stays_as_it_is_when_none_come(self):
        out = self.copy()
        before = self.contents(out)
        self.assertEnds(derate_run(out, bench=shutil.which("false")), 1)
        self.assertEqual(self.contents(out), before)

    def test_names_that_no_file_system_takes(self):
        loop = self.folder() / "loop"
        loop.symlink_to(loop)
        for out in [loop, self.folder() / ("x" * 300), loop / "below"]:
            with self.subTest(out):
                result = derate_run(out)
                self.assertEnds(result, 6)
                self.assertIn(f"derate: cannot write {out}: ", result.stderr)


class Output(MeasuredTest):
    def run_into(self, redirection):
        out = self.folder() / "out"
        command = [DERATE, "run", "--bench", FAULTY, "--device=host", "--rounds=1",
                   f"--filter={HEALTHY}", "--out", out, "--", *BRIEF]
        # A shell would tell the code of `true`, not ours.
        result = subprocess.run(command, stdout=redirection, stderr=subprocess.PIPE, text=True,
                                timeout=60)
        return out, result

    def test_that_nobody_reads_leaves_all_files(self):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            out, result = self.run_into(writer)
        finally:
            os.close(writer)
        self.assertEnds(result, 0)
        self.assertTrue((out / "calibration.json").exists())
        self.assertEqual(len(read_lines(out / "records.jsonl")), 1)

    def test_that_nobody_reads_is_no_failure_of_the_others(self):
        for command in [["devices"], ["report", self.records], ["peak", "host"]]:
            with self.subTest(command):
                reader, writer = os.pipe()
                os.close(reader)
                result = subprocess.run([DERATE, *command], stdout=writer, stderr=subprocess.PIPE,
                                        text=True, timeout=30)
                os.close(writer)
                self.assertEnds(result, 0)

    def test_file_that_cannot_be_written_keeps_no_report_from_the_screen(self):
        out = self.folder() / "out"
        shutil.copytree(self.measured, out)
        (out / "report.md").unlink()
        (out / "report.md").mkdir()
        result = derate_run(out)
        self.assertEnds(result, 6)
        self.assertIn("a_healthy", result.stdout)
        self.assertIn(str(out / "report.md"), result.stderr)
        self.assertEqual([path.name for path in out.glob("*.part")], [])

    def test_goes_through_links(self):
        for target in ["there.json", "absent.json"]:
            with self.subTest(target):
                folder = self.folder()
                (folder / "there.json").write_text("old")
                link = folder / "link"
                link.symlink_to(target)
                self.assertEnds(derate("calibrate", self.records, "-o", link), 0)
                self.assertTrue(link.is_symlink())
                self.assertTrue(json.loads((folder / target).read_text()))
        loop = self.folder() / "loop"
        loop.symlink_to(loop)
        self.assertRefused(derate("calibrate", self.records, "-o", loop), 6, str(loop))

    @unittest.skipUnless(FULL.exists(), "there is no /dev/full")
    def test_that_fails_leaves_no_part(self):
        link = self.folder() / "full"
        link.symlink_to(FULL)
        self.assertRefused(derate("calibrate", self.records, "-o", link), 6, "No space left")
        self.assertTrue(link.is_symlink())
        self.assertFalse(pathlib.Path("/dev/full.part").exists())


if __name__ == "__main__":
    unittest.main()
