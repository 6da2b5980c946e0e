# SPDX-License-Identifier: Apache-2.0
# scripts/check_includes on a tree of the test's own: each way in which an include breaks the order.
import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])


class CheckIncludes(unittest.TestCase):
    def said(self, file, include):
        with tempfile.TemporaryDirectory() as name:
            path = pathlib.Path(name) / file
            path.parent.mkdir(parents=True)
            path.write_text(f'#include "{include}"\n')
            subprocess.run(["git", "init", "-q", name], check=True)
            done = subprocess.run([SOURCE / "scripts/check_includes", name], capture_output=True, text=True)
            self.assertEqual(done.returncode, 1 if done.stdout else 0)
            return done.stdout

    def test_what_stands_above_may_be_included(self):
        for file, include in [("src/report/report.cpp", "base/table.h"), ("src/cli/run.cpp", "measure/sampler.h"),
                              ("src/cli/run.cpp", "report/peak_table.h"), ("kernels/gemm/a.cu", "gemm/work.h"),
                              ("kernels/gemm/a.cu", "derate/cuda/launch.h"), ("bench/main.cpp", "options.h"),
                              ("src/regression/run/a.cpp", "regression/gate/gate.h"),
                              ("python/module/measure.cpp", "bench/round.h"),
                              ("python/module/a.cpp", "module/bindings.h")]:
            self.assertEqual(self.said(file, include), "")

    def test_what_stands_below_may_not(self):
        for file, include in [("src/base/a.cpp", "derate/record.h"), ("src/record/a.cpp", "report/report_notes.h"),
                              ("src/measure/a.cpp", "derate/host/buffer.h"), ("kernels/gemm/a.cpp", "bench/round.h"),
                              ("src/report/a.h", "cli/commands.h"), ("src/cli/a.cpp", "module/bindings.h"),
                              ("include/derate/work.h", "derate/device.h"),
                              ("src/regression/gate/a.cpp", "regression/run/gate_run.h")]:
            self.assertIn(f'{file}:1: "{include}"', self.said(file, include))

    def test_neither_side_includes_the_other(self):
        self.assertIn("is of the other side", self.said("src/history/a.cpp", "derate/workload.h"))
        self.assertIn("is of the other side", self.said("bench/a.cpp", "derate/report.h"))
        self.assertIn("is of one side only", self.said("src/hardware/a.cpp", "backend/selection.h"))

    def test_a_new_folder_or_public_header_needs_a_place(self):
        self.assertIn("has no place in the order", self.said("src/new/a.cpp", "derate/work.h"))
        self.assertIn("has no place in the order", self.said("include/derate/new.h", "derate/work.h"))


if __name__ == "__main__":
    unittest.main()
