# SPDX-License-Identifier: Apache-2.0
# Help, version, and what is said to a command line that is not understood.
import unittest

from cli import BENCH, DERATE, CliTest, bench, derate, run

COMMANDS = ["devices", "peak", "catalog", "run", "report", "calibrate", "estimate",
            "export", "gate", "noise", "compare", "history", "track", "accept", "validate", "schema",
            "completion", "man"]


class Help(CliTest):
    def test_of_derate_names_every_command(self):
        result = derate("--help")
        self.assertEnds(result, 0)
        for command in COMMANDS:
            self.assertIn(f"\n  {command} ", result.stdout)

    def test_of_every_command(self):
        for command in COMMANDS:
            with self.subTest(command):
                result = derate(command, "--help")
                self.assertEnds(result, 0)
                self.assertIn(f"derate {command}", result.stdout)
                self.assertEqual(result.stderr, "")

    def test_of_every_estimate(self):
        for what in ["train", "cost", "gemm", "model"]:
            result = derate("estimate", what, "--help")
            self.assertEnds(result, 0)
            self.assertIn(f"derate estimate {what}", result.stdout)

    def test_names_the_formats_as_they_are_written(self):
        for command in ["devices", "peak", "catalog", "run", "report", "calibrate"]:
            with self.subTest(command):
                text = derate(command, "--help").stdout
                self.assertIn("{table,markdown,csv,json}", text)
                self.assertNotIn("->", text)  # CLI11's own words for a mapping

    def test_of_the_bench_names_both_kinds_of_flags(self):
        result = run(BENCH, "--help")
        self.assertEnds(result, 0)
        for flag in ["--derate_out", "--derate_device", "--derate_cache", "--benchmark_filter"]:
            self.assertIn(flag, result.stdout)


class Version(CliTest):
    def test_of_both_programs_agrees(self):
        cli = run(DERATE, "--version")
        self.assertEnds(cli, 0)
        self.assertRegex(cli.stdout, r"^derate \d+\.\d+\.\d+ \(\S+, \w+\)\n$")
        measuring = run(BENCH, "--version")
        self.assertEnds(measuring, 0)
        self.assertIn(cli.stdout.split()[1], measuring.stdout)


class NotUnderstood(CliTest):
    def test_no_command(self):
        nothing = derate()
        self.assertEnds(nothing, 2)
        self.assertIn("derate --help", nothing.stderr)

    def test_unknown_command(self):
        self.assertRefused(derate("mesure"), 2, "mesure")

    def test_unknown_flag(self):
        for command in [[], ["devices"], ["run"], ["report", "x"], ["calibrate", "x"]]:
            with self.subTest(command):
                self.assertRefused(derate(*command, "--bogus"), 2, "--bogus")

    def test_unknown_flag_of_the_bench(self):
        for flag in ["--bogus", "--benchmark_bogus", "--derate_bogus=1"]:
            with self.subTest(flag):
                self.assertRefused(bench(flag), 2, flag, program="derate_bench")

    def test_a_word_instead_of_a_flag(self):
        self.assertRefused(bench("gemm"), 2, "gemm", program="derate_bench")

    def test_value_that_is_none(self):
        self.assertRefused(derate("run", "--rounds", "0"), 2, "--rounds")
        self.assertRefused(derate("run", "--rounds", "many"), 2, "--rounds")
        self.assertRefused(derate("devices", "--format", "xml"), 2, "--format", "xml")
        self.assertRefused(derate("schema", "everything"), 2, "everything")
        for flag in ["--derate_cache=warm", "--derate_data=ones", "--derate_time_limit=-1",
                     "--derate_time_limit=inf", "--derate_time_limit=nan",
                     "--derate_time_limit=1e300", "--derate_half_width=inf",
                     "--derate_half_width=2", "--derate_min_samples=99999999",
                     "--benchmark_min_time=inf", "--benchmark_min_time=nan",
                     "--benchmark_min_time=1e9", "--derate_part=0/1", "--derate_part=2/1",
                     "--derate_part=1/100001", "--derate_part=1", "--derate_min_samples=0", "--benchmark_min_time=soon",
                     "--benchmark_repetitions=many"]:
            with self.subTest(flag):
                self.assertRefused(bench(flag), 2, flag.split("=")[0], program="derate_bench")

    def test_flags_that_run_sets_itself(self):
        for flag in ["--derate_out=x", "--derate_device=host", "--derate_part=1/1",
                     "--derate_parent=1", "--derate_barrier=3,4", "--derate_worker=3",
                     "--derate_mode=sustained",
                     "--derate_devices_at_once=2", "--benchmark_list_tests", "--help", "--version"]:
            with self.subTest(flag):
                result = derate("run", "--device=host", "--filter=no such", "--", flag)
                self.assertRefused(result, 2, flag.split("=")[0], "behind --")

    def test_the_help_that_is_named_is_of_the_command(self):
        for words, command in ((["gate", "--base", "x"], "derate gate"), (["estimate", "train", "--nonsense"],
                                                                          "derate estimate train"),
                               (["run", "--rouns", "1"], "derate run")):
            with self.subTest(words):
                self.assertIn(f"(see {command} --help)", derate(*words).stderr)

    def test_missing_argument(self):
        self.assertRefused(derate("report"), 2, "files")
        self.assertRefused(derate("calibrate"), 2, "files")
        self.assertRefused(derate("schema"), 2, "which")


if __name__ == "__main__":
    unittest.main()
