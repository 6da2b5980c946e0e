# SPDX-License-Identifier: Apache-2.0
# Records and reports: the figures of the program, bad lines by file and line, rows for pandas, pages.
import json
import sys
import unittest
from unittest import mock

import derate
from derate import _derate
from golden import RECORDS, folder


class Records(unittest.TestCase):
    def test_are_those_of_the_file(self):
        records = derate.read_records(RECORDS)
        lines = [json.loads(line) for line in RECORDS.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(len(records), len(lines))
        for record, line in zip(records, lines):
            self.assertEqual({key: record[key] for key in line}, line)
        self.assertEqual(records.unreadable, ())

    def test_name_lines_that_are_none(self):
        with folder() as path:
            file = path / "records.jsonl"
            file.write_text(RECORDS.read_text(encoding="utf-8") + '{"schema": 8}\n', encoding="utf-8")
            records = derate.read_records(path)
            count = len(derate.read_records(RECORDS))
            self.assertEqual(len(records), count)
            [bad] = records.unreadable
            self.assertEqual((bad.file, bad.line), (str(file), count + 1))
            self.assertIn("field", bad.reason)
            self.assertEqual(derate.report(path).unreadable, (f"{file}:{bad.line}: {bad.reason}",))

    def test_that_are_not_there(self):
        for read in (derate.read_records, derate.report, derate.check):
            with self.subTest(read=read.__name__), self.assertRaises(FileNotFoundError) as caught:
                read("/no/such/records.jsonl")
            self.assertIsInstance(caught.exception, derate.InvalidInput)
            self.assertIsInstance(caught.exception, ValueError)
            self.assertEqual(caught.exception.exit_code, 5)
            self.assertIn("/no/such/records.jsonl", str(caught.exception))

    def test_without_a_good_line(self):
        with folder() as path:
            (path / "records.jsonl").write_text("nonsense\n")
            with self.assertRaises(derate.InvalidInput) as caught:
                derate.read_records(path)
        self.assertNotIsInstance(caught.exception, FileNotFoundError)


class Report(unittest.TestCase):
    def test_is_that_of_the_program(self):
        report = derate.report(RECORDS)
        code, output, _, _ = _derate.run(["report", str(RECORDS), "--format", "json"])
        self.assertEqual((report.rows, report.exit_code), (json.loads(output)["rows"], code))
        self.assertEqual(code, 1)  # the invented GPU has wrong rows
        self.assertIn("Example GPU", str(report))
        self.assertIn("workload", str(report))

    def test_of_records_read_before(self):
        records = derate.read_records(RECORDS)
        wanted = derate.report(RECORDS).rows
        self.assertEqual(derate.report(records).rows, wanted)
        self.assertEqual(derate.report(dict(record) for record in records).rows, wanted)
        some = derate.report([record for record in records if record["workload"] == "fma_chain"])
        self.assertEqual({row["workload"] for row in some.rows}, {"fma_chain"})
        self.assertIn("<iframe", some._repr_html_())

    def test_is_a_page_in_a_notebook(self):
        report = derate.report(RECORDS)
        html = report._repr_html_()
        self.assertTrue(html.startswith('<iframe sandbox="allow-scripts"'))
        self.assertIn("Example GPU", report.page)
        self.assertIn("roofline", report.page)
        self.assertNotIn("<script", html)  # all of it is escaped

    def test_is_a_frame_of_pandas(self):
        frame = derate.report(RECORDS).to_pandas()
        self.assertEqual(len(frame), len(derate.report(RECORDS).rows))
        self.assertIn("eta", frame.columns)
        self.assertEqual(len(derate.devices().to_pandas()), len(derate.devices()))

    def test_says_that_a_library_is_missing(self):
        for name in ("pandas", "polars"):
            with mock.patch.dict(sys.modules, {name: None}), self.assertRaisesRegex(
                    ImportError, f"{name} is not installed here: pip install {name}"):
                getattr(derate.report(RECORDS), f"to_{name}")()

    def test_is_a_frame_of_polars(self):
        class Polars:
            @staticmethod
            def DataFrame(rows, infer_schema_length):
                return rows, infer_schema_length
        with mock.patch.dict(sys.modules, {"polars": Polars}):
            rows, length = derate.report(RECORDS).to_polars()
        self.assertEqual((rows, length), (derate.report(RECORDS).rows, None))

    def test_of_no_file(self):
        with self.assertRaises(derate.UsageError):
            derate.report([])


if __name__ == "__main__":
    unittest.main()
