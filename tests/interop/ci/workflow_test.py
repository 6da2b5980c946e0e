# SPDX-License-Identifier: Apache-2.0
# The workflows that docs/ci.md shows: YAML, by GitHub's schema where it is there, and the step that
# turns derate's exit code into the job's, run with a derate that ends as it is told.
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from reading import READERS, SOURCE, need_module

yaml = need_module("yaml", "python3-yaml")
SCHEMA = READERS / "schemastore/src/schemas/json/github-workflow.json"
try:
    import jsonschema
except ImportError:
    jsonschema = None


def load(name):
    found = yaml.safe_load((SOURCE / "docs/examples" / name).read_text(encoding="utf-8"))
    # YAML 1.1 reads the key "on" as true.
    return {"on" if key is True else key: value for key, value in found.items()}


class GitHub(unittest.TestCase):
    def setUp(self):
        self.workflow = load("gpu-gate.yml")
        self.steps = self.workflow["jobs"]["gate"]["steps"]

    @unittest.skipIf(jsonschema is None, "Python has no module jsonschema (python3-jsonschema)")
    @unittest.skipUnless(SCHEMA.exists(), "github-workflow.json is not there (scripts/get_readers)")
    def test_is_what_githubs_schema_says(self):
        schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
        jsonschema.validate(self.workflow, schema)
        broken = self.workflow | {"jobs": {"gate": {"steps": []}}}
        with self.assertRaises(jsonschema.ValidationError):
            jsonschema.validate(broken, schema)

    def test_may_read_only_and_ends_in_time(self):
        self.assertEqual(self.workflow["permissions"], {"contents": "read"})
        self.assertIn("timeout-minutes", self.workflow["jobs"]["gate"])
        self.assertIn("head.repo.full_name == github.repository", self.workflow["jobs"]["gate"]["if"])
        for step in self.steps:
            # What a pull request names is no shell text: it comes through the environment.
            self.assertNotIn("${{", step.get("run", ""))

    def test_every_script_is_bash(self):
        for step in self.steps:
            if "run" in step:
                done = subprocess.run(["bash", "-n"], input=step["run"], text=True, capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)

    def gate(self, code):
        (script,) = [step["run"] for step in self.steps if step.get("name") == "Gate"]
        with tempfile.TemporaryDirectory(prefix="derate-workflow-") as folder:
            program = pathlib.Path(folder) / "derate"
            program.write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
            program.chmod(0o755)
            path = f"{folder}:{os.environ['PATH']}"
            # As GitHub runs a step of bash.
            return subprocess.run(["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
                                  capture_output=True, text=True, timeout=60,
                                  env={"PATH": path, "BENCH": "build/bench"})

    def test_the_job_ends_as_the_gate_says(self):
        for code, job in [(0, 0), (1, 1), (2, 2), (3, 3), (4, 0), (5, 5), (6, 6), (77, 1), (130, 130)]:
            done = self.gate(code)
            self.assertEqual(done.returncode, job, code)
            self.assertEqual("::warning" in done.stdout, code == 4)
            self.assertEqual("::error" in done.stdout, code == 77)
        self.assertIn("gate --base base/build/bench --candidate build/bench --out gate-out", done.stdout)


class GitLab(unittest.TestCase):
    def test_keeps_junit_and_lets_inconclusive_pass(self):
        job = load("gpu-gate.gitlab-ci.yml")["gpu-gate"]
        self.assertEqual(job["allow_failure"], {"exit_codes": [4]})
        self.assertIn(job["artifacts"]["reports"]["junit"], job["script"][-1])
        for line in job["script"]:
            self.assertEqual(subprocess.run(["bash", "-n"], input=line, text=True).returncode, 0, line)


if __name__ == "__main__":
    unittest.main()
