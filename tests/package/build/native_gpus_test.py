# SPDX-License-Identifier: Apache-2.0
# cmake/NativeGpus.cmake with an nvcc that names the GPUs of the test's own.
import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
NVCC = """#!/bin/sh
if [ "$1" = --list-gpu-arch ]; then printf 'compute_75\\ncompute_80\\ncompute_90\\ncompute_120\\ncompute_100\\n'; else
  printf '%s' '{gpus}'; fi
"""
SCRIPT = """cmake_minimum_required(VERSION 3.22)
set(PROJECT_BINARY_DIR {folder})
set(PROJECT_SOURCE_DIR {source})
include({source}/cmake/NativeGpus.cmake)
derate_native_gpus({folder}/nvcc found)
message(STATUS "found: ${{found}}.")
"""


class NativeGpus(unittest.TestCase):
    def found(self, gpus):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            (folder / "nvcc").write_text(NVCC.format(gpus=gpus))
            (folder / "nvcc").chmod(0o755)
            (folder / "script.cmake").write_text(SCRIPT.format(folder=folder, source=SOURCE))
            done = subprocess.run(["cmake", "-P", folder / "script.cmake"], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            return done.stdout

    def test_none(self):
        self.assertIn("found: .", self.found(""))

    def test_several_alike_are_one(self):
        self.assertIn("found: 80-real.", self.found("80;80;80;"))

    def test_hopper_needs_its_own_features(self):
        self.assertIn("found: 90a-real;75-real.", self.found("90;75;"))

    def test_one_newer_than_the_toolkit_takes_its_newest_ptx(self):
        self.assertIn("found: 120-virtual.", self.found("130;"))

    def test_one_older_than_the_toolkit_is_left_out_by_name(self):
        output = self.found("61;70;80;")
        self.assertIn("found: 80-real.", output)
        self.assertIn("left out: a GPU of compute capability 6.1, since this CUDA toolkit compiles for 7.5", output)


if __name__ == "__main__":
    unittest.main()
