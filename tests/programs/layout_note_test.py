# SPDX-License-Identifier: Apache-2.0
# derate gate of programs whose code lies elsewhere: what it says where the instructions are the same.
# The programs print files, so that the times are those that the test wants.
import json
import shutil
import subprocess
import unittest

from cli import BIN, CliTest, derate

HERE, THERE, OTHER = (BIN / f"derate_placed_{name}" for name in ("here", "there", "other"))
SAME = "programs hold the same instructions in (anonymous namespace)::BM_hot"


class LayoutNote(CliTest):
    def setUp(self):
        self.files = self.folder()
        self.out = self.folder() / "gate"

    def times(self, name, *microseconds):
        """A command's words behind its program: results, of benchmarks BM_hot and BM_lambda."""
        rows = [{"name": benchmark, "run_name": benchmark, "run_type": "iteration",
                 "iterations": 10, "real_time": time, "cpu_time": time, "time_unit": "us"}
                for benchmark in ("BM_hot/8", "BM_lambda") for time in microseconds]
        path = self.files / f"{name}.json"
        path.write_text(json.dumps({"context": {"library_build_type": "release"},
                                    "benchmarks": rows}))
        return path

    def reasons(self, base, candidate, slower=1.5, code=1):
        """The reason of each benchmark, where the candidates are so much slower."""
        words = []
        for i, program in enumerate(base):
            words += ["--base", f"{program} {self.times(f'base_{i}', 100 + i)}"]
        for i, program in enumerate(candidate):
            words += ["--candidate", f"{program} {self.times(f'new_{i}', slower * 100 + i)}"]
        result = derate("gate", *words, "--out", self.out, "--restart", "--format", "json",
                        "--pairs", 3, "--confirm-pairs", 4)
        self.assertEnds(result, code)
        return {each["benchmark"]: each["reason"] for each in json.loads(result.stdout)["judgements"]}

    def test_the_same_instructions_elsewhere_are_said(self):
        reasons = self.reasons([HERE], [THERE])
        self.assertIn(f"; both {SAME} and (anonymous namespace)::hot: the difference can come from "
                      "where the code lies, which one build a side cannot tell", reasons["BM_hot/8"])
        self.assertNotIn("instructions", reasons["BM_lambda"])
        self.assertIn(SAME, self.reasons([HERE], [THERE], slower=0.7, code=0)["BM_hot/8"])

    def test_other_instructions_are_not(self):
        self.assertNotIn("instructions", self.reasons([HERE], [OTHER])["BM_hot/8"])

    def test_nothing_is_said_of_what_did_not_change(self):
        self.assertNotIn("instructions", self.reasons([HERE], [THERE], slower=1, code=0)["BM_hot/8"])

    def test_of_several_builds_all_have_to_be_the_same(self):
        others = []
        for name in ("first", "second"):
            others.append(self.files / name)
            shutil.copy(THERE, others[-1])
        self.assertIn(f"; all {SAME}", self.reasons([HERE, THERE], others)["BM_hot/8"])
        self.assertNotIn("instructions", self.reasons([HERE, THERE], [others[0], OTHER])["BM_hot/8"])

    def test_what_cannot_be_read_gets_no_note(self):
        script = self.files / "script"
        script.write_text('#!/bin/sh\ncat "$1"\n')
        script.chmod(0o755)
        self.assertNotIn("instructions", self.reasons([script], [THERE])["BM_hot/8"])
        self.assertNotIn("instructions", self.reasons(["cat"], [THERE])["BM_hot/8"])
        strip = shutil.which("strip")
        if strip is None:
            self.skipTest("no strip")
        stripped = self.files / "stripped"
        subprocess.run([strip, "-o", stripped, HERE], check=True)
        self.assertNotIn("instructions", self.reasons([stripped], [THERE])["BM_hot/8"])


if __name__ == "__main__":
    unittest.main()
