# SPDX-License-Identifier: Apache-2.0
# derate fleet track: a GPU that ages is heard against its group, what moves all is not.
import json
import os
import random
import unittest

from cli import CliTest, derate
from made_fleet import write_fleet, write_node

NODES = 4  # of four GPUs


def sweep(folder, day, slow=None, factor=1.04):
    """A day on which everything moves by 0.5 % or so; the GPU `slow`, (node, GPU), is slower beside."""
    moved = 1 + random.Random(f"day {day}").gauss(0, 0.005)
    for node in (f"n{number}" for number in range(1, NODES + 1)):
        write_node(folder, node, day=day, plant=lambda record, node=node: moved * (
            factor if (node, record["device_index"]) == slow else 1))


class FleetTrack(CliTest):
    def setUp(self):
        super().setUp()
        self.home = self.folder()

    def track(self, day, *arguments, **planted):
        fleet = self.home / f"day{day}"
        if not fleet.exists():
            sweep(fleet, day, **planted)
        return derate("fleet", "track", fleet, "--db", self.home / "fleet.sqlite", "--label", f"day {day}", *arguments,
                      env={**os.environ, "COLUMNS": "80"})

    def judgements(self, *arguments):
        return {each["benchmark"]: each for each in json.loads(self.track(*arguments, "--format=json").stdout)["judgements"]}

    def test_a_gpu_that_ages_is_named_and_the_others_are_not(self):
        for day in range(1, 9):
            self.assertEnds(self.track(day), 0)
        first = self.track(9, slow=("n3", 1))
        self.assertEnds(first, 4)
        self.assertIn("run again", " ".join(first.stdout.split()))
        self.track(10, slow=("n3", 1))
        self.assertEnds(self.track(11, slow=("n3", 1)), 1)
        found = self.judgements(11, "--no-add")
        slower = {name for name, each in found.items() if each["verdict"] == "regression"}
        self.assertEqual(slower, {f"gemm/library f32 n:{row} @ n3 GPU 1" for row in (1, 2, 3, 4)})
        self.assertIn("gemm/library f32 n:1 @ all 16 Example GPU", found)
        for name in slower:
            self.assertAlmostEqual(found[name]["change"], 0.04, delta=0.01)

    def test_lines_fit_and_a_second_time_adds_nothing(self):
        for day in range(1, 7):
            last = self.track(day)
        self.assertLessEqual(max(map(len, last.stdout.splitlines())), 80)
        again = self.track(6)
        self.assertIn("is session 6 already", again.stderr)

    def test_nodes_that_are_missing_are_in_the_notes(self):
        sweep(self.home / "day1" / "nodes", 1)
        (self.home / "day1" / "fleet.json").write_text(json.dumps({
            "schema": 1, "tool_version": "", "engine": "ssh", "started_utc": "2026-01-02T03:00:00Z",
            "nodes": ["n1", "n2", "n3", "n4", "n5"], "node_count": 5, "run_options": []}))
        said = " ".join(self.track(1).stdout.split())
        self.assertIn("missing: n5 (never came): nothing of it is there", said)
        self.assertIn("missing: n1 (no end): it has no node.json", said)

    def test_a_group_of_three_is_left_to_derate_track(self):
        write_fleet(self.home / "few", nodes=1, gpus=3)
        done = derate("fleet", "track", self.home / "few", "--db", self.home / "fleet.sqlite")
        self.assertIn("derate track judges each by its own past", " ".join(done.stdout.split()))

    def test_the_history_is_not_that_of_single_machines(self):
        write_fleet(self.home / "day0", nodes=2)
        done = derate("fleet", "track", self.home / "day0", env={**os.environ, "XDG_DATA_HOME": str(self.home)})
        self.assertEnds(done, 0)
        self.assertTrue((self.home / "derate/fleet.sqlite").exists())
        self.assertFalse((self.home / "derate/history.sqlite").exists())

    def test_bad_input(self):
        self.assertRefused(derate("fleet", "track", self.home / "absent"), 5, "absent")
        self.assertRefused(derate("fleet", "track", self.home, "--time", "noon"), 2, "noon")


if __name__ == "__main__":
    unittest.main()
