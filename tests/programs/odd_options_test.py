# SPDX-License-Identifier: Apache-2.0
# Options that parse and yet are invalid, such as an empty one from a script's variable that was
# not set: refused by name, with nothing measured and no output that nobody asked for.
import pathlib
import tempfile
import unittest

from cli import SOURCE, CliTest, derate

GOLDEN = SOURCE / "tests/golden/records.jsonl"


class OddOptions(CliTest):
    def test_empty_ones_do_not_measure_something_else(self):
        with tempfile.TemporaryDirectory(prefix="derate-odd-") as folder:
            for option in ["--problem", "--out", "--bench", "--tuning"]:
                with self.subTest(option):
                    self.assertRefused(derate("run", "--device", "host", f"{option}=", cwd=folder), 2, option)
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])

    def test_an_empty_name_is_no_file_to_write(self):
        for what in [["calibrate"], ["export", "csv"]]:
            self.assertRefused(derate(*what, GOLDEN, "-o", ""), 2, "--output")

    def test_a_device_has_memory(self):
        for size in ["0", "1e-300"]:
            self.assertRefused(derate("estimate", "train", "--device", "Tesla P40", "--params", "1M", "--tokens", "1M",
                                      f"--memory-bytes={size}"), 2, "--memory-bytes")

    def test_a_seed_is_the_one_that_was_given(self):
        self.assertRefused(derate("validate", "--gemm-table", "none.csv", "--device", "H200",
                                  "--seed", 2 ** 64), 2, "--seed")


if __name__ == "__main__":
    unittest.main()
