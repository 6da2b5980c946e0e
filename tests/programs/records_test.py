# SPDX-License-Identifier: Apache-2.0
# Records files that are not what they should be: good lines are used, bad ones are named.
import json
import unittest

from cli import MeasuredTest, derate, derate_run


class Records(MeasuredTest):
    def file(self, *lines, end="\n"):
        path = self.folder() / "records.jsonl"
        path.write_text("\n".join(lines) + end, encoding="utf-8")
        return path

    def line(self, **changes):
        return json.dumps(self.record | changes)

    def assertUnusable(self, path, *words):
        for command in ["report", "calibrate"]:
            self.assertRefused(derate(command, path), 5, str(path), *words)

    def test_missing(self):
        self.assertUnusable(self.folder() / "nothing.jsonl", "No such file")

    def test_folder_without_any(self):
        folder = self.folder()
        self.assertRefused(derate("report", folder), 5, str(folder / "records.jsonl"))

    def test_empty(self):
        self.assertUnusable(self.file(end=""), "is empty")

    def test_not_json(self):
        self.assertUnusable(self.file("GIF89a"), "line 1", "not JSON")

    def test_not_ours(self):
        self.assertUnusable(self.file('{"context": {}, "benchmarks": []}'), "line 1", "schema")

    def test_newer_schema(self):
        self.assertUnusable(self.file(self.line(schema=99)), "schema 99", "newer")

    def test_missing_field(self):
        record = dict(self.record)
        del record["workload"]
        self.assertUnusable(self.file(json.dumps(record)), "line 1", '"workload"')

    def test_field_of_another_type(self):
        self.assertUnusable(self.file(self.line(samples_s="fast")), '"samples_s"')

    def test_of_no_device_that_was_asked_for(self):
        self.assertRefused(derate("report", self.records, "--device", "cuda:7"), 5, "cuda:7")

    def test_good_lines_are_used_and_bad_ones_named(self):
        path = self.file("rubbish", self.line(), self.line(schema=99), self.line()[:200], end="")
        result = derate("report", path)
        self.assertEnds(result, 0)
        self.assertIn("a_healthy", result.stdout)
        for line, reason in [(1, "not JSON"), (3, "newer"), (4, "truncated")]:
            self.assertRegex(result.stdout, rf"{path}:{line}\b.*{reason}")
        self.assertNotRegex(result.stdout, rf"{path}:2\b")
        csv = derate("report", path, "--format", "csv")
        self.assertEnds(csv, 0)
        self.assertEqual(len(csv.stdout.splitlines()), 2)
        self.assertEqual(csv.stderr.count(f"{path}:"), 3)

    def test_calibration_of_the_good_lines_warns_of_the_bad_ones(self):
        result = derate("calibrate", self.file("rubbish", self.line()))
        self.assertEnds(result, 0)
        self.assertRegex(result.stderr, r":1: left out: not JSON")

    def test_thousand_bad_lines_do_not_flood_the_terminal(self):
        result = derate("report", self.file(self.line(), *["rubbish"] * 1000))
        self.assertEnds(result, 0)
        self.assertLess(len((result.stdout + result.stderr).splitlines()), 60)
        self.assertRegex(result.stdout + result.stderr, r"9[89]0|1000")

    def test_a_record_of_a_later_version_with_a_new_field_is_read(self):
        self.assertEnds(derate("report", self.file(self.line(colour="blue"))), 0)

    def test_several_files_make_one_report(self):
        other = self.file(self.line(device_id="0123", device_name="Another CPU"))
        result = derate("report", self.records, other)
        self.assertEnds(result, 0)
        self.assertIn("Another CPU", result.stdout)
        self.assertIn(self.record["device_name"], result.stdout)
        self.assertRefused(derate("calibrate", self.records, other), 5)
        self.assertEnds(derate("calibrate", self.records, other, "--device", "Another"), 0)

    def test_failed_rows_end_with_1(self):
        path = self.file(self.line(), self.line(outcome="failed", message="out of memory",
                                                problem="n:1", samples_s=[], clocks_hz=[], waited_shares=[]))
        result = derate("report", path)
        self.assertEnds(result, 1)
        self.assertIn("out of memory", result.stdout)


class CutOff(MeasuredTest):
    def test_line_does_not_swallow_the_next_record(self):
        out = self.folder()
        (out / "records.jsonl").write_text(json.dumps(self.record)[:200], encoding="utf-8")
        self.assertEnds(derate_run(out), 0)
        lines = (out / "records.jsonl").read_text(encoding="utf-8").splitlines()
        self.assertEqual(len(lines), 2)
        self.assertEqual(json.loads(lines[1])["variant"], "a_healthy")


if __name__ == "__main__":
    unittest.main()
