# SPDX-License-Identifier: Apache-2.0
# A library that CMake fetches by its tag is built only where the tag is still the commit that was chosen.
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
SCRIPT = SOURCE / "cmake/CheckCommit.cmake"


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments],
                          check=True, capture_output=True, text=True).stdout.strip()


class CheckCommit(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="derate-commit-")
        self.addCleanup(holder.cleanup)
        self.folder = holder.name
        git(self.folder, "init", "--quiet")
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message=released")
        self.chosen = git(self.folder, "rev-parse", "HEAD")

    def check(self):
        return subprocess.run(["cmake", "-D", "NAME=example", "-D", "TAG=v1", "-D", f"COMMIT={self.chosen}",
                               "-P", SCRIPT], cwd=self.folder, capture_output=True, text=True)

    def test_the_chosen_commit_is_built(self):
        self.assertEqual(self.check().returncode, 0)

    def test_a_tag_that_was_moved_is_not(self):
        git(self.folder, "commit", "--quiet", "--allow-empty", "--message=moved")
        result = self.check()
        self.assertNotEqual(result.returncode, 0)
        said = " ".join(result.stderr.split())
        self.assertIn(f"v1 of example is {git(self.folder, 'rev-parse', 'HEAD')} and no longer {self.chosen}", said)

    def test_every_fetched_library_has_its_commit(self):
        text = (SOURCE / "cmake/Dependencies.cmake").read_text()
        calls = re.findall(r"^ *derate_dependency\(([^)]*)\)", text, re.MULTILINE)
        self.assertGreaterEqual(len(calls), 5)
        for call in calls:
            self.assertRegex(call.split()[4], "^[0-9a-f]{40}$", call)


if __name__ == "__main__":
    unittest.main()
