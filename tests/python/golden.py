# SPDX-License-Identifier: Apache-2.0
# What the tests of the Python package share: the records and calibrations of an invented GPU.
import contextlib
import json
import os
import pathlib
import tempfile

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
BIN = pathlib.Path(os.environ["DERATE_BIN"])
GOLDEN = SOURCE / "tests/golden"
RECORDS = GOLDEN / "records.jsonl"
CALIBRATION = GOLDEN / "calibration.json"
SHAPES = GOLDEN / "calibration_shapes.json"  # with a GEMM model for f32 by examplelib


@contextlib.contextmanager
def folder():
    with tempfile.TemporaryDirectory() as path:
        yield pathlib.Path(path)


def changed(source, to, **fields):
    """A JSON file with other fields; those that are None are left out."""
    data = json.loads(source.read_text(encoding="utf-8")) | fields
    to.write_text(json.dumps({key: value for key, value in data.items() if value is not None}), encoding="utf-8")
    return to
