# SPDX-License-Identifier: Apache-2.0
# Every exit code of the library has an exception, which says what the program says.
import os
import pathlib
import re
import shutil
import tempfile
import unittest

import derate
from derate import _errors
from golden import SOURCE


class Errors(unittest.TestCase):
    def test_stand_for_all_exit_codes(self):
        header = (SOURCE / "include/derate/error.h").read_text(encoding="utf-8")
        codes = {int(code) for code in re.findall(r"^  \w+ = (\d+),", header, re.MULTILINE)}
        self.assertGreater(len(codes), 7)
        for code in codes - {0}:
            error = _errors.error_of(code, "a sentence")
            self.assertEqual((error.exit_code, str(error)), (code, "a sentence"))
            self.assertEqual(type(error) is derate.Error, code == 1)

    def test_tell_a_file_that_is_not_there_from_one_that_is_wrong(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            wrong = folder / "records.json"
            wrong.write_text("{]\n", encoding="utf-8")
            calls = {
                "read_records": derate.read_records, "report": derate.report, "check": derate.check,
                "compare": lambda file: derate.compare(file, file), "load": derate.Calibration.load,
                "training": lambda file: derate.estimate_training(calibration=file, params=1e6, tokens=1e8),
                "inference": lambda file: derate.estimate_inference(file, device="L4", prompt_tokens=9),
                "cost": lambda file: derate.estimate_cost(training=file)}
            for call, function in calls.items():
                with self.subTest(call=call):
                    with self.assertRaises(derate.InvalidInput) as caught:
                        function(wrong)
                    self.assertNotIsInstance(caught.exception, FileNotFoundError)
                    self.assertIn(str(wrong), str(caught.exception))
                    with self.assertRaises(derate.MissingFile) as caught:
                        function(folder / "nothing.json")
                    self.assertIn("nothing.json", str(caught.exception))
            (folder / "empty").mkdir()
            for function in (derate.Calibration.load, derate.read_records, derate.report):
                with self.assertRaises(derate.MissingFile):
                    function(folder / "empty")

    def test_name_the_argument_that_is_empty_or_no_range(self):
        for arguments, sentence in (({"device": ""}, "device: an empty text"),
                                    ({"rent": (1, "")}, "rent: an empty text"),
                                    ({"derate": (0.1, 0.2, 0.3)}, "derate: a tuple is a range, of two ends; several are a list"),
                                    ({"calibration": ""}, "calibration: an empty text")):
            with self.subTest(arguments=arguments), self.assertRaises(derate.UsageError) as caught:
                derate.estimate_training(params=1e6, tokens=1e8, **arguments)
            self.assertEqual(str(caught.exception), sentence)
        with self.assertRaises(derate.UsageError):
            derate.report("")

    def test_names_that_begin_with_a_dash_are_names(self):
        with tempfile.TemporaryDirectory() as name:
            self.addCleanup(os.chdir, os.getcwd())
            os.chdir(name)
            shutil.copy(SOURCE / "tests/golden/records.jsonl", "-x.jsonl")
            self.assertEqual(derate.report("-x.jsonl").rows, derate.report(SOURCE / "tests/golden/records.jsonl").rows)
            self.assertTrue(derate.report(derate.read_records("-x.jsonl")).rows)
            with self.assertRaises(derate.MissingFile):
                derate.report("--help")
            os.chdir(SOURCE)
        with self.assertRaises(derate.UsageError):
            derate.catalog("--help")

    def test_are_what_python_has_for_it(self):
        for kind, base in ((derate.UsageError, ValueError), (derate.InvalidInput, ValueError),
                           (derate.MissingFile, FileNotFoundError), (derate.OutputError, OSError)):
            self.assertTrue(issubclass(kind, base) and issubclass(kind, derate.Error))

    def test_are_public(self):
        for kind in derate.Error.__subclasses__():
            self.assertIs(getattr(derate, kind.__name__), kind)
            self.assertIn(kind.__name__, derate.__all__)
            self.assertTrue(kind.__doc__)


if __name__ == "__main__":
    unittest.main()
