#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""scripts/tidy_units.py BUILD [COMMITS]: prints the compilation units of a build that clang-tidy is to read:
those of src, bench, kernels and python, as the build joins them; with COMMITS only those that hold a file which
the last COMMITS commits or the working tree changed, or whose header they did. Called by scripts/lint."""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ("src", "bench", "kernels", "python")


def units_of(build):
    """Without what tests compile again, and the CUDA side: clang 14 does not know std::source_location, which
    its error check uses."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        unit = pathlib.Path(entry["file"])
        below = unit.relative_to(build if unit.is_relative_to(build) else ROOT)
        is_ours = below.parts[0] in FOLDERS and unit.suffix in (".cpp", ".cxx")
        if is_ours and " -o tests/" not in entry["command"] and not re.search("cuda|cublas|nccl", str(unit)):
            yield unit


def sources_of(unit):
    """Of a joined unit the files that it includes by their whole path, else itself; without their suffixes."""
    joined = re.findall(r'#include "(/[^"]+)"', unit.read_text()) if unit.suffix == ".cxx" else []
    return {pathlib.Path(source).relative_to(ROOT).with_suffix("") for source in joined or [unit]}


def changed_in(commits):
    def git(*arguments):
        return subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True,
                              text=True).stdout.splitlines()

    names = git("log", f"-{commits}", "--format=", "--name-only") + git("diff", "--name-only", "HEAD")
    return {pathlib.Path(name).with_suffix("") for name in names if name}


def main(build, commits=None):
    units = list(units_of(pathlib.Path(build).resolve()))
    if commits:
        changed = changed_in(int(commits))
        units = [unit for unit in units if sources_of(unit) & changed]
    print("\n".join(map(str, units)))


if __name__ == "__main__":
    main(*sys.argv[1:])
