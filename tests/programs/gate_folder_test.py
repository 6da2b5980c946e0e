# SPDX-License-Identifier: Apache-2.0
# The folder of a gate: going on after its end, telling a verdict again, and what it refuses.
import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

from cli import DERATE, derate
from gating import CONFIRMED, QUICK, SCREENED, GateTest


class Folder(GateTest):
    def start(self, *flags):
        pause = ["--pause", 0.05]
        return subprocess.Popen(
            list(map(str, [DERATE, "gate", "--base", self.command(*pause), "--candidate",
                           self.command(*pause, "--slower", 1.03), "--out", self.out, *QUICK,
                           *flags])),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def wait_for_calls(self, process, count):
        deadline = time.monotonic() + 30
        while not (self.state / "calls").exists() or len(self.calls()) < count:
            self.assertLess(time.monotonic(), deadline)
            self.assertIsNone(process.poll())
            time.sleep(0.005)

    def go_on(self):
        _, stderr = (process := self.start()).communicate(timeout=60)
        self.assertEqual(process.returncode, 1, stderr)
        return stderr

    def test_a_killed_gate_goes_on_where_it_stopped(self):
        process = self.start()
        self.wait_for_calls(process, 4)
        process.kill()
        process.communicate()
        finished = len((self.out / "gate" / "processes.jsonl").read_text().splitlines())
        self.assertGreaterEqual(finished, 3)
        began = len(self.calls())
        self.assertLessEqual(began - finished, 1)
        self.go_on()
        self.assertEqual(len(self.calls()) - began, SCREENED + CONFIRMED - finished)

    def test_its_process_ends_with_it(self):
        slow = f"echo $$ > {self.state}/pid; exec sleep 1000"
        process = subprocess.Popen([DERATE, "gate", "--base", slow, "--candidate", slow, "--out",
                                    self.out], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while not (self.state / "pid").exists() or not (self.state / "pid").read_text():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)
        process.kill()
        process.wait()
        stat = pathlib.Path(f"/proc/{(self.state / 'pid').read_text().strip()}/stat")
        while stat.exists() and ") Z " not in stat.read_text():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.01)

    def test_what_no_gate_put_there_stays(self):
        mine = self.out / "gate" / "sub" / "precious.c"
        mine.parent.mkdir(parents=True)
        mine.write_text("x")
        for flags in ([], ["--restart"]):
            self.assertRefused(self.gate(flags=flags), 6, "sub", "--out")
        self.assertEqual(mine.read_text(), "x")

    def test_processes_without_their_statement_stay(self):
        self.go_on()
        (self.out / "gate.json").unlink()
        before = sorted(self.out.rglob("*"))
        self.assertRefused(self.gate(), 6, "gate.json", "--restart")
        self.assertEqual(sorted(self.out.rglob("*")), before)

    def test_what_was_lost_is_said(self):
        self.assertEnds(self.gate(), 0)
        lost = self.out / "gate" / "screen-01-base.json"
        lost.write_text("{")
        self.assertIn("screen-01-base.json", (again := self.gate()).stderr)
        self.assertIn("measured again", again.stderr)
        lost.unlink()
        self.assertIn("screen-01-base.json is gone", self.gate().stderr)

    def test_a_command_that_is_no_utf_8_goes_on(self):
        odd = (self.command() + " # m").encode() + b"\xfcller"
        gate = [DERATE, "gate", "--base", odd, "--candidate", odd, "--out", self.out,
                *map(str, QUICK)]
        for _ in range(2):
            done = subprocess.run(gate, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_its_own_files_are_not_written_over(self):
        result = self.gate(flags=["--write", f"json={self.out}/gate.json"])
        self.assertRefused(result, 2, "gate.json", "overwrite")
        self.assertFalse(self.out.exists())

    def test_a_gate_that_goes_on_says_which_programs_it_does_not_know(self):
        hidden = "cd . && " + self.command()
        gate = ["gate", "--base", hidden, "--candidate", hidden, "--out", self.out, *QUICK,
                "--format", "json"]
        notes = lambda result: " ".join(json.loads(result.stdout)["notes"])  # noqa: E731
        self.assertNotIn("is not known", notes(derate(*gate)))
        self.assertIn("if it was rebuilt since, start over with --restart", notes(derate(*gate)))
        known = [word.replace("cd . && ", "") if isinstance(word, str) else word for word in gate]
        known[known.index(self.out)] = self.out / "known"
        derate(*known)
        self.assertNotIn("is not known", notes(derate(*known)))

    def test_an_interrupted_gate_ends_with_130_and_goes_on(self):
        process = self.start()
        self.wait_for_calls(process, 3)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130)
        self.assertIn(f"--out {self.out}", stderr)
        self.go_on()

    def test_half_a_pair_is_not_joined_to_a_late_other(self):
        self.go_on()
        listed = self.out / "gate" / "processes.jsonl"
        lines = [json.loads(line) for line in listed.read_text().splitlines()]
        (half,) = [line for line in lines if (line["stage"], line["pair"], line["side"]) ==
                   ("screen", 2, "base")]

        def cut_after(age_s):
            half["ended_unix_s"] = int(time.time()) - age_s
            listed.write_text("".join(json.dumps(line) + "\n" for line in [*lines[:4], half]))
            before = len(self.calls())
            self.go_on()
            return len(self.calls()) - before

        self.assertEqual(cut_after(10), SCREENED + CONFIRMED - 5)
        self.assertEqual(cut_after(301), SCREENED + CONFIRMED - 4)

    def test_a_finished_gate_tells_its_verdict_again(self):
        first = self.gate("--slower", 1.03)
        second = self.gate("--slower", 1.03)
        self.assertEnds(second, 1)
        self.assertEqual(second.stdout, first.stdout)
        self.assertEqual(second.stderr, "")
        self.assertEqual(len(self.calls()), SCREENED + CONFIRMED)
        self.assertEnds(self.gate("--slower", 1.03, flags=["--restart"]), 1)
        self.assertEqual(len(self.calls()), 2 * (SCREENED + CONFIRMED))

    def test_a_folder_of_another_gate_is_refused(self):
        self.gate()
        for other in (dict(flags=["--promise", "3%"]), dict(plan=["--pairs", 4])):
            self.assertRefused(self.gate(**other), 2, "gate.json", "another --out", "--restart")
        self.assertRefused(self.gate("--seed", 2), 2, "candidate", "--seed 2")

    def test_a_program_that_was_rebuilt_meanwhile_is_refused(self):
        script = self.state / "measure"

        def build(comment):
            script.write_text(f"#!/bin/sh\n# {comment}\n{self.command()}".replace("{out}", "$1")
                              .replace("{filter}", "$2") + "\n")
            script.chmod(0o755)
            command = f"{script} {{out}} {{filter}}"
            return derate("gate", "--base", command, "--candidate", command, "--out", self.out,
                          *QUICK)

        self.assertEnds(build("first"), 0)
        self.assertRefused(build("second"), 2, "base_program")

    def test_two_gates_in_one_folder_are_refused(self):
        process = self.start()
        self.wait_for_calls(process, 1)
        self.assertRefused(self.gate(), 6, "another derate run")
        process.kill()
        process.communicate()

    def test_a_time_limit_cuts_it_off_for_good(self):
        result = self.gate("--pause", 0.2, base=["--pause", 0.2], flags=["--time-limit", 0.9])
        self.assertEnds(result, 4)
        calls = len(self.calls())
        self.assertLess(calls, SCREENED)
        self.assertEnds(self.gate("--pause", 0.2, base=["--pause", 0.2],
                                  flags=["--time-limit", 0.9]), 4)
        self.assertEqual(len(self.calls()), calls)


if __name__ == "__main__":
    unittest.main()
