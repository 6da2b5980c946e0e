# SPDX-License-Identifier: Apache-2.0
# A fleet on Slurm itself, many nodes on this machine: eight, or DERATE_NODES of them. One is slower by 6 %, one
# is killed in the middle, one is without the program; what each became is known by name, and a second start
# measures only what is missing.
import json
import os
import subprocess
import sys
import time
import unittest

from cli import DERATE, CliTest, derate, wait_until
from fleet_data import end_of, make_replay, records_in, run_options
from slurm_cluster import Cluster, why_not

NODES = int(os.environ.get("DERATE_NODES", "8"))
SLOW, KILLED, BARE = "n3", "n5", "n7"
ROUNDS = 5


class Fleet(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.names = [f"n{i}" for i in range(1, NODES + 1)]

    def setUp(self):
        self.here = self.folder()
        self.fleet = self.here / "fleet"
        self.replay = self.here / "replay"
        os.environ.update(make_replay(self.replay, self.names, {SLOW: 1.06}, ROUNDS))

    def fault(self, node, text):
        (self.replay / f"{node}.fault").write_text(text)

    def start(self, cluster, *arguments):
        result = cluster.run(DERATE, "fleet", "run", self.fleet, "--slurm", "--format", "json",
                             *map(str, arguments))
        self.assertIn(result.returncode, (0, 1), result)
        return {each["node"]: each for each in json.loads(result.stdout)}, result

    def test_what_became_of_each_node_is_known(self):
        # In the middle: its first round is there when its power goes.
        self.fault(KILLED, f'[ "$round" = 1 ] || {{ touch "$DERATE_REPLAY/begun"; sleep 600; }}')
        bare = self.here / "bare"
        bare.write_text(f'#!/bin/sh\n[ "$SLURMD_NODENAME" != {BARE} ] || exit 127\nexec {DERATE} "$@"\n')
        bare.chmod(0o755)
        with Cluster(self.here / "cluster", NODES) as cluster:
            with subprocess.Popen(
                    [DERATE, "fleet", "run", self.fleet, "--slurm", "--submit", "--nodes", f"n[1-{NODES}]",
                     "--wait", "250", "--program", bare, "--format", "json", *map(str, run_options(ROUNDS))],
                    env=cluster.environment, stdout=subprocess.PIPE, text=True) as first:
                wait_until(lambda: (self.replay / "begun").exists(), f"{KILLED} to measure", 200)
                cluster.kill_node(KILLED)
                nodes = {each["node"]: each for each in json.loads(first.communicate(timeout=280)[0])}
                self.assertEqual(first.returncode, 1)
            others = {name: each for name, each in nodes.items() if each["state"] != "measured"}
            self.assertEqual(sorted(others), [KILLED, BARE], others)
            self.assertIn("did not start on this node", others[BARE]["reason"])
            self.assertIn("without a result", others[KILLED]["reason"])
            kept = (self.fleet / "nodes" / KILLED / "records.jsonl").read_text()
            self.assertEqual(len(kept.splitlines()), 3)  # its first round
            self.assert_slow_by_six_percent()
            self.assert_report_names(sorted([SLOW, KILLED, BARE]))
            self.second_start(cluster)

    def assert_slow_by_six_percent(self):
        """What a report has to go by: the planted 6 %, through zstd and back."""
        times = {name: sum(record["samples_s"][0] for record in records_in(self.fleet, name))
                 for name in self.names if name not in (KILLED, BARE)}
        usual = sorted(times.values())[len(times) // 2]
        self.assertEqual([name for name, time_s in times.items() if time_s > 1.04 * usual], [SLOW])

    def assert_report_names(self, expected):
        """Exactly those; a group of eight GPUs says that it cannot tell who is slow."""
        report = derate("fleet", "report", self.fleet, "--format", "json")
        self.assertEnds(report, 1)
        verdicts = {}
        for each in json.loads(report.stdout)["gpus"]:  # the worst of a node is the first
            verdicts.setdefault(each["node"], each["verdict"])
        self.assertEqual({verdicts[KILLED], verdicts[BARE]}, {"missing"}, report.stdout)
        if NODES < 32:
            self.assertEqual(verdicts.pop(SLOW), "not judged")
        else:
            self.assertEqual(verdicts.pop(SLOW), "slow", report.stdout)
        named = {node for node, verdict in verdicts.items() if verdict not in ("healthy", "not judged")}
        self.assertEqual(sorted(named | {SLOW}), expected, report.stdout)

    def written(self):
        return {name: (self.fleet / "nodes" / name / "node.json").stat().st_mtime_ns for name in self.names}

    def second_start(self, cluster):
        """The two that are missing, and nothing else, once they are well."""
        before = self.written()
        (self.replay / f"{KILLED}.fault").unlink()
        cluster.start_node(KILLED)
        cluster.wait_for("idle", NODES)
        nodes, result = self.start(cluster, "--submit", "--wait", 100)
        self.assertEnds(result, 0)
        self.assertIn(f"{NODES - 2} nodes are measured already", result.stderr)
        for name in self.names:
            self.assertEqual(nodes[name]["state"], "measured")
            self.assertEqual(self.written()[name] == before[name], name not in (KILLED, BARE), name)
            self.assertEqual(len(records_in(self.fleet, name)), 3 * ROUNDS, name)
        jobs = (self.fleet / "slurm" / "jobs").read_text().splitlines()
        self.assertEqual([line.split()[0] for line in jobs[NODES:]], [KILLED, BARE])
        self.assertEqual(end_of(self.fleet, KILLED)["exit_code"], 0)

    def test_nodes_that_slurm_chooses(self):
        with Cluster(self.here / "cluster", 4) as cluster:
            nodes, result = self.start(cluster, "--count", 3, "--submit", "--wait", 60, *run_options(ROUNDS))
            self.assertEnds(result, 0)
            self.assertEqual(len(nodes), 3)
            links = self.fleet / "slurm" / "links.sh"
            self.assertIn(f"'--nodes=3-3'\n#SBATCH '--nodelist={','.join(sorted(nodes))}'\n", links.read_text())
            self.assertEnds(cluster.run("sbatch", "--test-only", links), 0)
            began = time.monotonic()
            nodes, result = self.start(cluster, "--count", 4, "--submit", "--wait", 60)
            self.assertEnds(result, 0)
            self.assertEqual(sorted(nodes), ["n1", "n2", "n3", "n4"])
            self.assertLess(time.monotonic() - began, 30)

    def test_a_rank_on_each_node_measures_what_connects_them(self):
        """Here without a GPU, as every rank says in its file."""
        with Cluster(self.here / "cluster", 4) as cluster:
            written = cluster.run(DERATE, "fleet", "run", self.fleet, "--slurm", "--nodes", "n[1-4]")
            self.assertEnds(written, 0)
            cluster.run("sbatch", "--wait", self.fleet / "slurm" / "links.sh")
            files = sorted(path.name for path in (self.fleet / "links").glob("*.jsonl"))
            self.assertEqual(files, [f"n{number}-{number - 1}.jsonl" for number in range(1, 5)])
            judged = derate("fleet", "links", self.fleet)
            self.assertEqual(judged.returncode, 5, judged.stdout)

    def test_nodes_without_shared_storage(self):
        with Cluster(self.here / "cluster", 4) as cluster:
            self.fault("n2", "echo 'derate: no luck' >&2; exit 77")
            nodes, result = self.start(cluster, "--nodes", "n[1-4]", "--gather", *run_options(ROUNDS))
            self.assertEnds(result, 1)
            self.assertEqual([each["state"] for each in nodes.values()],
                             ["measured", "failed", "measured", "measured"], nodes)
            self.assertEqual(len(records_in(self.fleet, "n4")), 3 * ROUNDS)


if __name__ == "__main__":
    if why_not():
        print(why_not())
        sys.exit(77)
    unittest.main()
