# SPDX-License-Identifier: Apache-2.0
"""Downloads that are what they were when they were chosen: commits of GitHub, which git checks by their
own ids, packages of PyPI, which pip checks by the hashes of a file of requirements, and packages of Debian,
which apt checks by Debian's signatures.

git, pip and dpkg-deb unpack them: each writes no file outside its folder, and git's links become plain files.
"""
import contextlib
import os
import pathlib
import shutil
import subprocess
import sys

TIMEOUT_S = 300


class Unavailable(Exception):
    """Why it cannot be had on this machine, in one line."""


def run(*command, folder=None):
    environment = os.environ | {"GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, env=environment,
                              cwd=folder)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(str(error)) from error
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or [f"{command[0]} failed"]
        raise Unavailable(next((line for line in said if line.startswith(("fatal:", "ERROR:"))), said[-1]))


@contextlib.contextmanager
def becoming(folder: pathlib.Path):
    """Another folder that takes the place of this one at the end, and is removed where there is a fault."""
    scratch = folder.with_name(folder.name + ".new")
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    try:
        yield scratch
        scratch.rename(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def fetch_commit(folder: pathlib.Path, repository, commit, *paths):
    """Puts a commit, named by its whole id, or some paths of it, into a folder that is not there yet."""
    assert len(commit) == 40, f"{commit} is no whole id"
    with becoming(folder) as scratch:
        git = ["git", "-C", str(scratch), "-c", "core.symlinks=false", "-c", "core.hooksPath=/dev/null",
               "-c", "remote.origin.promisor=true", "-c", "remote.origin.partialclonefilter=blob:none"]
        run("git", "init", "--quiet", str(scratch))
        run(*git, "remote", "add", "origin", f"https://github.com/{repository}.git")
        run(*git, "fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", commit)
        run(*git, "checkout", "--quiet", commit, "--", *(paths or ["."]))
        shutil.rmtree(scratch / ".git")


def install_packages(folder: pathlib.Path, requirements: pathlib.Path):
    """Puts the wheels that a file names, with their hashes and all that they need, into a folder."""
    with becoming(folder) as scratch:
        run(sys.executable, "-m", "pip", "install", "--quiet", "--retries=1", "--timeout=60",
            "--no-warn-script-location", "--disable-pip-version-check", "--only-binary=:all:", "--no-deps",
            "--require-hashes", "--target", str(scratch), "--requirement", str(requirements))


def unpack_debian_packages(folder: pathlib.Path, *names):
    """Unpacks packages of this machine's Debian, which installs and starts nothing."""
    with becoming(folder) as scratch:
        run("apt-get", "download", "-qq", *names, folder=scratch)
        for package in scratch.glob("*.deb"):
            run("dpkg-deb", "-x", str(package), str(scratch))
            package.unlink()


def get(folder: pathlib.Path, fetch, *arguments):
    """Calls one of the above unless the folder is there; says what cannot be had."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        fetch(folder, *arguments)
    except Unavailable as error:
        print(f"not to be had here: {folder.name} ({error})")
