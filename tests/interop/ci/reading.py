# SPDX-License-Identifier: Apache-2.0
# What the tests of readers share: the golden comparison, and where the readers are.
import importlib
import json
import os
import pathlib
import re
import shutil
import sys

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
GOLDEN = SOURCE / "tests/golden"
READERS = pathlib.Path(os.environ.get("DERATE_READERS", SOURCE / "build/readers"))

REGRESSED = 'BM_Copy<int, std::allocator<int>>/8 "quoted" a|b 100%'


def verdict():
    return json.loads((GOLDEN / "comparison.json").read_text(encoding="utf-8"))


def judgements():
    return {judgement["benchmark"]: judgement for judgement in verdict()["judgements"]}


def read_back(text):
    """What docs/cli.md says is spelt out, as it was: \\u{9} is a tab."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text)


def skip(sentence):
    print("skipped: " + sentence)
    sys.exit(77)


def need_module(name, package):
    """Ends the test as skipped where Python has no such module."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return skip(f"Python has no module {name} ({package})")


def need_file(name):
    path = READERS / name
    if not path.exists():
        skip(f"{name} is not there (scripts/get_readers fetches it)")
    return path


def need_program(name):
    return shutil.which(name) or skip(f"there is no {name} here")
