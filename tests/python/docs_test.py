# SPDX-License-Identifier: Apache-2.0
# docs/python.md is right: its examples are run, from the top of the sources, and print what it says.
import doctest
import os
import unittest

from golden import SOURCE


class Docs(unittest.TestCase):
    def test_examples_print_what_is_written(self):
        page = (SOURCE / "docs/python.md").read_text(encoding="utf-8")
        text = "\n".join("" if line.startswith("```") else line for line in page.split("\n"))
        test = doctest.DocTestParser().get_doctest(text, {}, "docs/python.md", "docs/python.md", 0)
        self.assertGreater(len(test.examples), 10)
        os.chdir(SOURCE)
        said = []
        runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
        runner.run(test, out=said.append)
        self.assertEqual("".join(said), "")


if __name__ == "__main__":
    unittest.main()
