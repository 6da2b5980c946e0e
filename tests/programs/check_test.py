# SPDX-License-Identifier: Apache-2.0
# derate check and the summary, as a user meets them: exit codes, forms, files, width.
import json
import os
import pty
import subprocess
import unittest

from cli import DERATE, SOURCE, CliTest, derate, derate_run, has_gpu, has_history

RECORDS = SOURCE / "tests/golden/records.jsonl"
COLUMNS = "device,workload,precision,problem,mode,eta_low,eta_high,devices,collections,source,licence\n"


def record(**changes):
    """A library's product at 86 % of the peak, which nobody disturbed."""
    lines = map(json.loads, RECORDS.read_text(encoding="utf-8").splitlines())
    found = next(r for r in lines if r["variant"] == "library" and r["problem"].startswith("m:8192"))
    return json.dumps(found | {"other_processes": 0} | changes) + "\n"


class CheckTest(CliTest):
    def setUp(self):
        self.home = self.folder()
        (self.home / "now").mkdir()
        self.records = self.home / "now/records.jsonl"
        self.records.write_text(record(), encoding="utf-8")
        self.reference = self.home / "reference.csv"
        self.refer("0.8,0.9,,5")

    def refer(self, figures):
        self.reference.write_text(
            COLUMNS + f"Example GPU,gemm,f32,m:8192/n:8192/k:8192,burst,{figures},a table,CC0\n")

    @staticmethod
    def timed(factor, **changes):
        """A record whose samples take so many times as long."""
        changed = json.loads(record(**changes))
        changed["samples_s"] = [factor * sample for sample in changed["samples_s"]]
        return json.dumps(changed) + "\n"

    def check(self, *arguments, code):
        result = derate("check", self.records, "--reference", self.reference, *arguments)
        self.assertEnds(result, code)
        return result.stdout

    def test_exit_codes(self):
        self.assertIn("healthy: Example GPU", self.check(code=0))
        self.refer("0.95,0.99,,5")
        self.assertIn("slow: Example GPU, GPU 0: f32 gemm library 86 %", self.check(code=1))
        self.records.write_text(record(others_share=0.4), encoding="utf-8")
        self.assertIn("disturbed", self.check(code=4))
        self.records.write_text(record(device_name="Nobody's GPU"), encoding="utf-8")
        self.assertIn("not known", self.check(code=4))

    @unittest.skipUnless(has_history(), "this derate was built without SQLite")
    def test_the_history_holds_earlier_runs(self):
        self.refer("0.5,0.5,,1")
        db = self.home / "history.sqlite"
        self.check("--db", db, code=5)  # one that was named has to be there
        for run in range(4):
            elsewhere = self.folder() / "records.jsonl"
            elsewhere.write_text(self.timed(1 + 0.001 * run), encoding="utf-8")
            self.assertEnds(derate("history", "add", elsewhere, "--db", db, "--time", f"2026-01-0{run + 1}"), 0)
        self.records.write_text(self.timed(1.1, time_utc="2026-02-01T00:00:00Z"), encoding="utf-8")
        self.check(code=4)
        self.assertIn("was delivered earlier", self.check("--db", db, code=1))
        db.write_text("no database")
        self.check("--db", db, code=5)

    def test_it_measures_into_a_folder_of_its_own(self):
        result = derate("check", "--device", "host", "--out", self.home / "now")
        self.assertEnds(result, 2)
        self.assertIn("folder of its own", result.stderr)
        self.assertEqual(result.stdout, "")

    def test_quick_is_of_a_measurement(self):
        result = derate("check", self.records, "--quick")
        self.assertRefused(result, 2, "--quick is of a measurement")

    @unittest.skipIf(has_gpu(), "there is a GPU here")
    def test_no_device(self):
        self.assertEnds(derate("check", "--device", "cuda"), 77)

    def test_bad_reference(self):
        self.refer("0.9,0.8,,5")
        result = derate("check", self.records, "--reference", self.reference)
        self.assertEnds(result, 5)
        self.assertRegex(result.stderr, r"reference\.csv, line 2: field \"eta_low\" is above")

    def test_forms_hold_the_same(self):
        found = json.loads(self.check("--format", "json", code=0))
        self.assertEqual(found["verdicts"][0]["state"], "healthy")
        self.assertEqual(found["classes"][0]["usual_low"], 0.8)
        self.assertEqual(found["classes"][0]["standing"], "usual")
        self.assertIn("| f32 | gemm library |", self.check("--format", "markdown", code=0))

    def test_validator(self):
        log = self.home / "termination-log"
        log.touch()
        flags = "--validator", "--termination-log", log
        self.check(*flags, code=0)
        self.assertIn("healthy: Example GPU", log.read_text(encoding="utf-8"))
        self.refer("0.95,0.99,,5")
        self.check(*flags, code=1)
        self.refer("0.5,0.5,,1")
        self.check(*flags, code=2)
        self.assertIn("not known", log.read_text(encoding="utf-8"))
        self.check("--validator", "--termination-log", self.home / "nowhere", code=2)
        self.assertFalse((self.home / "nowhere").exists())


class FirstStepsTest(CliTest):
    def test_derate_alone_says_what_to_do(self):
        result = derate()
        self.assertEnds(result, 2)
        self.assertIn("derate run", result.stderr)
        self.assertLessEqual(max(map(len, result.stderr.splitlines())), 80)

    def test_a_folder_that_is_added_to_is_named(self):
        out = self.folder() / "out"
        first, second = (derate_run(out) for _ in range(2))
        self.assertNotIn("added to them", first.stderr)
        self.assertIn("out holds records already: these are added to them", second.stderr)

    def test_one_sample_has_no_interval(self):
        one = self.folder() / "one.jsonl"
        one.write_text(record(samples_s=[1e-3], clocks_hz=[1.5e9], powers_w=[], temperatures_c=[], throttled=[]),
                       encoding="utf-8")
        table = derate("report", one).stdout
        self.assertNotRegex(table, r"\d % \[")
        self.assertIn("within a process: the intervals of 1 of 1 rows", table)
        row = json.loads(derate("report", one, "--format", "json").stdout)["rows"][0]
        self.assertIsNone(row["eta_low"])


class SummaryTest(CliTest):
    def report(self, columns, *arguments, **variables):
        result = derate("report", RECORDS, *arguments,
                        env=os.environ | {"COLUMNS": columns} | variables)
        self.assertEnds(result, 1)  # the records hold wrong results
        return result.stdout

    def test_it_fits(self):
        for columns in "20", "50", "80", "0", "no number":
            lines = self.report(columns).splitlines()
            self.assertLessEqual(len(lines), 24)
            width = int(columns) if columns.isdigit() and columns != "0" else 80
            self.assertLessEqual(max(map(len, lines)), width, lines)

    def test_all_is_the_table(self):
        self.assertEqual(self.report("9999", "--all"), derate("report", RECORDS).stdout)
        self.assertRegex(self.report("80", "--all"), r"\nworkload +variant +type +achieved ")

    def test_colours(self):
        self.assertNotIn("\x1b", self.report("80"))
        self.assertIn("\x1b[1;31mslow", self.report("80", CLICOLOR_FORCE="1"))
        self.assertNotIn("\x1b", self.report("80", CLICOLOR_FORCE="1", NO_COLOR="1"))

    def test_on_a_terminal(self):
        ours, its = pty.openpty()
        environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
        with subprocess.Popen([DERATE, "report", RECORDS], stdout=its, stderr=its, env=environment) as report:
            os.close(its)
            shown = b""
            try:
                while part := os.read(ours, 65536):
                    shown += part
            except OSError:  # its end is closed
                pass
            report.wait()
        os.close(ours)
        self.assertIn(b"slow", shown)
        self.assertLessEqual(shown.count(b"\n"), 24)


if __name__ == "__main__":
    unittest.main()
