# SPDX-License-Identifier: Apache-2.0
"""The programs derate and derate_bench, for what measures: that is never done in the interpreter's process."""
from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

from ._commands import Answer, answer_of
from ._errors import raise_error

_HERE = pathlib.Path(__file__).resolve().parent


def program(name: str) -> str:
    """The path of a program: of this package, of the build that this package lies in, or of PATH."""
    for folder in (_HERE / "bin", _HERE.parent.parent / "bin"):
        if os.access(folder / name, os.X_OK):
            return str(folder / name)
    found = shutil.which(name)
    if found is None:
        raise_error(2, f"the program {name} is neither beside this package ({_HERE}) nor on PATH")
    return found


def run_program(*words: str) -> Answer:
    """Runs `derate WORDS...` as a process. Raises derate.Error, unless it gave an answer."""
    process = subprocess.run([program("derate"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                             encoding="utf-8", errors="replace", check=False)
    code = process.returncode if process.returncode >= 0 else 130
    # What measures for it has said why, and it what follows from that.
    is_missing_file = code == 5 and process.stderr.rstrip().endswith(": No such file or directory")
    return answer_of(words, code, process.stdout, process.stderr, is_missing_file, sentences=2)
