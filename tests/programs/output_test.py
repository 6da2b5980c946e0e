# SPDX-License-Identifier: Apache-2.0
# Places that cannot be written: said before anything is measured where that can be known.
import contextlib
import json
import pathlib
import subprocess
import unittest

from cli import DERATE, MeasuredTest, derate, derate_run, healthy

FULL = pathlib.Path("/dev/full")


class Unwritable(MeasuredTest):
    def below_a_file(self):
        path = self.folder() / "file"
        path.write_text("not a folder")
        return path / "out"

    def assertNothingMeasured(self, result):
        self.assertNotIn("[1/", result.stderr)

    def test_folder(self):
        for out in [self.below_a_file(), self.below_a_file().parent, pathlib.Path("/proc/derate")]:
            with self.subTest(out):
                result = derate_run(out)
                self.assertEnds(result, 6)
                self.assertIn(f"derate: cannot write {out}: ", result.stderr)
                self.assertNothingMeasured(result)

    def test_records_file(self):
        for out in [self.below_a_file(), self.folder()]:
            with self.subTest(out):
                result = healthy(f"--derate_out={out}")
                self.assertRefused(result, 6, str(out), program="derate_bench")
                self.assertNothingMeasured(result)

    @unittest.skipUnless(FULL.exists(), "there is no /dev/full")
    def test_records_file_on_a_full_disk_ends_the_run(self):
        result = healthy(f"--derate_out={FULL}")
        self.assertEnds(result, 6)
        self.assertIn(f"derate_bench: cannot write {FULL}: No space left", result.stderr)
        self.assertNothingMeasured(result)  # nothing is called measured that is not on disk

    def test_calibration_file(self):
        out = self.below_a_file()
        self.assertRefused(derate("calibrate", self.records, "-o", out), 6, str(out))

    @unittest.skipUnless(FULL.exists(), "there is no /dev/full")
    def test_standard_output(self):
        for command in [["schema", "record"], ["report", self.records], ["devices"],
                        ["calibrate", self.records, "--format", "json"]]:
            with self.subTest(command), FULL.open("w") as full:
                result = subprocess.run([DERATE, *command], stdout=full, stderr=subprocess.PIPE,
                                        text=True, timeout=30)
                self.assertEqual(result.returncode, 6, result.stderr)
                self.assertIn("derate: cannot write to standard output", result.stderr)


class FullDisk(MeasuredTest):
    """A file system of 64 KiB, which needs the right to mount."""

    def setUp(self):
        self.disk = self.folder()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "derate", self.disk],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            self.skipTest(f"no file system to fill up: {mounted.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", self.disk])

    def test_is_found_before_measuring(self):
        result = derate_run(self.disk / "out")
        self.assertEnds(result, 6)
        self.assertIn("No space left on device", result.stderr)
        self.assertNotIn("[1/", result.stderr)
        self.assertEqual([path.name for path in self.disk.rglob(".derate-*")], [])

    def fill_up(self):
        """A run into a file that has room for few records; the file, its records before, the end."""
        out = self.disk / "records.jsonl"
        line = json.dumps(self.record) + "\n"
        before = (64 * 1024 - 2 * len(line)) // len(line)
        out.write_text(line * before)
        result = healthy("--benchmark_repetitions=50", f"--derate_out={out}")
        return out, before, result

    def test_keeps_the_records_before_the_one_that_did_not_fit(self):
        out, before, result = self.fill_up()
        self.assertEnds(result, 6)
        self.assertIn(f"derate_bench: cannot write {out}: ", result.stderr)
        self.assertGreater(out.read_text().count("\n"), before)
        self.assertEnds(derate("report", out), 0)

    def test_is_named_when_part_of_a_record_still_fitted(self):
        _, _, result = self.fill_up()
        self.assertIn("No space left on device", result.stderr)

    def test_calibration_leaves_the_old_one(self):
        out = self.disk / "calibration.json"
        self.assertEnds(derate("calibrate", self.records, "-o", out), 0)
        old = out.read_bytes()
        with contextlib.suppress(OSError), (self.disk / "ballast").open("wb", 0) as ballast:
            while ballast.write(b"x" * 4096):
                continue
        self.assertRefused(derate("calibrate", self.records, "-o", out), 6, str(out))
        self.assertEqual(out.read_bytes(), old)


if __name__ == "__main__":
    unittest.main()
