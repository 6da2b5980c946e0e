# SPDX-License-Identifier: Apache-2.0
# Files of other benchmark programs through every command that takes results: what is read, and that
# of a file that was cut nothing is stored.
import json
import unittest

from cli import SOURCE, CliTest, derate

DATA = SOURCE / "tests/unit/regression/results/data"
BENCHMARKS = {"nvbench.json": 2, "pytest_benchmark_5.3.1.json": 4, "list_of_times.json": 2}


class JsonFormats(CliTest):
    def setUp(self):
        self.home = self.folder()
        self.db = self.home / "db"

    def cut(self, name):
        path = self.home / f"cut-{name}"
        whole = (DATA / name).read_bytes()
        path.write_bytes(whole[:len(whole) * 2 // 3])
        return path

    def test_are_judged_by_a_gate(self):
        """Of a file that stays the same every pair is the same."""
        for name, count in BENCHMARKS.items():
            with self.subTest(name):
                result = derate("gate", "--base", f"cat {DATA / name}", "--candidate",
                                f"echo starting; cat {DATA / name}; echo done", "--pairs", 3,
                                "--confirm-pairs", 3, "--out", self.home / name, "--format", "json")
                self.assertEnds(result, 0)
                self.assertEqual(json.loads(result.stdout)["counts"]["unchanged"], count)

    def test_are_compared_tracked_and_kept(self):
        for name, count in BENCHMARKS.items():
            with self.subTest(name):
                compared = derate("compare", DATA / name, DATA / name, "--format", "json")
                self.assertEnds(compared, 4)  # one process each
                tracked = derate("track", DATA / name, "--db", self.db, "--format", "json")
                self.assertEnds(tracked, 0)
                for result in (compared, tracked):
                    self.assertEqual(len(json.loads(result.stdout)["judgements"]), count)

    def test_that_were_cut_or_are_empty_are_stored_nowhere(self):
        empty = self.home / "empty"
        empty.write_bytes(b"")
        for path in (empty, *map(self.cut, BENCHMARKS)):
            for command in (["compare", path, path], ["track", path, "--db", self.db],
                            ["history", "add", path, "--db", self.db]):
                with self.subTest(path.name, command=command[0]):
                    self.assertRefused(derate(*command), 5, str(path))
        self.assertFalse(self.db.exists())
        gate = derate("gate", "--base", f"cat {self.cut('list_of_times.json')}", "--candidate",
                      "true", "--out", self.home / "gate", "--format", "json")
        self.assertEnds(gate, 5)


if __name__ == "__main__":
    unittest.main()
