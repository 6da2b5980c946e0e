# SPDX-License-Identifier: Apache-2.0
# Standard streams that are closed, full or without a reader: the measurement goes on, and its files
# hold nothing but what belongs there.
import pathlib
import subprocess
import unittest

from cli import BRIEF, DERATE, FAULTY, HEALTHY, CliTest, read_lines

FULL = pathlib.Path("/dev/full")
RUN = [DERATE, "run", "--bench", FAULTY, "--device=host", "--rounds=2", f"--filter={HEALTHY}"]


def shell(redirections, *command):
    """Ends with a CompletedProcess; `redirections` are the shell's."""
    return subprocess.run(["sh", "-c", f'exec "$@" {redirections}', "sh", *map(str, command)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60)


class Streams(CliTest):
    def setUp(self):
        self.out = self.folder() / "out"
        self.records = self.out / "records.jsonl"

    def derate_run(self, redirections):
        return shell(redirections, *RUN, "--out", self.out, "--", *BRIEF)

    def derate_bench(self, redirections):
        self.out.mkdir()
        return shell(redirections, FAULTY, "--derate_device=host", *BRIEF,
                     f"--benchmark_filter={HEALTHY}", f"--derate_out={self.records}")

    @unittest.skipUnless(FULL.exists(), "there is no /dev/full")
    def test_progress_that_nobody_can_read_does_not_end_the_run(self):
        self.assertEnds(self.derate_run(f"2>{FULL}"), 0)
        self.assertEqual(len(read_lines(self.records)), 2)
        self.assertTrue((self.out / "calibration.json").exists())

    @unittest.skipUnless(FULL.exists(), "there is no /dev/full")
    def test_nor_the_bench(self):
        self.assertEnds(self.derate_bench(f"2>{FULL}"), 0)
        self.assertEqual(len(read_lines(self.records)), 1)

    def test_closed_ones_do_not_end_in_the_records(self):
        for redirections in ["2>&-", "<&- 2>&-"]:
            with self.subTest(redirections):
                self.assertEnds(self.derate_run(redirections), 0)
        self.assertEqual(len(read_lines(self.records)), 4)

    def test_nor_in_those_of_the_bench(self):
        self.derate_bench("<&- >&- 2>&-")
        self.assertEqual(len(read_lines(self.records)), 1)


if __name__ == "__main__":
    unittest.main()
