# SPDX-License-Identifier: Apache-2.0
# `derate run` and what is made of its records: four files, four formats, one calibration.
import csv
import io
import json
import re
import shutil
import time
import unittest

from cli import BRIEF, FAULTY, HEALTHY, MeasuredTest, derate, derate_run, devices, healthy, read_lines

FILES = ["calibration.json", "records.jsonl", "report.html", "report.md"]
FORMATS = ["table", "markdown", "csv", "json"]


def listing(folder):
    return sorted(path.name for path in folder.iterdir())


class Run(MeasuredTest):
    def assertMeasured(self, result):
        """derate_bench's own chains, just below their peak: a suspect one is told by the code."""
        self.assertEnds(result, 1 if "suspect: " in result.stdout else 0)

    def test_leaves_exactly_four_files(self):
        self.assertEqual(listing(self.measured), FILES)
        self.assertEqual(len(read_lines(self.records)), 1)
        self.assertIn("a_healthy", (self.measured / "report.md").read_text(encoding="utf-8"))

    def test_again_into_the_same_folder_appends(self):
        out = self.folder() / "out"
        shutil.copytree(self.measured, out)
        self.assertEnds(derate_run(out), 0)
        self.assertEqual(listing(out), FILES)
        first, second = read_lines(out / "records.jsonl")
        self.assertEqual(first, self.record)
        self.assertNotEqual(first["run"], second["run"])
        rounds = [factor["rounds"] for factor in
                  json.loads((out / "calibration.json").read_text())["factors"]]
        self.assertEqual(rounds, [2])

    def test_fails_where_the_rounds_agree_but_the_ceilings_do_not(self):
        out = self.folder() / "out"
        shutil.copytree(self.measured, out)
        with (out / "records.jsonl").open("a", encoding="utf-8") as records:
            for precision, share in [("f16", 0.99), ("bf16", 0.49)]:
                time_s = self.record["flops"] / self.record["peak_per_clock"] / 4e9 / share
                records.write(json.dumps(self.record | {
                    "precision": precision, "outcome": "passed", "message": "",
                    "instruction": "FMA", "peak_instruction": "FMA", "others_share": 0,
                    "samples_s": [time_s] * 12, "clocks_hz": [4e9] * 12, "waited_shares": []}) + "\n")
        result = derate_run(out)
        self.assertEnds(result, 1)
        self.assertIn("suspect: faulty a_healthy bf16", result.stdout)

    def test_measures_every_round(self):
        out = self.folder() / "out"
        result = derate("run", "--device=host", "--rounds=3", "--filter=fma_chain", "--out", out,
                        "--", *BRIEF)
        self.assertMeasured(result)
        records = read_lines(out / "records.jsonl")
        self.assertEqual(len({record["run"] for record in records}), 3, "a process per round")
        for precision in ["f32", "f64"]:
            self.assertEqual(sum(r["precision"] == precision for r in records), 3)

    def test_time_left_counts_the_rounds_of_all_processes(self):
        result = derate("run", "--bench", FAULTY, "--device=host", "--rounds=5",
                        f"--filter={HEALTHY}", "--out", self.folder() / "out", "--", *BRIEF)
        self.assertEnds(result, 0)
        shown = [line.split("]")[0] for line in result.stderr.splitlines() if line[:1] == "["]
        self.assertEqual(shown[:2], ["[1/5", "[2/5"])  # too few to judge the others by
        for number, line in enumerate(shown[2:], start=3):
            self.assertRegex(line, rf"^\[{number}/5, \d+:\d\d left$")

    def test_time_left_counts_the_time_of_all_processes(self):
        began_s = time.monotonic() - 400  # of which four rounds took 100 s each
        result = healthy("--derate_part=4/5", f"--derate_began={began_s}")
        self.assertEnds(result, 0)
        minutes, seconds = re.search(r"\[4/5, (\d+):(\d\d) left\]", result.stderr).groups()
        self.assertGreaterEqual(60 * int(minutes) + int(seconds), 100)
        told = self.folder() / "arguments"
        program = self.folder() / "bench"
        program.write_text(f'#!/bin/sh\necho "$@" >>{told}\n')
        program.chmod(0o755)
        derate("run", "--bench", program, "--device=host", "--out", self.folder() / "out")
        [began_s] = re.findall(r"--derate_began=([\d.]+)", told.read_text())
        self.assertLess(float(began_s), time.monotonic())

    def test_sustained_settles_first_and_is_told_apart(self):
        out = self.folder() / "out"
        self.assertEnds(derate_run(out), 0)
        self.assertEnds(derate_run(out, "--mode=sustained"), 0)
        burst, sustained = read_lines(out / "records.jsonl")
        self.assertEqual([burst["mode"], sustained["mode"]], ["burst", "sustained"])
        self.assertLess(burst["warm_up_s"], 1)
        self.assertGreaterEqual(sustained["warm_up_s"], 3)
        report = (out / "report.md").read_text(encoding="utf-8")
        self.assertIn("faulty (sustained)", report)
        modes = [factor["mode"] for factor in
                 json.loads((out / "calibration.json").read_text())["factors"]]
        self.assertEqual(sorted(modes), ["burst", "sustained"])

    def test_all_devices_are_those_of_the_kind_that_auto_takes(self):
        out = self.folder() / "out"
        result = derate("run", "--all-devices", "--concurrent", "--rounds=1", "--filter=fma_chain",
                        "--out", out, "--", *BRIEF)
        self.assertMeasured(result)
        gpus = [device for device in devices() if device["device"].startswith("cuda")]
        if len(gpus) > 1:
            self.assertEqual(len(list(out.iterdir())), len(gpus))
            return
        self.assertIn("there is only one device, measured alone", result.stderr)
        for record in read_lines(out / "records.jsonl"):
            self.assertEqual(record["backend"], "cuda" if gpus else "host")
            self.assertEqual(record["devices_at_once"], 1)

    def test_all_devices_excludes_naming_some(self):
        self.assertRefused(derate("run", "--all-devices", "--device", "host"), 2, "--all-devices")
        self.assertRefused(derate("run", "--mode", "turbo"), 2, "turbo")

    def test_without_out_names_the_folder_by_time_and_device(self):
        here = self.folder()
        result = derate("run", "--bench", FAULTY, "--device=host", "--rounds=1",
                        f"--filter={HEALTHY}", "--", *BRIEF, cwd=here)
        self.assertEnds(result, 0)
        [folder] = (here / "derate-out").iterdir()
        self.assertRegex(folder.name, r"^\d{8}T\d{6}Z-[a-z0-9-]+$")
        self.assertEqual(listing(folder), FILES)
        self.assertIn(folder.name, result.stdout)

    def test_hands_flags_on_to_the_bench(self):
        out = self.folder() / "out"
        result = derate_run(out, bench_flags=["--derate_cache=hot", "--derate_data=zeros"])
        self.assertEnds(result, 0)
        [record] = read_lines(out / "records.jsonl")
        self.assertEqual((record["cache"], record["data"]), ("hot", "zeros"))
        self.assertEqual((self.record["cache"], self.record["data"]), ("cold", "uniform"))

    def test_says_when_the_measuring_program_cannot_be_started(self):
        result = derate_run(self.folder() / "out", bench="/no/such/program")
        self.assertEnds(result, 2)
        self.assertIn("/no/such/program", result.stderr)


class Formats(MeasuredTest):
    def check(self, text, format):
        if format == "json":
            self.assertTrue(json.loads(text))
        elif format == "csv":
            header, *rows = csv.reader(io.StringIO(text))
            self.assertTrue(rows)
            self.assertEqual({len(row) for row in rows}, {len(header)})
        elif format == "markdown":
            self.assertRegex(text, r"(?m)^\|( *:?-+:? *\|)+$")
        else:
            self.assertNotIn("|", text.splitlines()[0])

    def test_of_every_command(self):
        for command in [["devices"], ["report", self.records], ["calibrate", self.records]]:
            for format in FORMATS:
                with self.subTest([command[0], format]):
                    result = derate(*command, "--format", format)
                    self.assertEnds(result, 0)
                    self.check(result.stdout, format)

    def test_of_run_keeps_standard_output_for_machines(self):
        for format in FORMATS:
            with self.subTest(format):
                result = derate_run(self.folder() / "out", "--format", format)
                self.assertEnds(result, 0)
                self.check(result.stdout, format)

    def test_report_in_the_folder_is_the_markdown_report(self):
        self.assertEqual((self.measured / "report.md").read_text(encoding="utf-8"),
                         derate("report", self.measured, "--format", "markdown").stdout)


class Calibration(MeasuredTest):
    def test_twice_is_the_same_to_the_byte_and_that_of_the_run(self):
        runs = (self.measured / "calibration.json").read_bytes()
        for out in [self.folder() / "1.json", self.folder() / "2.json"]:
            self.assertEnds(derate("calibrate", self.measured, "-o", out), 0)
            self.assertEqual(out.read_bytes(), runs)
        printed = derate("calibrate", self.records, "--format", "json")
        self.assertEqual(json.loads(printed.stdout), json.loads(runs))

    def test_holds_for_the_own_device(self):
        result = derate("report", self.records, "--calibration",
                        self.measured / "calibration.json", "--format", "json")
        self.assertEnds(result, 0)

    def test_of_another_device_or_driver_is_refused_unless_forced(self):
        for field, value in [("device_id", "0123456789abcdef"), ("driver_version", "0.1"),
                             ("compute_units", 999)]:
            with self.subTest(field):
                calibration = json.loads((self.measured / "calibration.json").read_text())
                calibration["device"][field] = value
                other = self.folder() / "calibration.json"
                other.write_text(json.dumps(calibration))
                report = ["report", self.records, "--calibration", other]
                self.assertRefused(derate(*report), 3, "--force")
                self.assertEnds(derate(*report, "--force"), 0)

    def test_that_is_none(self):
        for text in ["", "{", "[]", '{"schema": 1}', json.dumps(self.record)]:
            with self.subTest(text[:20]):
                path = self.folder() / "calibration.json"
                path.write_text(text)
                self.assertRefused(derate("report", self.records, "--calibration", path), 5,
                                   str(path))
        missing = self.folder() / "none.json"
        self.assertRefused(derate("report", self.records, "--calibration", missing), 5,
                           str(missing))


if __name__ == "__main__":
    unittest.main()
