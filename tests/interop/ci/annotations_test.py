# SPDX-License-Identifier: Apache-2.0
# GitHub's workflow commands: read back by the documented rules, and compared with the commands that
# actions/core (which the released action brings) makes of the same texts.
import re
import shutil
import subprocess
import unittest

from reading import GOLDEN, READERS, judgements, read_back

LINES = (GOLDEN / "comparison_annotations.txt").read_text(encoding="utf-8").splitlines()
CORE = READERS / "github-action-benchmark/node_modules/@actions/core/lib/command.js"
SCRIPT = "require(process.argv[1]).issueCommand(process.argv[2], {title: process.argv[3]}, process.argv[4])"


def read(line):
    """As GitHub's runner does: command, title, message."""
    command, properties, message = re.fullmatch(r"::(\w+) (.*?)::(.*)", line).groups()
    (title,) = re.fullmatch(r"title=([^,:]*)", properties).groups()
    for code, character in [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")]:
        title = title.replace(code, character)
        if code not in ("%3A", "%2C"):
            message = message.replace(code, character)
    return command, title, message


class Annotations(unittest.TestCase):
    def test_regressions_first_and_nothing_of_what_is_fine(self):
        told = [read(line) for line in LINES]
        self.assertEqual([command for command, _, _ in told], ["error"] * 3 + ["warning"] * 3)
        judged = judgements()
        for _, title, message in told:
            verdict, name = title.split(": ", 1)
            self.assertEqual(verdict.replace(" ", "_"), judged[name]["verdict"])
            self.assertIn(judged[name]["reason"], read_back(message))
        self.assertEqual([title.split(":")[0] for _, title, _ in told],
                         ["regression", "regression", "invalid", "not comparable", "environment",
                          "inconclusive"])

    @unittest.skipUnless(shutil.which("node") and CORE.exists(),
                         "no node, or no actions/core (scripts/get_readers fetches it)")
    def test_actions_core_writes_the_same(self):
        for line in LINES:
            made = subprocess.run(["node", "-e", SCRIPT, CORE, *read(line)], capture_output=True, text=True,
                                  encoding="utf-8", timeout=60, check=True).stdout
            self.assertEqual(made, line + "\n")


if __name__ == "__main__":
    unittest.main()
