# SPDX-License-Identifier: Apache-2.0
# llm.c's own header, with the exported row put where it says: get_flops_promised() must then know the
# device, which it did not before.
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from exported import ESTIMATORS, PEAK, export, need, records

HEADER = need(ESTIMATORS / "llm.c") / "llmc/mfu.h"
if shutil.which("g++") is None:
    print("skipped: no g++ to compile it")
    sys.exit(77)
PROGRAM = """
#include "mfu.h"
int main(int, char** argv) { printf("%.4f\\n", get_flops_promised(argv[1], MFUH_PRECISION_BF16)); }
"""


def promised(header, device):
    with tempfile.TemporaryDirectory(prefix="derate-llm-c-") as name:
        folder = pathlib.Path(name)
        (folder / "mfu.h").write_text(header)
        (folder / "nvml.h").unlink(missing_ok=True)
        (folder / "main.cpp").write_text(PROGRAM)
        subprocess.run(["g++", "-w", "-D__has_include(x)=0", "main.cpp", "-o", "main"], cwd=folder, check=True)
        return float(subprocess.run([folder / "main", device], capture_output=True, text=True).stdout)


class LlmC(unittest.TestCase):
    def test_knows_the_device_by_the_exported_row(self):
        text, _ = export("llm.c", records())
        data, entry = text.split("// For gpu_db[]:\n")
        device = re.search(r'"([^"]*)"', entry).group(1)
        original = HEADER.read_text()
        self.assertEqual(promised(original, device), -1)
        table = "static GPUEntry gpu_db[] = {\n"
        self.assertIn(table, original)
        self.assertAlmostEqual(promised(original.replace(table, data + table + entry), device), PEAK / 1e12, places=2)


if __name__ == "__main__":
    unittest.main()
