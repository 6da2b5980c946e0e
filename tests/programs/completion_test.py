# SPDX-License-Identifier: Apache-2.0
# Completions of shells, asked for by each shell itself as for a user, and manual pages.
import re
import shutil
import subprocess
import unittest

from cli import DERATE, CliTest, derate
from help_test import COMMANDS


def completion(shell):
    result = derate("completion", shell)
    assert result.returncode == 0, result.stderr
    return result.stdout


def options_of(*command):
    """As the help has them."""
    text = derate(*command, "--help").stdout
    return set(re.findall(r"^  (?:-\w,)?(--[\w-]+)", text, re.MULTILINE))


class Bash(CliTest):
    @classmethod
    def setUpClass(cls):
        if shutil.which("bash") is None:
            raise unittest.SkipTest("no bash here")
        cls.script = completion("bash")

    def offered(self, *words):
        """What Tab offers behind these words, the last of which is being typed."""
        asked = self.script + """
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        $(complete -p derate | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
        printf '%s\\n' "${COMPREPLY[@]}"
        """
        result = subprocess.run(["bash", "--norc", "-uec", asked, "bash", *words], text=True,
                                capture_output=True, timeout=60)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return set(result.stdout.split())

    def test_commands(self):
        self.assertGreaterEqual(self.offered("derate", ""), set(COMMANDS) | {"check"})
        self.assertEqual(self.offered("derate", "cal"), {"calibrate"})
        self.assertEqual(self.offered("derate", "history", "pr"), {"prune"})
        self.assertEqual(self.offered("derate", "estimate", ""),
                         {"train", "cost", "gemm", "model", "parameters", "serve", "layout"})

    def test_every_option_of_every_command(self):
        for command in ([], *([name] for name in COMMANDS), ["history", "list"]):
            with self.subTest(command):
                offered = self.offered("derate", *command, "--")
                self.assertGreaterEqual(offered, options_of(*command))

    def test_options_hold_behind_other_words(self):
        self.assertEqual(self.offered("derate", "run", "--rounds", "2", "--su"), {"--suite"})

    def test_words_that_an_option_takes(self):
        formats = {"table", "markdown", "csv", "json"}
        self.assertEqual(self.offered("derate", "report", "x", "--format", ""), formats)
        self.assertEqual(self.offered("derate", "report", "--format", "=", "m"), {"markdown"})
        self.assertEqual(self.offered("derate", "report", "--format", "="), formats)
        self.assertEqual(self.offered("derate", "run", "--mode", "s"), {"sustained"})
        self.assertEqual(self.offered("derate", "schema", ""),
                         {"record", "calibration", "verdict", "report"})

    def test_files_are_left_to_the_shell(self):
        self.assertEqual(self.offered("derate", "run", "--out", ""), set())
        self.assertEqual(self.offered("derate", "report", ""), set())
        self.assertIn("complete -o default ", self.script)


class OtherShells(CliTest):
    def test_zsh(self):
        if shutil.which("zsh") is None:
            self.skipTest("no zsh here")
        asked = completion("zsh").replace("_arguments", "print -rl --").replace(
            "_describe", "print -rl --")
        path = self.folder() / "_derate"
        path.write_text(completion("zsh"))
        checked = subprocess.run(["zsh", "-n", path], text=True, capture_output=True, timeout=60)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""))
        shown = subprocess.run(["zsh", "-fc", "compdef() { : }\n" + asked + "\n_derate_report"],
                               text=True, capture_output=True, timeout=60)
        self.assertEqual(shown.stderr, "")
        self.assertIn("--format=[form of the output]:TEXT:(table markdown csv json)", shown.stdout)

    def test_fish(self):
        if shutil.which("fish") is None:
            self.skipTest("no fish here")
        path = self.folder() / "derate.fish"
        path.write_text(completion("fish"))
        for typed, expected in [("derate cal", "calibrate"), ("derate history pr", "prune"),
                                ("derate report --format m", "markdown"),
                                ("derate schema verd", "verdict")]:
            shown = subprocess.run(["fish", "--no-config", "-c",
                                    f"source {path}; complete -C '{typed}'"],
                                   text=True, capture_output=True, timeout=60)
            self.assertEqual(shown.stderr, "")
            offered = [line.split("\t")[0] for line in shown.stdout.splitlines()]
            self.assertEqual([each.removeprefix("--format=") for each in offered], [expected])

    def test_a_shell_that_is_none(self):
        self.assertRefused(derate("completion", "tcsh"), 2, "tcsh")


class ManPages(CliTest):
    def setUp(self):
        self.pages = self.folder() / "new" / "man1"
        self.assertEnds(derate("man", self.pages), 0)

    def test_one_of_each_command(self):
        expected = {"derate.1"} | {f"derate-{command}.1" for command in COMMANDS}
        self.assertGreaterEqual({page.name for page in self.pages.iterdir()}, expected)

    def test_each_names_every_option(self):
        for command in COMMANDS:
            text = (self.pages / f"derate-{command}.1").read_text().replace("\\-", "-")
            for option in options_of(command):
                self.assertIn(f"\\fB{option}\\fR", text)

    def test_roff_has_nothing_to_say_of_them(self):
        if shutil.which("groff") is None:
            self.skipTest("no groff here")
        for page in sorted(self.pages.iterdir()):
            checked = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-ww", "-z", page],
                                     text=True, capture_output=True, timeout=60)
            self.assertEqual((checked.returncode, checked.stdout + checked.stderr), (0, ""))

    def test_read_as_they_are_meant(self):
        if shutil.which("groff") is None:
            self.skipTest("no groff here")
        page = subprocess.run(["groff", "-man", "-Kutf8", "-Tutf8", "-P-c", "-P-b", "-P-u",
                               self.pages / "derate-history.1"], text=True, capture_output=True,
                              timeout=60).stdout
        self.assertIn("derate-history - keep measurements in a file, and list them", page)
        self.assertRegex(page, r"derate history prune\n")
        self.assertRegex(page, r"--keep INT")

    def test_a_folder_that_cannot_be_made(self):
        self.assertRefused(derate("man", DERATE / "below"), 6, "below")


if __name__ == "__main__":
    unittest.main()
