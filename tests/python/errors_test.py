# SPDX-License-Identifier: Apache-2.0
# Every exit code of the library has an exception, which says what the program says.
import re
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
