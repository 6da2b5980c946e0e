# SPDX-License-Identifier: Apache-2.0
# Hostile names through everything that writes: nothing in them is obeyed by a terminal, a CI runner,
# Markdown, HTML, a spreadsheet or a parser, and each can be told from every other. A new writer is one
# more entry of WRITERS, a new name one more of NAMES.
import csv
import io
import json
import os
import re
import subprocess
import typing
import unicodedata
import unittest

from cli import BENCH, DERATE, SOURCE, CliTest, derate, derate_run
import gemm_table
from page_case import data_of
from two_runs import process

try:
    from lxml import etree
except ImportError:
    etree = None
try:
    from prometheus_client.openmetrics import parser as openmetrics
except ImportError:
    openmetrics = None

NAMES = [
    "a b", "a\tb", "a\nb", "a\r\nb", "a\\tb", "a\\u{9}b", "a\u00a0b", "ab", "a\u200bb", "a\u200db", "ab\ufeff", "a b ",
    " a b", "a\u00adb", "a\u3000b", "nul \0", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07", "delete \x7f", "csi \u009b2J",
    "next line \u0085", "\u202eoverride", "\u202aembed\u202c", "\u2066isolate\u2069", "marks \u200e\u200f\u061c",
    "line \u2028 paragraph \u2029", "tag \U000e0041", "\uffff", "::error::pwned", "\n::error::pwned", "  ::warning::x",
    "\u00a0::set-env name=a::b", "##[error]pwned", "x ##vso[task.setvariable variable=a]b", "### heading",
    "section_start:1:a\r\x1b[0K", "100%25 %0A::error::", "<script>alert(1)</script>", "</testcase>]]>", "<!-- x", "&lt;",
    "a|b", "a\\|b", "a\\", "`a`", "``a", "a'", "*a* _b_ ~~c~~", "[a](http://x)", "![a](http://x)", "# a", "- a", "1. a",
    "=1+1", "+1", "-1", "@SUM(A1)", "'=1", "\t=1", "\r=1", "\"quoted\", a", "C:\\temp\\x", "{out} {filter} $(id) `id`",
    "long " + "x" * 3000 + "1", "long " + "x" * 3000 + "2"]

# Most of it in one, for what has a single name: a device, a label, a file.
WORST = "\n::error::w\x1b[31m\u202e ##[group]|`<script>\u2028\"\\"
NOT_UTF8 = b"\xff\n::error::" + WORST.encode()
LONG = 400  # longer names are shortened in what people read, and need only be told apart

GOLDEN = SOURCE / "tests/golden"
TWICE = json.dumps({"context": {}, "benchmarks": [], WORST: 1})[:-1] + f", {json.dumps(WORST)}: 2}}"


def is_seen(character):
    return character == " " or unicodedata.category(character) not in ("Cc", "Cf", "Cn", "Cs", "Zl", "Zp", "Zs")


def read_back(seen):
    """What is spelt out, as it was."""
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), seen)


# Readers of the names in each medium, as they were. What is not as the medium has it is an error.


def of_terminal(text, _):
    """Rows of tables differ; that all of a name is shown is what read_back() finds."""
    rows = [line for line in text.split("\n") if re.search("[^ ]  +[^ ]", line)]
    assert len(set(rows)) == len(rows), sorted(row for row in rows if rows.count(row) > 1)
    shown = read_back(text)
    return [name for name in NAMES if name in shown or len(name) > LONG]


def of_csv(text, column):
    for row in csv.DictReader(io.StringIO(text)):
        for cell in row.values():
            if re.match(r"[=+\-@\t\r]", cell):
                float(cell)  # a number, not a formula
        yield read_back(row[column].removeprefix("'"))


def of_markdown(text, column):
    """As GitHub's parser takes tables and code spans apart."""
    head = None
    for line in text.split("\n"):
        if not line.startswith("|"):
            assert not re.search(r"(?<!\\)<", line), line  # no HTML
            head = None
            continue
        cells = [cell.strip(" ") for cell in re.findall(r"((?:\\.|[^|\\])*)\|", line[1:])]
        assert head is None or len(cells) == len(head), line
        if head is None:
            head = cells
        elif column in head and not re.fullmatch("[-:| ]+", line):
            yield read_back(shown_by_markdown(cells[head.index(column)]))


def shown_by_markdown(cell):
    cell = cell.replace("\\|", "|")  # by the table, before anything else
    fence = re.match("`*", cell)[0]
    if fence:
        inner = cell[len(fence):-len(fence)]
        assert cell.endswith(fence) and fence not in re.findall("`+", inner), cell
        return inner[1:-1] if inner[0] == inner[-1] == " " else inner
    assert not re.search(r"(?<!\\)(\\\\)*<", cell), cell
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", cell)


def of_json(path=""):
    def names(text, column):
        found = json.loads(text)
        for key in filter(None, path.split(".")):
            found = found[key]
        return [each[column] for each in found]
    return names


def of_list_for_a_service(text, column):
    """JSON for a program that shows the names as they are: there they are spelt out."""
    found = json.loads(text)
    return [read_back(name) for name in (found if isinstance(found, dict) else of_json()(text, column))]


def of_junit(text, column):
    return [read_back(case.get(column)) for case in etree.fromstring(text.encode()).iter("testcase")]


def of_openmetrics(text, column):
    found = []
    for family in openmetrics.text_string_to_metric_families(text):
        series = [json.dumps(sample.labels, sort_keys=True) for sample in family.samples]
        assert len(set(series)) == len(series), f"{family.name} holds a series twice"
        if family.name == "derate_verdict":
            found = [read_back(sample.labels[column]) for sample in family.samples]
    return found


def of_page(text, column):
    table = data_of(text)["judgements"]
    place = [each["name"] for each in table["columns"]].index(column)
    return [values[place] for values in table["values"]]


def of_history_page(text, column):
    return [series[column] for series in data_of(text)["series"]]


class Writer(typing.NamedTuple):
    command: list[object]       # capitals stand for what setUpClass() makes
    names: typing.Callable = None  # reads those that it writes; none where it writes but WORST
    column: str = "benchmark"   # that holds them
    annotates: bool = False     # for GitHub


def in_formats(name, command, path, column="benchmark", heading=None):
    readers = {"table": of_terminal, "markdown": of_markdown, "csv": of_csv, "json": of_json(path)}
    return {f"{name}, {form}": Writer([*command, "--format", form], names,
                                      (heading or column) if form == "markdown" else column)
            for form, names in readers.items()}


def without_names(writers):
    return {name: writer._replace(names=None) for name, writer in writers.items()}


COMPARE = ["compare", "GOOGLE", "SLOWER", "--all"]
WRITERS = {
    **in_formats("compare", COMPARE, "judgements"),
    "compare --github": Writer([*COMPARE, "--github"], of_terminal, annotates=True),
    "compare of records": Writer(["compare", "RECORDS", "LATER", "--github"], annotates=True),
    **{f"compare --write {form}": Writer([*COMPARE, f"--write={form}=FILE"], names, column)
       for form, names, column in [
           ("json", of_json("judgements"), "benchmark"), ("markdown", of_markdown, "benchmark"),
           ("junit", of_junit if etree else None, "name"),
           ("openmetrics", of_openmetrics if openmetrics else None, "benchmark"),
           ("html", of_page, "benchmark"),
           ("smaller-is-better", of_list_for_a_service, "name"), ("bencher", of_list_for_a_service, "")]},
    **in_formats("report", ["report", "RECORDS"], "rows", "variant"),
    "report --write html": Writer(["report", "RECORDS", "--write=html=FILE"]),
    **in_formats("calibrate", ["calibrate", "RECORDS"], "factors", "variant"),
    "export csv": Writer(["export", "csv", "RECORDS"]),
    **{f"export {form}": Writer(["export", form, "DEVICE", "--mode=burst"])
       for form in ("llm.c", "calculon", "llm-analysis", "aiconfigurator", "tracelens", "llmfit")},
    **in_formats("noise", ["noise", "--command", "cp GOOGLE {out}; : {filter}", "--pairs", 3, "--out", "OUT"], ""),
    "gate": Writer(["gate", "--base", "cp GOOGLE {out}; : {filter}", "--candidate", "cp SLOWER {out}; : {filter}",
                    "--pairs", 3, "--confirm-pairs", 3, "--out", "OUT", "--all", "--github"], of_terminal,
                   annotates=True),
    **without_names(in_formats("validate", ["validate", "--gemm-table", "TABLE", "--device", "H200",
                                            "--precision=bf16", "--train=30"], "")),
    **without_names(in_formats("estimate model", ["estimate", "model", "MODEL", "--calibration", "CALIBRATION"], "")),
}
if "history" in derate("--help").stdout:
    DB = ["--db", "DB"]
    WRITERS |= {
        **in_formats("history show", ["history", "show", 1, *DB], ""),
        **without_names(in_formats("history list", ["history", "list", *DB], "")),
        "history check": Writer(["history", "check", *DB]),
        "history export": Writer(["history", "export", *DB]),
        "history export --format csv": Writer(["history", "export", "--format=csv", *DB], of_csv),
        "track --write html": Writer(["track", "SLOWER", "--no-add", "--write=html=FILE", *DB], of_history_page),
        "history --write html": Writer(["history", "--write=html=FILE", *DB], of_history_page),
        **in_formats("track", ["track", "SLOWER", "--no-add", "--all", *DB], "judgements"),
    }

# What refuses a name or a file, and says which.
REFUSERS = [["WORST"], ["--WORST"], ["catalog", "WORST"], ["peak", "WORST"], ["report", "RECORDS", "--device", "x" + WORST],
            ["report", "RECORDS", "--format", "WORST"], ["schema", "WORST"], ["run", "--device", "WORST"],
            ["run", "--problem", "WORST"], ["estimate", "train", "--device", "WORST"],
            ["history", "show", "--benchmark", "WORST", "--db", "DB"], ["compare", "GOOGLE", "GOOGLE", "--write", "WORST"],
            ["compare", "GOOGLE", "GOOGLE", "--fail-on", "WORST"], ["gate", "--base", "WORST", "--candidate", "WORST"],
            ["noise", "--command", "echo 'WORST' >&2; false {out} {filter}", "--out", "OUT", "--pairs", 3],
            *([*command, file] for file in ("WORST", "TWICE", "BAD")
              for command in (["report"], ["calibrate"], ["export", "csv"], ["compare", "GOOGLE"], ["history", "import"],
                              ["history", "add", "--db", "NEW"], ["estimate", "model", "--calibration", "CALIBRATION"],
                              ["report", "RECORDS", "--calibration"], ["compare", "GOOGLE", "GOOGLE", "--noise"],
                              ["validate", "--device", "H200", "--precision=bf16", "--gemm-table"]))]
BENCH_REFUSERS = [["WORST"], ["--derate_device=WORST"], ["--derate_problem=WORST"], ["--derate_tuning=WORST"],
                  ["--derate_tuning=TWICE"], ["--benchmark_filter=("], ["--benchmark_filter=WORST"]]


class HostileText(CliTest):
    def setUp(self):
        self.home = self.folder()
        self.made = {"WORST": WORST, "OUT": str(self.home / ("out" + WORST)), "DB": str(self.home / ("db" + WORST)),
                     "NEW": str(self.home / "new"), "FILE": str(self.home / "file"),
                     "CALIBRATION": self.write("calibration.json", (GOLDEN / "calibration_shapes.json").read_text()
                                               .replace('"Example GPU"', json.dumps(WORST))),
                     "RECORDS": self.write_records(0.005), "LATER": self.write_records(0.006),
                     "GOOGLE": self.write_google(100), "SLOWER": self.write_google(120),
                     "DEVICE": self.write_device(),
                     "TABLE": self.write("table" + WORST, "\n".join(gemm_table.lines(60)) + "\n"),
                     "MODEL": self.write("model.json", json.dumps(
                         {"name": WORST.translate({10: "", 27: ""}), "layers": 2, "width": 64, "heads": 4, "sequence": 32,
                          "vocabulary": 100, "batch": 3, "precision": "f32"})),
                     "TWICE": self.write("twice" + WORST, TWICE), "BAD": self.write("bad" + WORST, WORST)}

    def write(self, name, text):
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        return str(path)

    def write_records(self, time_s):
        """Three processes each of an invented GPU, whose every text is hostile."""
        texts = dict.fromkeys(["device_name", "driver_version", "peak_source", "clock_specified_source", "library",
                               "message"], WORST)
        return self.write(f"records {time_s}.jsonl", "".join(
            json.dumps(process(number, time_s, variant=name, **texts)) + "\n" for name in NAMES for number in range(3)))

    def write_device(self):
        """The golden records, with products that every estimator takes."""
        records = [json.loads(line) for line in (GOLDEN / "records.jsonl").read_text(encoding="utf-8").splitlines()]
        tensor = {"precision": "bf16", "units": "tensor", "peak_per_clock": 204800, "instruction": "mma.sync"}
        return self.write("device.jsonl", "".join(
            json.dumps(record | {"device_name": WORST} | (tensor if record["variant"] == "library" else {})) + "\n"
            for record in records))

    def write_google(self, time_ns):
        rows = [{"name": name, "run_name": name, "run_type": "iteration", "iterations": 9, "real_time": time_ns,
                 "cpu_time": time_ns, "time_unit": "ns"} for name in NAMES]
        return self.write(f"google {time_ns}.json".replace(" ", ""), json.dumps(
            {"context": {"host_name": WORST, "library_build_type": "release"}, "benchmarks": rows}))

    def end_of(self, program, command):
        words = [re.sub(r"\b[A-Z]+\b", lambda word: self.made.get(word[0], word[0]), str(each)) for each in command]
        clean = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        return subprocess.run([program, *words], capture_output=True, timeout=120, env=clean)

    def assertSafe(self, text, annotates=False):
        for line in text.split("\n"):
            self.assertTrue(all(map(is_seen, line)), ascii(line))
            self.assertNotRegex(line, r"##\w*\[")
            if annotates and line.startswith("::"):
                self.assertRegex(line, "^::(error|warning) title=[^:,]*::")
            else:
                self.assertFalse(line.lstrip().startswith("::"), line)

    def assertNames(self, found):
        found = list(found)
        self.assertEqual(sorted(name for name in found if len(name) < LONG),
                         sorted(name for name in NAMES if len(name) < LONG))
        self.assertEqual(len(set(found)), len(NAMES))

    def test_writers(self):
        if "history check" in WRITERS:
            added = self.end_of(DERATE, ["history", "add", "GOOGLE", "--label", WORST, "--db", "DB"])
            self.assertEqual(added.returncode, 0, added)
        for name, writer in WRITERS.items():
            with self.subTest(name):
                ended = self.end_of(DERATE, writer.command)
                written = self.home / "file"
                text = (written.read_bytes() if written.exists() else ended.stdout).decode()
                written.unlink(missing_ok=True)
                self.assertGreater(len(text), 50, ended)
                self.assertNotEqual(ended.returncode, 5, ended)
                for each in (text, ended.stdout.decode(), ended.stderr.decode()):
                    self.assertSafe(each, writer.annotates)
                if writer.names:
                    self.assertNames(writer.names(text, writer.column))

    def test_refusers(self):
        for program, commands in ((DERATE, REFUSERS), (BENCH, BENCH_REFUSERS)):
            for command in commands:
                with self.subTest(command):
                    ended = self.end_of(program, command)
                    self.assertNotEqual(ended.returncode, 0, ended)
                    self.assertGreater(len(ended.stderr), 20, ended)
                    self.assertSafe(ended.stderr.decode())
                    self.assertSafe(ended.stdout.decode())

    def test_a_run(self):
        ended = derate_run(self.made["OUT"])
        self.assertEnds(ended, 0)
        self.assertIn("\\u{202e}", ended.stdout)
        self.assertSafe(ended.stdout)
        self.assertSafe(ended.stderr)

    def test_what_is_not_utf_8(self):
        for command in (["report", NOT_UTF8], ["catalog", NOT_UTF8], [NOT_UTF8]):
            ended = subprocess.run([DERATE, *command], capture_output=True, timeout=120)
            self.assertSafe(ended.stderr.decode())
            self.assertIn("\\x{ff}", ended.stderr.decode())


if __name__ == "__main__":
    unittest.main()
