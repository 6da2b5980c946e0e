# SPDX-License-Identifier: Apache-2.0
# What every command with a comparison prints and writes, and how it ends; on derate compare.
import csv
import io
import json
import os
import unittest
import xml.etree.ElementTree

from cli import CliTest, derate
from page_case import data_of
from two_runs import NAME, write_google, write_noise, write_run

try:
    import jsonschema
except ImportError:
    jsonschema = None

FORMS = ["json", "markdown", "junit", "smaller-is-better", "bigger-is-better", "bencher", "openmetrics", "html"]


class Output(CliTest):
    def setUp(self):
        self.at = self.folder()
        self.base = write_run(self.at / "base.jsonl")
        self.slow = write_run(self.at / "slow.jsonl", 1.03e-3)
        self.noise = write_noise(self.at / "noise.json")

    def compare(self, *arguments, candidate=None, **environment):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        return derate("compare", self.base, candidate or self.slow, "--noise", self.noise, *arguments,
                      env=clean | environment)

    def test_says_the_sentence_that_matters_first(self):
        result = self.compare()
        self.assertEnds(result, 1)
        self.assertTrue(result.stdout.startswith(f"1 of 1 benchmark is slower: {NAME} +3.0 % ["),
                        result.stdout)
        self.assertIn("regression\n", result.stdout)

    def test_lists_what_is_unchanged_only_when_asked(self):
        self.assertNotIn(NAME, self.compare(candidate=self.base).stdout)
        self.assertIn(NAME, self.compare("--all", candidate=self.base).stdout)

    def test_formats(self):
        (row,) = csv.DictReader(io.StringIO(self.compare("--format", "csv").stdout))
        self.assertEqual((row["benchmark"], row["verdict"], row["same_code"]), (NAME, "regression", "false"))
        self.assertIn(f"| `{NAME}` | **regression** |", self.compare("--format", "markdown").stdout)
        self.assertEqual(json.loads(self.compare("--format", "json").stdout)["kind"], "derate verdict")

    def test_writes_every_form(self):
        paths = {form: self.at / f"out.{form}" for form in FORMS}
        result = self.compare(*[f"--write={form}={path}" for form, path in paths.items()])
        self.assertEnds(result, 1)
        for form in ["json", "smaller-is-better", "bigger-is-better", "bencher"]:
            json.loads(paths[form].read_text(encoding="utf-8"))
        self.assertEqual(json.loads(paths["json"].read_text())["exit_code"], 1)
        xml.etree.ElementTree.parse(paths["junit"])
        table = data_of(paths["html"].read_text(encoding="utf-8"))["judgements"]
        self.assertEqual([values[:2] for values in table["values"]], [[NAME, "regression"]])
        self.assertTrue(paths["openmetrics"].read_text().endswith("# EOF\n"))
        self.assertTrue(paths["markdown"].read_text().startswith("### 1 of 1 benchmark is slower"))
        self.assertEqual([path for path in self.at.iterdir() if path.name.endswith(".part")], [])

    @unittest.skipIf(jsonschema is None, "Python has no module jsonschema (python3-jsonschema)")
    def test_the_verdict_is_what_its_schema_says(self):
        schema = json.loads(derate("schema", "verdict").stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        verdict = json.loads(self.compare("--format", "json").stdout)
        validator.validate(verdict)
        judgement = verdict["judgements"][0]
        for wrong in [verdict | {"schema": 99}, verdict | {"judgements": [judgement | {"verdict": "good"}]},
                      verdict | {"judgements": [judgement | {"confirmed": 1}]},
                      {key: value for key, value in verdict.items() if key != "counts"}]:
            self.assertFalse(validator.is_valid(wrong))

    def test_a_file_that_cannot_be_written_is_said_and_the_verdict_printed(self):
        nowhere = self.at / "none" / "verdict.json"
        there = self.at / "junit.xml"
        result = self.compare(f"--write=json={nowhere}", f"--write=junit={there}")
        self.assertEnds(result, 6)
        self.assertIn(f"cannot write {nowhere}", result.stderr)
        self.assertIn("1 of 1 benchmark is slower", result.stdout)
        self.assertTrue(there.exists())

    def test_refuses_forms_and_verdicts_that_there_are_not(self):
        for text in ["xml=a", "json", "json=", "=a"]:
            self.assertRefused(self.compare("--write", text), 2, "--write", text)
        for text in ["", "slower", "regression,", "improvement"]:
            self.assertRefused(self.compare("--fail-on", text), 2, "--fail-on")

    def test_fails_on_what_it_is_told_to(self):
        self.assertEnds(self.compare("--fail-on", "invalid,not-comparable"), 0)
        self.assertEnds(self.compare("--fail-on", "invalid,regression"), 1)
        other = write_run(self.at / "other.jsonl", driver_version="200.00")
        self.assertEnds(self.compare("--fail-on", "regression", candidate=other), 0)
        self.assertEnds(self.compare("--fail-on", "not-comparable", candidate=other), 3)

    def test_nothing_compared_has_not_passed_whatever_it_fails_on(self):
        none = write_run(self.at / "none.jsonl", outcome="unsupported", message="no such device")
        self.base = none
        result = self.compare("--fail-on", "regression", candidate=none)
        self.assertEnds(result, 5)
        self.assertIn("nothing was compared", result.stdout)

    def test_says_that_a_list_is_empty(self):
        other = write_run(self.at / "other.jsonl", driver_version="200.00")
        result = self.compare(f"--write=smaller-is-better={self.at / 's.json'}", candidate=other)
        self.assertIn("holds no entry", result.stderr)


class GitHub(CliTest):
    compare = Output.compare

    def setUp(self):
        Output.setUp(self)
        self.summary = self.at / "summary.md"

    def on_github(self, *arguments, **options):
        return self.compare(*arguments, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(self.summary),
                            **options)

    def test_annotates_and_appends_where_github_runs_it(self):
        self.summary.write_text("before\n")
        result = self.on_github()
        self.assertEnds(result, 1)
        self.assertIn("\n::error title=regression%3A cuda/gemm", result.stdout)
        self.assertTrue(self.summary.read_text().startswith("before\n### 1 of 1 benchmark is slower"))

    def test_what_it_shows_is_no_command(self):
        name = "::set-output name=a::b"
        base = write_google(self.at / "a.json", name=name)
        self.base = base
        lines = self.on_github(candidate=write_google(self.at / "b.json", 120, name=name)).stdout.splitlines()
        commands = [line for line in lines if line.lstrip().startswith("::")]
        self.assertEqual(len(commands), 1, lines)
        self.assertTrue(commands[0].startswith("::warning title=inconclusive%3A %3A%3Aset-output"))
        self.assertTrue(any("\\u{3a}:set-output name=a::b" in line for line in lines), lines)

    def test_elsewhere_only_when_asked(self):
        self.assertNotIn("::error", self.compare().stdout)
        self.assertIn("::error", self.compare("--github").stdout)
        self.assertNotIn("::error", self.on_github("--no-github").stdout)
        self.assertFalse(self.summary.exists())

    def test_leaves_the_formats_for_programs_alone(self):
        result = self.on_github("--format", "json")
        json.loads(result.stdout)
        self.assertIn("::error", result.stderr)

    def test_all_summaries_together_stay_within_githubs_limit(self):
        self.summary.write_text("x" * (1024 * 1024 - 100))
        self.assertEnds(self.on_github(), 1)
        self.assertLessEqual(self.summary.stat().st_size, 1024 * 1024)

    def test_a_summary_that_cannot_be_written_is_said(self):
        self.summary.mkdir()
        result = self.on_github()
        self.assertEnds(result, 6)
        self.assertIn("summary.md", result.stderr)
        self.assertIn("1 of 1 benchmark is slower", result.stdout)


if __name__ == "__main__":
    unittest.main()
