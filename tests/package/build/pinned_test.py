# SPDX-License-Identifier: Apache-2.0
# What our scripts download is what was pinned, or is not taken: a commit by its id, packages by hashes. A
# local repository stands in for GitHub.
import importlib.util
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
sys.path.insert(0, str(SOURCE / "scripts"))
import pinned  # noqa: E402


def git(folder, *arguments):
    return subprocess.run(["git", "-C", folder, "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments],
                          check=True, capture_output=True, text=True).stdout.strip()


class PinnedTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="derate-pinned-")
        self.addCleanup(holder.cleanup)
        self.home = pathlib.Path(holder.name)
        self.repository = self.home / "github/owner/name.git"
        self.repository.mkdir(parents=True)
        git(self.repository, "init", "--quiet")
        (self.repository / "kept").write_text("kept\n")
        (self.repository / "link").symlink_to("/etc/passwd")
        git(self.repository, "add", ".")
        git(self.repository, "commit", "--quiet", "--message=first")
        self.commit = git(self.repository, "rev-parse", "HEAD")
        settings = {f"url.file://{self.home}/github/.insteadOf": "https://github.com/",
                    "uploadpack.allowFilter": "true", "uploadpack.allowAnySHA1InWant": "true"}
        variables = {"GIT_CONFIG_COUNT": str(len(settings))}
        for i, (key, value) in enumerate(settings.items()):
            variables |= {f"GIT_CONFIG_KEY_{i}": key, f"GIT_CONFIG_VALUE_{i}": value}
        before = dict(os.environ)
        os.environ.update(variables)
        self.addCleanup(lambda: (os.environ.clear(), os.environ.update(before)))
        self.out = self.home / "out"

    def test_a_commit_is_what_its_id_says(self):
        (self.repository / "kept").write_text("changed\n")
        git(self.repository, "commit", "--quiet", "--all", "--amend", "--message=moved")
        pinned.fetch_commit(self.out, "owner/name", self.commit)
        self.assertEqual((self.out / "kept").read_text(), "kept\n")

    def test_links_become_plain_files(self):
        pinned.fetch_commit(self.out, "owner/name", self.commit)
        self.assertFalse((self.out / "link").is_symlink())

    def test_only_what_is_named(self):
        pinned.fetch_commit(self.out, "owner/name", self.commit, "kept")
        self.assertEqual([path.name for path in self.out.iterdir()], ["kept"])

    def test_a_commit_that_is_not_there_leaves_nothing(self):
        with self.assertRaises(pinned.Unavailable):
            pinned.fetch_commit(self.out, "owner/name", "0" * 40)
        self.assertEqual([path.name for path in self.home.iterdir()], ["github"])

    @unittest.skipUnless(importlib.util.find_spec("pip"), "this Python has no pip")
    def test_a_package_of_another_hash_is_not_taken(self):
        wheel = self.home / "example-1.0-py3-none-any.whl"
        wheel.write_bytes(b"not what it was")
        requirements = self.home / "requirements.txt"
        requirements.write_text(f"{wheel} --hash=sha256:{'0' * 64}\n")
        with self.assertRaisesRegex(pinned.Unavailable, "(?i)hash"):
            pinned.install_packages(self.out, requirements)
        self.assertFalse(self.out.exists())

    def test_every_package_has_a_hash(self):
        for name in ("tests/interop/estimators/packages.txt", "tests/interop/estimators/aiconfigurator.txt",
                     "python/nanobind.txt"):
            text = (SOURCE / name).read_text().replace("\\\n", "")
            for line in text.splitlines():
                if not line.startswith("#"):
                    self.assertRegex(line, r"^[\w.-]+==\S+ +--hash=sha256:[0-9a-f]{64}")


if __name__ == "__main__":
    unittest.main()
