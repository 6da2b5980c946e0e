# SPDX-License-Identifier: Apache-2.0
# Nodes as processes of this machine, on a CUDA runtime and an NCCL of the tests' own: what they
# measure, what derate fleet links makes of it, and what becomes of both where a rank never comes,
# hangs, is killed, or gets a wrong result.
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

RANK = os.environ["DERATE_LINKS_RANK"]
NCCL = os.environ["DERATE_LINKS_NCCL"]
DERATE = pathlib.Path(os.environ["DERATE_BIN"]) / "derate"


class Links(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.fleet = pathlib.Path(self.scratch.name) / "fleet"
        self.links = self.fleet / "links"
        self.meeting = pathlib.Path(self.scratch.name) / "nccl"
        self.meeting.mkdir()

    def begin(self, rank, ranks, node, devices=2, local=0, fault="", speeds="", bytes_=40012, nccl=NCCL,
              timeout_s="1", **extra):
        environment = dict(os.environ, HOME="/nowhere", DERATE_NCCL_FOLDER=nccl, DERATE_FAKE_MEETING=str(self.meeting),
                           DERATE_FAKE_NODE=node, DERATE_FAKE_BETWEEN=fault, DERATE_FAKE_SPEEDS=speeds,
                           DERATE_NCCL_TIMEOUT_S=timeout_s, **extra)
        return subprocess.Popen([RANK, self.links, *map(str, [rank, ranks, local, node, devices, bytes_])],
                                stderr=subprocess.PIPE, text=True, env=environment)

    def end(self, processes):
        """(exit code, what it said) of each."""
        ends = []
        for process in processes:
            _, said = process.communicate(timeout=120)
            ends.append((process.returncode, said.strip()))
        return ends

    def measure(self, nodes, faults={}, **options):
        """One process on each of the nodes n1, n2, ..."""
        return self.end([self.begin(i, nodes, f"n{i + 1}", fault=faults.get(i + 1, ""), **options)
                         for i in range(nodes)])

    def lines(self):
        found = []
        for path in sorted(self.links.glob("*.jsonl")):
            found += [json.loads(line) for line in path.read_text().splitlines()]
        return found

    def records(self, scope, outcome="passed"):
        return [line for line in self.lines()
                if line["kind"] == "link" and line["scope"] == scope and line["outcome"] == outcome]

    def judge(self, *arguments):
        return subprocess.run([DERATE, "fleet", "links", self.fleet, *arguments], capture_output=True, text=True,
                              timeout=120)

    def judged(self):
        result = self.judge("--format", "json")
        self.assertIn(result.returncode, (0, 1, 4), result.stderr)
        return result.returncode, json.loads(result.stdout)

    def test_every_pair_once_and_every_node_alone_and_all_together(self):
        self.assertEqual({code for code, _ in self.measure(4)}, {0})
        pairs = {tuple(sorted(record["nodes"])) for record in self.records("pair")}
        self.assertEqual(len(pairs), 6)
        self.assertEqual(len(self.records("pair")), 6)
        self.assertEqual(len(self.records("node")), 4)
        self.assertEqual([record["devices"] for record in self.records("all")], [8])
        record = self.records("pair")[0]
        self.assertEqual((record["devices"], record["bytes"], len(record["samples_s"])), (4, 40012, 5))
        self.assertEqual(sum(line["kind"] == "end" and line["exit_code"] == 0 for line in self.lines()), 4)
        self.assertFalse((self.links / "meeting/first/here").exists())

    def test_an_odd_number_of_nodes_and_one_gpu_on_each(self):
        self.assertEqual({code for code, _ in self.measure(5, devices=1)}, {0})
        self.assertEqual(len(self.records("pair")), 10)
        self.assertEqual(self.records("node"), [])

    def test_a_process_for_each_gpu(self):
        processes = [self.begin(2 * node + local, 6, f"n{node + 1}", devices=2, local=local)
                     for node in range(3) for local in range(2)]
        self.assertEqual({code for code, _ in self.end(processes)}, {0})
        self.assertEqual({record["devices"] for record in self.records("pair")}, {4})
        self.assertEqual(len(self.records("pair")), 3)

    def test_healthy_nodes_have_no_alarm(self):
        self.measure(8, devices=1)
        code, report = self.judged()
        self.assertEqual(code, 0)
        self.assertEqual({row["verdict"] for row in report["nodes"]}, {"healthy"})
        self.assertEqual(report["slow_links"], [])
        self.assertEqual(len(report["matrix"]["bytes_per_s"]), 8)
        self.assertIsNone(report["matrix"]["bytes_per_s"][2][2])
        # S / t x 2 (n - 1) / n over 2 devices, at 1 ms but for the noise.
        self.assertAlmostEqual(report["matrix"]["bytes_per_s"][0][1] / 40012e3, 1, delta=0.004)

    def test_a_slow_node_is_named(self):
        self.measure(8, devices=1, speeds="n3=0.8")
        code, report = self.judged()
        self.assertEqual(code, 1)
        slow = [row for row in report["nodes"] if row["verdict"] == "slow"]
        self.assertEqual([row["node"] for row in slow], ["n3"])
        self.assertAlmostEqual(slow[0]["pair_effect"], -0.2, delta=0.01)
        self.assertEqual(report["slow_links"], [])

    def test_a_slow_link_is_named_and_neither_of_its_nodes(self):
        self.measure(8, devices=1, speeds="n2-n7=0.7")
        code, report = self.judged()
        self.assertEqual(code, 1)
        self.assertEqual({row["verdict"] for row in report["nodes"]}, {"healthy"})
        self.assertEqual([(link["one"], link["other"]) for link in report["slow_links"]], [("n2", "n7")])
        text = self.judge()
        self.assertIn("Slow link: n2 and n7, ", text.stdout)
        self.assertLessEqual(max(map(len, text.stdout.splitlines())), 200)

    def test_an_idle_node_waits_for_a_long_round(self):
        # Rounds take 2 s and more, four times the timeout, and each has a node with nothing to do.
        ends = self.measure(3, devices=1, bytes_=131072, timeout_s="0.5", SAMPLES="75", LAUNCHES="20",
                            DERATE_FAKE_BUSY_US="1500")
        self.assertEqual([code for code, _ in ends], [0, 0, 0], ends)
        self.assertEqual(len(self.records("pair")), 3)

    def test_the_folder_of_a_fleet_or_its_links_with_or_without_a_slash(self):
        self.measure(6, devices=1)
        manifest = {"schema": 1, "tool_version": "0", "engine": "slurm", "started_utc": "2026-11-30T12:00:00Z",
                    "nodes": [], "node_count": 6, "run_options": [],
                    "switches": {f"n{i}": "leaf1" if i < 4 else "leaf2" for i in range(1, 7)}}
        (self.fleet / "fleet.json").write_text(json.dumps(manifest))
        for folder, at in [(self.fleet, "/"), (f"{self.fleet}/", "/"), (self.links, "/"), (f"{self.links}/", "/"),
                           (".", self.links), ("links/", self.fleet), (".", self.fleet)]:
            result = subprocess.run([DERATE, "fleet", "links", folder, "--format", "json"], cwd=at,
                                    capture_output=True, text=True, timeout=120)
            self.assertEqual(result.returncode, 0, f"{folder} in {at}: {result.stderr}")
            self.assertIsNotNone(json.loads(result.stdout)["usual_over_two_switches_bytes_per_s"], folder)
        (self.fleet / "fleet.json").write_text(json.dumps(manifest | {"switches": {"n1": 4}}))
        result = subprocess.run([DERATE, "fleet", "links", self.links], capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 5)
        self.assertIn("fleet.json", result.stderr)

    def test_a_second_start_measures_what_is_missing(self):
        self.measure(4, {2: "wrong@15"})  # in its first pair, behind 13 reductions alone
        failed = self.records("pair", "incorrect")
        self.assertEqual(len(failed), 1)
        before = len(self.records("pair"))
        self.assertEqual(before, 5)
        self.assertEqual({code for code, _ in self.measure(4, START="second")}, {0})
        # The round of the pair that failed has another pair.
        self.assertEqual(len(self.records("pair")), 7)
        self.assertEqual(len(self.records("node")), 4)
        self.assertEqual(self.judge().returncode, 4, "nothing is missing, but four nodes are few")

    def test_again_measures_everything_once_more(self):
        self.measure(3)
        self.measure(3, START="second", AGAIN="1")
        self.assertEqual(len(self.records("pair")), 6)
        result = self.judge("--pairs", "--format", "json")
        self.assertEqual([row["times"] for row in json.loads(result.stdout)], [2, 2, 2])

    def test_a_wrong_result_names_node_and_element_and_has_no_samples(self):
        ends = self.measure(3, {3: "wrong@26"})
        record, = self.records("pair", "incorrect")
        self.assertIn("n3", record["nodes"])
        self.assertRegex(record["reason"], r"^n3: element \d+ on cuda:1 is \d+, not \d+$")
        self.assertEqual(record["samples_s"], [])
        self.assertEqual(ends[2][0], 1)
        self.assertIn("Missing: ", self.judge().stdout)

    def test_a_rank_that_never_comes_is_named_by_all(self):
        ends = self.end([self.begin(rank, 4, f"n{rank + 1}") for rank in (0, 1, 3)])
        for code, said in ends:
            self.assertEqual((code, said), (1, "rank 2 of 4 did not come within 5 s"))
        result = self.judge()
        self.assertEqual(result.returncode, 5)
        self.assertIn("holds no measurement between nodes: n1-0, n2-1, n4-3: rank 2 of 4 did not come",
                      result.stderr)

    def test_a_node_without_nccl_is_named_by_all(self):
        ends = self.end([self.begin(0, 2, "n1"),
                         self.begin(1, 2, "n2", nccl="/no/such/folder")])
        self.assertEqual(ends[1][0], 77)
        self.assertEqual(ends[0], (1, "rank 1 on n2: " + ends[1][1]))
        self.assertIn("there is no libnccl.so.2 in /no/such/folder", ends[1][1])

    def test_a_node_without_a_gpu_is_named_by_all(self):
        ends = self.end([self.begin(0, 2, "n1", devices=0), self.begin(1, 2, "n2")])
        self.assertEqual(ends, [(77, "there is no GPU"), (1, "rank 0 on n1: there is no GPU")])

    def test_a_node_with_fewer_gpus_is_left_out(self):
        ends = self.end([self.begin(i, 3, f"n{i + 1}", devices=1 if i == 1 else 2) for i in range(3)])
        self.assertEqual([code for code, _ in ends], [0, 1, 0])
        self.assertEqual([record["nodes"] for record in self.records("pair")], [["n1", "n3"]])
        self.assertIn("Missing: n2: failed: 1 GPU where most nodes have 2.", self.judge().stdout)

    def test_ranks_of_another_plan_are_refused(self):
        ends = self.end([self.begin(0, 2, "n1"), self.begin(1, 2, "n2", bytes_=4000)])
        for code, said in ends:
            self.assertEqual(code, 2)
            self.assertIn("rank 1 on n2 is derate ", said)
            self.assertIn("with 4000 bytes", said)

    def test_a_collective_that_hangs_costs_its_pair(self):
        self.measure(4, {2: "hang@20"})
        failed = self.records("pair", "failed")
        self.assertEqual(len(failed), 1)
        self.assertIn("n2", failed[0]["nodes"])
        self.assertIn("a collective over 4 devices did not end within 1 s", failed[0]["reason"])
        self.assertEqual(len(self.records("pair")), 5)

    def test_an_error_in_the_middle_costs_its_pair(self):
        self.measure(4, {4: "error@20"})
        failed = self.records("pair", "failed")
        self.assertEqual(len(failed), 1)
        self.assertIn("n4", failed[0]["nodes"])
        self.assertIn("remote process exited or there was a network error (6)", failed[0]["reason"])
        self.assertEqual(len(self.records("pair")), 5)

    def test_a_node_that_is_killed_ends_it_and_nothing_is_lost(self):
        ends = self.measure(4, {3: "exit@40"})
        self.assertEqual(ends[2][0], 9)
        for code, said in ends[:2] + ends[3:]:
            self.assertEqual(code, 1)
            self.assertRegex(said.splitlines()[-1], "did not (all )?come to (round 3 of pairs|all nodes together)|"
                                                    "NCCL reports")
        self.assertEqual(len(self.records("node")), 4)
        self.assertGreaterEqual(len(self.records("pair")), 3)
        text = self.judge().stdout
        self.assertIn("Missing: n3-2: was ended by force, or still measures.", text)

    def test_a_failing_bootstrap_says_so(self):
        ends = self.measure(2, {1: "init", 2: "init"})
        for code, said in ends:
            self.assertEqual(code, 1)
            self.assertTrue(said.startswith("ncclCommInitRank failed with unhandled system error (2) at "), said)

    def test_nccl_comm_id_takes_the_place_of_the_folder(self):
        ends = self.measure(3, NCCL_COMM_ID="n1:4711")
        self.assertEqual({code for code, _ in ends}, {0})
        self.assertFalse((self.links / "meeting").exists())
        self.assertEqual(len(self.records("pair")), 3)


if __name__ == "__main__":
    unittest.main()
