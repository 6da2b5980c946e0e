# SPDX-License-Identifier: Apache-2.0
# docs/examples/read_calibration.py says what the golden calibrations hold.
import json
import os
import pathlib
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])


def lines(name, *words):
    result = subprocess.run([sys.executable, SOURCE / "docs/examples/read_calibration.py",
                             SOURCE / "tests/golden" / name, *words],
                            capture_output=True, text=True, encoding="utf-8", timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


class ReadCalibration(unittest.TestCase):
    def test_prints_a_factor_with_its_interval(self):
        for name in ["calibration.json", "calibration_shapes.json"]:
            self.assertEqual(lines(name, "fma_chain", "f32"), [
                "Example GPU",
                "fma_chain/registers/f32/large (uniform, cold, burst, 1 at once): "
                "eta 0.968, 0.958 to 0.978"])

    def test_prints_all_of_them(self):
        factors = json.loads((SOURCE / "tests/golden/calibration.json").read_text())["factors"]
        self.assertEqual(len(lines("calibration.json")), 1 + len(factors))

    def test_shows_nothing_of_what_is_not_there(self):
        self.assertEqual(lines("calibration.json", "fma_chain", "i8"), ["Example GPU"])


if __name__ == "__main__":
    unittest.main()
