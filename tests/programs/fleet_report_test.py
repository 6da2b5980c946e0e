# SPDX-License-Identifier: Apache-2.0
# derate fleet report as a user meets it: exit codes, formats, width, what is wrong with shards.
import csv
import io
import itertools
import json
import os
import pathlib
import random
import re
import tempfile
import threading
import unittest

from cli import SOURCE, CliTest, derate
from made_fleet import write_fleet, write_node


class FleetReport(CliTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="derate-fleet-")
        self.addCleanup(folder.cleanup)
        self.fleet = pathlib.Path(folder.name) / "fleet"

    def report(self, *arguments, **options):
        return derate("fleet", "report", self.fleet, *arguments, **options)

    def test_ends_with_0_where_all_are_well(self):
        write_fleet(self.fleet)
        done = self.report()
        self.assertEnds(done, 0)
        self.assertIn("48 GPUs on 12 nodes, 576 records: 48 healthy", done.stdout)

    def test_names_the_slow_one_in_every_format(self):
        write_fleet(self.fleet, slow=("n7", 2))
        done = self.report(env={"PATH": "/usr/bin:/bin", "COLUMNS": "80"})
        self.assertEnds(done, 1)
        self.assertLessEqual(max(map(len, done.stdout.splitlines())), 80)
        self.assertRegex(done.stdout, r"slow +n7 +2 ")
        rows = list(csv.DictReader(io.StringIO(self.report("--format", "csv").stdout)))
        self.assertEqual(len(rows), 48)
        self.assertEqual([(row["verdict"], row["node"], row["gpu"]) for row in rows[:2]][0], ("slow", "n7", "2"))
        self.assertEqual({row["verdict"] for row in rows[1:]}, {"healthy"})
        found = json.loads(self.report("--format", "json").stdout)
        self.assertEqual(found["gpus"][0]["node"], "n7")
        self.assertAlmostEqual(found["gpus"][0]["slowdown"], 0.09, delta=0.02)
        self.assertEqual(found["fleet"]["verdicts"]["slow"], 1)
        self.assertIn("| slow | n7 | 2 |", self.report("--format", "markdown").stdout)

    def test_rows_that_few_have_take_no_weight(self):
        """One GPU measured more than the others, and one something else."""
        def plant(record):
            if record["device_index"] == 0:
                record["problem"] = "n:99"
                record["bound"] = "compute"
            return 1

        write_fleet(self.fleet, slow=("n7", 2))
        more = self.fleet / "n2" / "records.jsonl"
        extra = [json.loads(line) | {"problem": "n:77"} for line in more.read_text().splitlines()
                 if json.loads(line)["device_index"] == 1 and json.loads(line)["bound"] == "compute"]
        more.write_text(more.read_text() + "".join(json.dumps(each) + "\n" for each in extra))
        write_node(self.fleet, "n20", plant=plant)
        found = json.loads(self.report("--format", "json").stdout)
        verdicts = {(each["node"], each["gpu"]): each["verdict"] for each in found["gpus"]}
        self.assertEqual(verdicts.pop(("n7", 2)), "slow")
        self.assertEqual(verdicts.pop(("n20", 0)), "not judged")
        self.assertEqual(set(verdicts.values()), {"healthy"})
        self.assertIn("were measured on less than half of the GPUs", json.dumps(found["groups"]))

    def test_writes_over_nothing_that_it_reads(self):
        write_fleet(self.fleet / "nodes", nodes=8)
        self.write_links(slow="n5")
        reference = self.fleet.parent / "reference.csv"
        reference.write_bytes((SOURCE / "data" / "reference.csv").read_bytes())
        for name in ("nodes/n1/records.jsonl", "fleet.json", "links/n1-0.jsonl"):
            before = (self.fleet / name).read_bytes()
            for command in ("report", "track"):
                done = derate("fleet", command, self.fleet, "--write", f"html={self.fleet / name}")
                self.assertRefused(done, 2, "would overwrite")
                self.assertEqual((self.fleet / name).read_bytes(), before)
        self.assertRefused(self.report("--reference", reference, "--write", f"html={reference}"), 2, "would overwrite")
        page = self.fleet.parent / "both"
        self.assertRefused(self.report("--write", f"html={page}", "--write", f"grafana={page}"), 2, "would overwrite")

    def test_what_is_no_number_is_no_share(self):
        write_fleet(self.fleet)
        self.assertRefused(self.report("--least-slowdown", "nan"), 2, "nan")

    def test_names_less_where_more_is_asked(self):
        write_fleet(self.fleet, slow=("n7", 2))
        self.assertEnds(self.report("--least-slowdown", "0.2"), 0)

    def test_does_not_judge_two(self):
        write_fleet(self.fleet, nodes=1, gpus=2, slow=("n1", 1))
        done = self.report()
        self.assertEnds(done, 4)
        self.assertIn("nobody can tell which of the two is right", " ".join(done.stdout.split()))

    def test_a_cut_shard_is_named_and_no_all_clear(self):
        write_fleet(self.fleet)
        path = self.fleet / "n3" / "records.jsonl"
        text = path.read_text()
        path.write_text(text[:len(text) - 500])
        done = self.report()
        self.assertEnds(done, 4)
        said = " ".join(done.stdout.split())
        self.assertIn("n3/records.jsonl has 1 line that is no record: line 48: truncated", said)
        self.assertIn("47 records of it are used", said)

    def write_links(self, slow):
        """All-reduces of each pair of 12 nodes; those of the node `slow` take a quarter longer."""
        nodes = [f"n{number}" for number in range(1, 13)]
        manifest = {"schema": 1, "tool_version": "", "engine": "slurm", "started_utc": "2026-01-02T03:00:00Z",
                    "nodes": nodes, "node_count": 12, "run_options": []}
        (self.fleet / "fleet.json").write_text(json.dumps(manifest))
        (self.fleet / "links").mkdir()
        noise = random.Random(5)
        with (self.fleet / "links" / "n1-0.jsonl").open("w") as file:
            for pair in itertools.combinations(nodes, 2):
                time_s = 0.001 * (1.25 if slow in pair else 1) * (1 + noise.gauss(0, 0.001))
                line = {"schema": 1, "kind": "link", "scope": "pair", "nodes": pair, "operation": "all_reduce",
                        "devices": 16, "bytes": 2**28, "launches": 4, "samples_s": [time_s] * 3, "outcome": "passed",
                        "reason": "", "library": "NCCL 2.28.9", "start": "1", "round": 1,
                        "time_utc": "2026-01-02T04:00:00Z"}
                file.write(json.dumps(line) + "\n")

    def test_what_was_measured_between_nodes_is_on_the_page_and_in_the_notes(self):
        write_fleet(self.fleet / "nodes")
        self.write_links(slow="n5")
        page = self.fleet.parent / "page.html"
        said = " ".join(self.report("--write", f"html={page}").stdout.split())
        self.assertIn("slow between nodes: n5 (derate fleet links", said)
        text = page.read_text()
        slow = re.findall(r'\["(n\d+)","(n\d+)",[^\]]*,true\]', text)
        self.assertEqual({pair for pair in slow if "n5" in pair}, set(slow))
        self.assertEqual(len(slow), 11)

    def gauges(self):
        try:
            from prometheus_client.openmetrics import parser
        except ImportError:
            self.skipTest("no prometheus_client")
        path = self.fleet.parent / "fleet.prom"
        self.report("--write", f"openmetrics={path}")
        return {family.name: family.samples for family in parser.text_string_to_metric_families(path.read_text())}

    def test_gauges_for_prometheus(self):
        write_fleet(self.fleet, slow=("n7", 2))
        found = self.gauges()
        [slow] = [sample.labels for sample in found["derate_fleet_gpu_temperature_celsius"]
                  if (sample.labels["node"], sample.labels["gpu"]) == ("n7", "2")]
        self.assertEqual(slow["product"], "Example GPU")
        verdicts = [sample.labels for sample in found["derate_fleet_gpu_verdict"] if sample.labels["verdict"] != "healthy"]
        self.assertEqual(verdicts, [slow | {"verdict": "slow"}])
        deviation = {sample.labels["part"]: sample.value for sample in found["derate_fleet_gpu_deviation_ratio"]
                     if slow.items() <= sample.labels.items()}
        self.assertAlmostEqual(deviation["compute"], -0.09, delta=0.02)
        self.assertEqual([sample.value for sample in found["derate_fleet_last_run_timestamp_seconds"]], [1767322925])

    def test_the_dashboard_shows_gauges_that_there_are(self):
        write_fleet(self.fleet)
        path = self.fleet.parent / "dashboard.json"
        self.report("--write", f"grafana={path}")
        text = path.read_text()
        self.assertEqual(json.loads(text)["uid"], "derate-fleet")
        asked = set(re.findall(r"derate_[a-z_]+", text))
        self.assertGreater(len(asked), 5)
        self.assertLessEqual(asked, set(self.gauges()) | {"derate_change_ratio"})

    def write_end(self, node, **what):
        folder = self.fleet / "nodes" / node
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "node.json").write_text(json.dumps({
            "schema": 1, "node": node, "started_utc": "2026-01-02T03:00:00Z", "ended_utc": "2026-01-02T03:00:09Z",
            "exit_code": 3, "reason": f"no driver on {node}", "files": []} | what))

    def test_nodes_that_all_failed_are_reported_with_their_reasons(self):
        for node in ("n1", "n2", "n3"):
            self.write_end(node)
        files = [self.fleet.parent / name for name in ("page.html", "fleet.prom")]
        done = self.report("--write", f"html={files[0]}", "--write", f"openmetrics={files[1]}")
        self.assertEnds(done, 1)
        self.assertIn("n2: no driver on n2", done.stdout)
        for file in files:
            self.assertTrue(file.exists())
        tracked = derate("fleet", "track", self.fleet, "--db", self.fleet.parent / "fleet.sqlite")
        self.assertEqual(tracked.returncode, 5)
        self.assertIn("no driver on n2", tracked.stderr)

    def test_a_pipe_in_a_folder_is_told_of_and_one_by_name_is_read(self):
        write_fleet(self.fleet)
        pipe = self.fleet / "n13" / "records.jsonl"
        pipe.parent.mkdir()
        os.mkfifo(pipe)
        done = self.report()
        self.assertEnds(done, 4)
        self.assertIn("is a pipe, not a file", " ".join(done.stdout.split()))
        text = (self.fleet / "n1" / "records.jsonl").read_bytes()
        writer = threading.Thread(target=pipe.write_bytes, args=[text], daemon=True)
        writer.start()
        named = derate("fleet", "report", pipe)
        writer.join(timeout=60)
        self.assertIn("4 GPUs on 1 node, 48 records", named.stdout)

    def test_a_slow_one_is_found_among_copies_of_one_machine(self):
        write_fleet(self.fleet, slow=("n7", 2))
        for path in self.fleet.glob("*/records.jsonl"):
            records = [json.loads(line) for line in path.read_text().splitlines()]
            path.write_text("".join(json.dumps(record | {"host_id": "", "device_id": ""}) + "\n" for record in records))
        done = self.report()
        self.assertEnds(done, 1)
        self.assertIn("48 GPUs on 12 nodes", done.stdout)
        self.assertRegex(done.stdout, r"slow +n7 +2 ")

    def test_refuses_what_holds_nothing(self):
        self.fleet.mkdir()
        done = self.report()
        self.assertEqual(done.returncode, 5)
        self.assertIn("holds no records", done.stderr)
        self.assertEqual(derate("fleet", "report", self.fleet / "absent").returncode, 5)
        self.assertEqual(derate("fleet").returncode, 2)
        self.assertEqual(self.report("--least-slowdown", "2").returncode, 2)

    def test_a_name_of_anybody_is_obeyed_by_no_terminal(self):
        write_fleet(self.fleet)
        write_node(self.fleet, "n\x1b[31m99")
        done = self.report("--all")
        self.assertNotIn("\x1b", done.stdout)


if __name__ == "__main__":
    unittest.main()
