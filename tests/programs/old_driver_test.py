# SPDX-License-Identifier: Apache-2.0
# On a machine whose NVIDIA driver is older than the CUDA runtime (old_driver.cpp) both programs say so,
# and measure what else there is.
import json
import os
import unittest

from cli import BENCH, BIN, BRIEF, FAULTY, HEALTHY, CliTest, derate, read_lines, run

OLD = {**os.environ, "LD_LIBRARY_PATH": str(BIN / "old_driver")}
SENTENCE = "no cuda device: the NVIDIA driver supports CUDA 10.2, but this program was built with CUDA "


@unittest.skipIf("no CUDA backend" in derate("devices").stderr, "this build has no CUDA")
class OldDriver(CliTest):
    def test_devices_says_so_and_lists_the_host(self):
        result = derate("devices", "--format", "json", env=OLD)
        self.assertEnds(result, 0)
        self.assertIn("derate: " + SENTENCE, result.stderr)
        self.assertEqual([device["device"] for device in json.loads(result.stdout)], ["host"])

    def test_a_run_measures_the_rest(self):
        out = self.folder()
        result = derate("run", "--bench", FAULTY, "--rounds", 1, f"--filter={HEALTHY}", "--out", out,
                        "--", *BRIEF, env=OLD)
        self.assertEnds(result, 0)
        self.assertIn(SENTENCE, result.stderr)
        [record] = read_lines(out / "records.jsonl")
        self.assertEqual(record["backend"], "host")
        self.assertTrue(record["samples_s"])

    def test_who_asks_for_the_gpu_is_told_why_there_is_none(self):
        result = run(BENCH, "--derate_device=cuda", *BRIEF, env=OLD)
        self.assertEnds(result, 77)
        self.assertIn("derate_bench: " + SENTENCE, result.stderr)


if __name__ == "__main__":
    unittest.main()
