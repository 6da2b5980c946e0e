# SPDX-License-Identifier: Apache-2.0
# derate fleet run, node and gather: by ssh and by programs that stand in for Slurm's; what failed has its
# reason, and a second start measures only what is missing.
import json
import os
import signal
import subprocess
import time
import unittest

from cli import DERATE, CliTest, derate, wait_until
from fleet_data import end_of, make_replay, path_with, records_in, run_options, write_program

SSH = r"""#!/bin/sh
# Stands in for ssh: runs the command here. What it was called with is kept.
echo "$*" >>"$FAKE/ssh.calls"
while [ "$1" != -- ]; do shift; done
host=${2#*@} command=$3
case $host in
  down*) echo "ssh: connect to host $host port 22: Connection refused" >&2; exit 255 ;;
  hang*) exec sleep 60 ;;
  cut*) sh -c "$command" | head -c 3000; exit 255 ;;
  chatty*) echo "Welcome to $host!"; echo "@derate" ;;
esac
exec sh -c "$command"
"""
SBATCH = r"""#!/bin/sh
# Stands in for sbatch: runs the script at once as that node.
for argument; do case $argument in --nodelist=*) node=${argument#*=} ;; *.sh) script=$argument ;; esac; done
case $node in
  no*) echo "sbatch: error: invalid node" >&2; exit 1 ;;
  late*) echo "$node 8" >>"$FAKE/late" ;;
  held*) mkdir -p "$FLEET/nodes/$node"; flock "$FLEET/nodes/$node" sleep 15 >/dev/null 2>&1 & ;;
  *) SLURMD_NODENAME=$node sh "$script" >/dev/null 2>&1 ;;
esac
echo "sbatch: lua: something to say" >&2
echo "7${node#*n};cluster"
"""
SQUEUE = '#!/bin/sh\n[ ! -e "$FAKE/queue" ] || cat "$FAKE/queue"\n'


class FleetCase(CliTest):
    def setUp(self):
        self.fake = self.folder()
        self.fleet = self.folder() / "my fleet's"
        for name, text in (("ssh", SSH), ("sbatch", SBATCH), ("squeue", SQUEUE)):
            write_program(self.fake / name, text)
        self.environment = os.environ | {"PATH": path_with(self.fake), "FAKE": str(self.fake),
                                         "FLEET": str(self.fleet)}

    def replay(self, *nodes, **options):
        self.environment |= make_replay(self.fake / "replay", nodes, **options)

    def fault(self, node, text):
        (self.fake / "replay" / f"{node}.fault").write_text(text)

    def start(self, *arguments, options=None):
        return derate("fleet", "run", self.fleet, *arguments, *(run_options(2) if options is None else options),
                      env=self.environment)

    def nodes(self, *arguments):
        """Node -> (state, reason), as the command prints them, and its exit code."""
        result = self.start(*arguments, "--format", "json")
        return {each["node"]: (each["state"], each["reason"]) for each in json.loads(result.stdout)}, result


class Ssh(FleetCase):
    def test_measures_what_answers_and_says_why_of_the_others(self):
        self.replay("a", "b", "chatty")
        self.fault("b", "echo 'derate: the fan is loud' >&2; exit 77")
        began = time.monotonic()
        nodes, result = self.nodes("--hosts", "a,me@b,chatty,down,hang,cut", "--wait", 4)
        self.assertEnds(result, 1)
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(nodes["a"], ("measured", ""))
        self.assertEqual(nodes["chatty"], ("measured", ""))
        self.assertEqual(nodes["down"], ("failed", "ssh: connect to host down port 22: Connection refused"))
        self.assertEqual(nodes["hang"], ("failed", "it had not ended after 4 s"))
        self.assertEqual(nodes["b"][0], "failed")
        self.assertEqual(nodes["cut"][0], "failed")
        self.assertEqual(end_of(self.fleet, "down")["exit_code"], 255)
        self.assertEqual(len(records_in(self.fleet, "a")), 6)
        calls = (self.fake / "ssh.calls").read_text()
        self.assertIn("BatchMode=yes", calls)
        self.assertIn("-- me@b exec /bin/sh -c", calls)

    def test_a_second_start_measures_what_is_missing(self):
        self.replay("a", "b", "c")
        self.fault("b", "exit 77")
        nodes, result = self.nodes("--hosts", "a,b,c")
        self.assertEqual([state for state, _ in nodes.values()], ["measured", "failed", "measured"])
        first = (self.fleet / "nodes/a/node.json").stat().st_mtime_ns
        (self.fake / "replay/b.fault").unlink()
        shard = self.fleet / "nodes/c/records.jsonl.zst"
        shard.write_bytes(shard.read_bytes()[:100])
        (self.fake / "ssh.calls").unlink()
        again = self.start("--hosts", "a,b,c", options=[])
        self.assertEnds(again, 0)
        self.assertEqual(again.stdout, "All 3 nodes are measured.\n")
        self.assertIn("1 node is measured already and left alone", again.stderr)
        self.assertEqual(len((self.fake / "ssh.calls").read_text().split("BatchMode")), 3)
        self.assertEqual((self.fleet / "nodes/a/node.json").stat().st_mtime_ns, first)
        self.assertEqual((self.fleet / "earlier/c.1/records.jsonl.zst").stat().st_size, 100)
        self.assertEqual(len(records_in(self.fleet, "c")), 6)

    def test_a_node_without_the_program_says_so(self):
        result = self.start("--hosts", "a", "--program", "/not/there/derate")
        self.assertEnds(result, 1)
        self.assertIn("/not/there/derate did not start on this node", result.stdout)
        self.assertEqual(end_of(self.fleet, "a")["exit_code"], 127)

    def test_an_interrupt_keeps_what_came(self):
        self.replay("a")
        process = subprocess.Popen([DERATE, "fleet", "run", self.fleet, "--hosts", "a,hang", *map(str, run_options(2))],
                                   env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        wait_until(lambda: (self.fleet / "nodes/a/node.json").exists(), "the end of a")
        process.send_signal(signal.SIGINT)
        self.assertIn("Measured: 1 of 2 nodes", process.communicate(timeout=20)[0])
        self.assertEqual(process.returncode, 130)
        self.assertFalse((self.fleet / "nodes/hang").exists())

    def test_hosts_of_a_file(self):
        self.replay("a1", "a2")
        hosts = self.fake / "hosts"
        hosts.write_text("# boxes\na[1-2]\n")
        self.assertEnds(self.start("--hosts-file", hosts), 0)
        hosts.write_text("a1\na b\n")
        self.assertRefused(self.start("--hosts-file", hosts), 5, "hosts, line 2", '"a b" is no name of a node')


class Slurm(FleetCase):
    def test_each_node_gets_a_job(self):
        self.replay("n1", "n2")
        nodes, result = self.nodes("--slurm", "--nodes", "n[1-2],no3", "--submit", "--wait", 20)
        self.assertEnds(result, 1)
        self.assertEqual(nodes["n1"], ("measured", ""))
        self.assertEqual(nodes["n2"], ("measured", ""))
        self.assertEqual(nodes["no3"], ("failed", "sbatch: error: invalid node"))
        self.assertEqual((self.fleet / "slurm/jobs").read_text(),
                         "n1 71\nn2 72\nno3 - sbatch: error: invalid node\n")

    def test_a_node_whose_job_waits_is_late_and_is_not_started_twice(self):
        self.replay("n1", "late2")
        (self.fake / "queue").write_text("71|COMPLETED|None\n7late2|PENDING|Resources\n")
        nodes, result = self.nodes("--slurm", "--nodes", "n1,late2", "--submit", "--wait", 1)
        self.assertEnds(result, 1)
        self.assertEqual(nodes["late2"], ("missing", "its job 7late2 is PENDING: Resources"))
        nodes, result = self.nodes("--slurm", "--submit", "--wait", 0)
        self.assertIn("1 node is under way already", result.stderr)
        self.assertEqual((self.fake / "late").read_text(), "late2 8\n")

    def test_a_squeue_that_does_not_answer_says_nothing_of_a_job(self):
        self.replay("late1")
        write_program(self.fake / "squeue", "#!/bin/sh\nexit 1\n")
        for arguments in (["--nodes", "late1", "--submit", "--wait", 7], ["--submit", "--wait", 0]):
            nodes, _ = self.nodes("--slurm", *arguments)
            self.assertEqual(nodes["late1"],
                             ("missing", "its job 7late1 is UNKNOWN: squeue does not answer"))
        self.assertEqual((self.fake / "late").read_text(), "late1 8\n")

    def test_a_node_to_which_a_run_still_writes_gets_no_end(self):
        (self.fake / "queue").write_text("7held1|COMPLETED|None\n")
        nodes, result = self.nodes("--slurm", "--nodes", "held1", "--submit", "--wait", 8)
        self.assertEnds(result, 1)
        self.assertEqual(nodes["held1"][0], "no end")

    def test_links_take_the_nodes_that_slurm_chose(self):
        self.replay("n1", "n2")
        self.assertEnds(self.start("--slurm", "--count", 2), 0)
        links = self.fleet / "slurm/links.sh"
        self.assertNotIn("--nodelist", links.read_text())
        for node in ("n1", "n2"):
            self.assertEnds(derate("fleet", "node", "--fleet", self.fleet, "--name", node, *run_options(2),
                                   env=self.environment), 0)
        self.assertEnds(self.start("--slurm"), 0)
        self.assertIn("--nodes=2-2'\n#SBATCH '--nodelist=n1,n2'\n", links.read_text())

    def test_a_job_that_ended_without_a_word_has_a_reason(self):
        self.replay("late1")
        (self.fake / "queue").write_text("7late1|NODE_FAIL|None\n")
        nodes, _ = self.nodes("--slurm", "--nodes", "late1", "--submit", "--wait", 20)
        self.assertEqual(nodes["late1"],
                         ("failed", "its job 7late1 ended as NODE_FAIL, without a result"))

    def test_without_submit_it_writes_what_a_person_can_start(self):
        self.replay("n1")
        result = self.start("--slurm", "--nodes", "n1", "--partition", "gpu", "--time", "0:30:00",
                            "--sbatch=--gres=gpu:8", "--sbatch=--account=x y")
        self.assertEnds(result, 0)
        self.assertFalse((self.fleet / "nodes/n1").exists())
        script = (self.fleet / "slurm/node.sh").read_text()
        for line in ("'--partition=gpu'", "'--time=0:30:00'", "'--gres=gpu:8'", "'--account=x y'",
                     "'--exclusive'", "'--mem=0'"):
            self.assertIn(f"#SBATCH {line}\n", script)
        [intro, command] = result.stdout.splitlines()
        self.assertEqual(intro, "Written; to start it:")
        subprocess.run(["sh", "-c", command], env=self.environment, check=True)
        self.assertEqual(end_of(self.fleet, "n1")["exit_code"], 0)

    def test_srun_brings_the_records_of_nodes_that_share_nothing(self):
        self.replay("n1", "n2")
        # As srun does: the lines of all tasks mixed, and one task that is lost.
        write_program(self.fake / "srun", r"""#!/bin/sh
while [ "$1" != -c ]; do shift; done
for node in n1 n2; do SLURMD_NODENAME=$node sh -c "$2" >"$FAKE/$node.out" 2>/dev/null; done
paste -d '\n' "$FAKE/n1.out" "$FAKE/n2.out"
echo "@derate n3 begin"
echo "srun: error: Node failure on n3" >&2
echo "srun: error: n31: task 30: Exited with exit code 9" >&2
exit 1
""")
        nodes, result = self.nodes("--slurm", "--nodes", "n[1-3]", "--gather")
        self.assertEnds(result, 1)
        self.assertEqual(nodes["n1"], ("measured", ""))
        self.assertEqual(nodes["n2"], ("measured", ""))
        self.assertEqual(nodes["n3"], ("failed", "srun: error: Node failure on n3"))
        self.assertEqual(len(records_in(self.fleet, "n2")), 6)

    def test_a_slurm_that_is_not_there_is_said(self):
        self.environment["PATH"] = "/usr/bin:/bin"
        nodes, _ = self.nodes("--slurm", "--nodes", "n1", "--submit", "--wait", 5)
        self.assertEqual(nodes["n1"][0], "failed")
        self.assertIn("sbatch: not found", nodes["n1"][1])
        nodes, _ = self.nodes("--slurm", "--nodes", "n1", "--gather")
        self.assertIn("No such file or directory", nodes["n1"][1])


class Node(FleetCase):
    def node(self, *arguments, name="n1", **options):
        return derate("fleet", "node", "--fleet", self.fleet, "--name", name, *arguments, *run_options(2),
                      env=self.environment | options)

    def test_a_refusal_of_the_measuring_program_is_the_reason(self):
        result = derate("fleet", "node", "--fleet", self.fleet, "--name", "n1", "--", "--device", "host", "--filter",
                        "no such", "--rounds", "1", env=self.environment)
        self.assertEnds(result, 2)
        self.assertIn("no benchmark matches", end_of(self.fleet, "n1")["reason"])

    def test_its_name_is_the_engines(self):
        self.replay("n1", "n2")
        for variable, name in (("SLURMD_NODENAME", "n1"), ("NODE_NAME", "n2")):
            result = derate("fleet", "node", "--fleet", self.fleet, *run_options(2),
                            env=self.environment | {variable: name})
            self.assertEnds(result, 0)
            self.assertEqual(end_of(self.fleet, name)["node"], name)
        result = derate("fleet", "node", "--fleet", self.fleet, env=self.environment | {"NODE_NAME": "../x"})
        self.assertRefused(result, 2, "../x", "--name")

    def test_measures_once(self):
        self.replay("n1")
        self.assertEnds(self.node(), 0)
        began = end_of(self.fleet, "n1")
        self.assertFalse((self.fleet / "nodes/n1/records.jsonl").exists())  # the same, for who reads all
        result = self.node("--measured-code", 75, "--print")
        self.assertIn("@derate n1 file node.json 1/", result.stdout)
        self.assertEnds(result, 75)
        self.assertIn("node n1 is measured already", result.stderr)
        self.assertEqual(end_of(self.fleet, "n1"), began)

    def test_a_limit_ends_the_run_and_keeps_what_is_there(self):
        self.replay("n1")
        self.fault("n1", '[ "$round" = 1 ] || sleep 60')
        self.assertEnds(self.node("--limit", 2), 124)
        self.assertEqual(end_of(self.fleet, "n1")["reason"], "it ran past its limit of 2 s")
        self.assertEqual(len(records_in(self.fleet, "n1")), 3)

    def test_a_cancelled_job_leaves_its_reason(self):
        self.replay("n1")
        self.fault("n1", 'touch "$DERATE_REPLAY/begun"; sleep 60')
        process = subprocess.Popen(
            [DERATE, "fleet", "node", "--fleet", self.fleet, "--name", "n1", *map(str, run_options(2))],
            env=self.environment, stderr=subprocess.DEVNULL)
        wait_until((self.fake / "replay/begun").exists, "the run")
        process.terminate()
        self.assertEqual(process.wait(20), 130)
        self.assertIn("interrupted", end_of(self.fleet, "n1")["reason"])

    def test_a_run_that_records_nothing_is_a_failure(self):
        self.replay("n1")
        self.fault("n1", "exit 0")
        self.assertEnds(self.node(), 1)
        self.assertNotEqual(end_of(self.fleet, "n1")["reason"], "")

    def test_two_runs_of_one_node_do_not_mix(self):
        self.replay("n1")
        self.fault("n1", 'touch "$DERATE_REPLAY/begun"; sleep 3')
        arguments = ["fleet", "node", "--fleet", self.fleet, "--name", "n1", *map(str, run_options(2))]
        with subprocess.Popen([DERATE, *arguments], env=self.environment, stderr=subprocess.DEVNULL) as first:
            wait_until((self.fake / "replay/begun").exists, "the run")
            self.assertRefused(self.node(), 6, "another derate run is writing there")
            self.assertEqual(first.wait(30), 0)
        self.assertEqual(len(records_in(self.fleet, "n1")), 6)


class Gather(FleetCase):
    def test_logs_of_pods_become_nodes(self):
        self.replay("n1", "n2")
        log = self.fake / "log"
        printed = [derate("fleet", "node", "--print", "--name", node, *run_options(2),
                          env=self.environment | {"DERATE_REPLAY": str(self.fake / "replay")}).stdout
                   for node in ("n1", "n2")]
        log.write_text("noise\n" + "".join(f"[pod/x-{i}/derate] {line}\n" for i, text in enumerate(printed)
                                           for line in text.splitlines()))
        self.assertRefused(derate("fleet", "gather", self.fleet, log), 5, "fleet.json")
        self.start("--kubernetes", "--count", 2)
        result = derate("fleet", "gather", self.fleet, log)
        self.assertEnds(result, 0)
        self.assertEqual(result.stdout, "2 of 2 nodes came whole.\n")
        self.assertEqual(len(records_in(self.fleet, "n2")), 6)
        empty = self.fake / "empty"
        empty.write_text("nothing\n")
        self.assertRefused(derate("fleet", "gather", self.fleet, empty), 5, "no line of a node")

    def test_a_log_that_was_cut_names_the_node(self):
        self.replay("n1")
        self.start("--kubernetes", "--count", 1)
        printed = derate("fleet", "node", "--print", "--name", "n1", *run_options(2), env=self.environment).stdout
        log = self.fake / "log"
        log.write_text("".join(printed.splitlines(keepends=True)[:2]))
        result = derate("fleet", "gather", self.fleet, log)
        self.assertEnds(result, 1)
        self.assertIn("node n1: its output was cut: 2 of ", result.stderr)


class BadInput(FleetCase):
    def test_requests_that_make_no_sense(self):
        for arguments, words in (
                ([], ["one of --slurm, --kubernetes, --hosts"]),
                (["--slurm", "--hosts", "a"], ["one of"]),
                (["--slurm"], ["--nodes", "--count"]),
                (["--slurm", "--nodes", "n[1-2],n2"], ["node n2 is named twice"]),
                (["--slurm", "--nodes", "n 1;x"], ["no name of a node"]),
                (["--slurm", "--nodes", "n1", "--wait", 3], ["--wait", "--submit"]),
                (["--slurm", "--nodes", "n1", "--partition", "a\nb"], ["--partition"]),
                (["--slurm", "--nodes", "n1", "--sbatch=x"], ["does not begin with --"]),
                (["--hosts", "a", "--count", 2], ["--count is of --slurm and --kubernetes, not of --hosts"]),
                (["--kubernetes", "--count", 2, "--partition", "x"], ["--partition is of --slurm, not of --kubernetes"]),
                (["--kubernetes", "--count", 2, "--submit"], ["--submit is of --slurm"]),
                (["--kubernetes", "--count", 2, "--program", "/x"], ["--program is of --slurm"]),
                (["--hosts", "a", "--claim", "x"], ["--claim is of --kubernetes, not of --hosts"]),
                (["--slurm", "--nodes", "n1", "--gpus", 8], ["--gpus is of --kubernetes"]),
                (["--slurm", "--nodes", "n1", "--at-once", 2], ["--at-once is of --hosts"]),
                (["--kubernetes", "--count", 2, "--namespace", "No_Way"], ["No_Way"]),
                (["--kubernetes", "--count", 2, "--host-path", "x"], ["not absolute"]),
                (["--kubernetes", "--count", 2, "--node-selector", "a"], ["KEY=VALUE"])):
            with self.subTest(arguments=arguments):
                self.assertRefused(self.start(*arguments), 2, *words)
                self.assertFalse(self.fleet.exists())

    def test_options_of_run_are_checked_before_any_node_starts(self):
        for options, words in ((["--", "--rouns", "3"], ["behind --", "not expected: --rouns"]),
                               (["--", "--rounds", "0"], ["behind --: --rounds: Value 0"]),
                               (["--", "--tune", "--tuning=none"], ["behind --: --tune"]),
                               (["--", "--help"], ["--help cannot stand behind --"]),
                               (["--", "--out", "x"], ["--out"])):
            self.assertRefused(self.start("--hosts", "a", options=options), 2, *words)

    def test_files_that_are_not_what_they_should_be(self):
        self.start("--slurm", "--nodes", "n1")
        manifest = self.fleet / "fleet.json"
        text = manifest.read_text()
        manifest.write_text(text.replace('"n1"', "1"))
        self.assertRefused(self.start("--slurm", "--nodes", "n1"), 5, "fleet.json, line", 'field "nodes[0]"')
        manifest.write_text(text[:50])
        self.assertRefused(self.start("--slurm", "--nodes", "n1"), 5, "fleet.json, line")
        manifest.write_text(text)
        self.assertRefused(self.start("--slurm", "--nodes", "n1", options=["--", "--rounds", "9"]), 2,
                           "its run_options are", "choose another folder")
        switches = self.fake / "topology.conf"
        switches.write_text("SwitchName=a Nodes=n1\nNodes=n2\n")
        self.assertRefused(self.start("--slurm", "--switches", switches), 5, "topology.conf, line 2")

    def test_a_folder_of_something_else_is_left_alone(self):
        self.fleet.mkdir()
        (self.fleet / "thesis").write_text("x")
        self.assertRefused(self.start("--slurm", "--nodes", "n1"), 6, "no fleet.json")
        self.assertEqual([path.name for path in self.fleet.iterdir()], ["thesis"])


if __name__ == "__main__":
    unittest.main()
