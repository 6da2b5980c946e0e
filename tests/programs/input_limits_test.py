# SPDX-License-Identifier: Apache-2.0
# Every reader of a file that somebody else wrote, against depth, size, counts, devices, pipes and
# files without an end: one sentence, the exit code of bad input, bounded memory. A new reader is one
# more entry of READERS.
import json
import os
import re
import resource
import sqlite3
import subprocess
import sys
import threading
import typing
import unittest

from cli import BENCH, BRIEF, DERATE, FMA, SOURCE, CliTest
import gemm_table

GOLDEN = SOURCE / "tests/golden"
FORMATS = SOURCE / "tests/unit/regression/results/data"
RECORD = (GOLDEN / "records.jsonl").read_text(encoding="utf-8").splitlines()[0]
ROW = '{"name":"a","run_type":"iteration","real_time":1,"cpu_time":1,"time_unit":"ns"}'
MODEL = ('{"name":"x","layers":2,"width":64,"heads":4,"sequence":32,"vocabulary":100,"batch":3,'
         '"precision":"f32"%s}')
TUNING = '{"schema":1,"kind":"derate tuning","devices":[]%s}'
TUNED = ('{"backend":"host","device_name":"x","device_architecture":"x","compute_units":@,'
         '"last_level_cache_bytes":1,"tool_version":"x","tool_commit":"x","build_type":"x",'
         '"time_utc":"x","problems":[]}')
CALIBRATION = (GOLDEN / "calibration_shapes.json").read_text(encoding="utf-8")
SESSION = ('{"derate_history":3}\n{"session":{"id":@,"time_utc":"2026-11-01T12:30:00Z","label":"",'
           '"command":"","kind":"add","host":"","pinned":false}}')
NOISE = '[{"benchmark":"x","pair_sd":0.01,"pairs":%s}%s]'

# Memory that no file may make a reader take. What is read as a whole may have 256 MiB, and JSON of as
# many values as are allowed takes about as much again.
MOST_MEMORY = 2 << 30
# Every endless text through every reader takes a minute: scripts/soak does it, and otherwise each reader
# gets one of them.
ALL_PAIRS = "DERATE_ALL_PAIRS" in os.environ
# How long the endless are read until they are refused, many times over on any machine.
PATIENCE_S = 120


class Reader(typing.NamedTuple):
    command: list[str]  # FILE stands for the file
    good: str           # a file that is read
    anywhere: str = ""  # the same with a @ for any value of JSON, unless there is none
    count: str = ""     # a file with a @ where a count is wanted
    field: str = ""     # how it is named
    lines: str = ""     # what begins a file of lines; of a file that is read as a whole nothing
    program: str = "derate"
    is_alike: bool = False  # another reader takes its text apart in the same way


def records(*command):
    return Reader([DERATE, *command], RECORD, RECORD.replace("{", '{"x":@,', 1),
                  re.sub(r'"schema":\d+', '"schema":@', RECORD), "line 1", RECORD + "\n")


def google(*command):
    benchmarks = f'"benchmarks":[{ROW}]}}'
    return Reader([DERATE, *command], '{"context":{},' + benchmarks,
                  '{"context":{"x":@},' + benchmarks)


def json_format(name, mark, *command):
    """A file of another program, with any value of JSON behind `mark`."""
    good = (FORMATS / name).read_text(encoding="utf-8")
    assert mark in good
    return Reader([DERATE, *command], good, good.replace(mark, mark + '"x":@,', 1), is_alike=True)


def table(*command):
    good = "\n".join(gemm_table.lines(60)) + "\n"
    return Reader([DERATE, *command], good, count=good + "@,2,3,1e-6\n", field="m", lines=good)


def model(*command):
    return Reader([DERATE, *command], MODEL % "",
                  MODEL.replace('"layers":2', '"layers":@') % "",
                  MODEL.replace('"layers":2', '"layers":@') % "", "layers")


def calibration(*command):
    factors = CALIBRATION.replace('"rounds": 3', '"rounds": @', 1)
    assert "@" in factors
    return Reader([DERATE, *command], CALIBRATION, CALIBRATION.replace("{", '{"x":@,', 1), factors,
                  "rounds")


FILE = "FILE"
ADD = ["history", "add", FILE, "--db", "DB"]
SOURCE_OF_STEP = ["--calibration", GOLDEN / "calibration_shapes.json"]
SHAPE = ["--m=64", "--n=64", "--k=64", "--precision=bf16"]
READERS = {
    "report": records("report", FILE),
    "calibrate": records("calibrate", FILE),
    "export": records("export", "csv", FILE),
    "peak of records": records("peak", "H200", "--records", FILE),
    "compare, records": records("compare", FILE, GOLDEN / "records.jsonl"),
    "compare, Google Benchmark": google("compare", "GOOGLE", FILE),
    "history add, records": records(*ADD),
    "history add, Google Benchmark": google(*ADD),
    "history add, nvbench": json_format("nvbench.json", '"meta": {', *ADD),
    "history add, pytest-benchmark": json_format("pytest_benchmark_5.3.1.json", '"machine_info": {',
                                                 *ADD),
    "history add, list of times": json_format("list_of_times.json", '[\n {', *ADD),
    "history import": Reader([DERATE, "history", "import", FILE, "--db", "DB"],
                             SESSION.replace("@", "1") + '\n{"end":{"sessions":1,"measurements":0}}',
                             '{"derate_history":3}\n{"environment":{"id":1,"facts":@}}', SESSION,
                             "id", '{"derate_history":3}\n'),
    "compare --noise": Reader([DERATE, "compare", "GOOGLE", "GOOGLE", "--noise", FILE],
                              NOISE % ("5", ""), NOISE % ("5", ',{"x":@}'), NOISE % ("@", ""),
                              "pairs"),
    "estimate model": model("estimate", "model", FILE, *SOURCE_OF_STEP),
    "estimate model --calibration": calibration("estimate", "model", "MODEL", "--calibration", FILE),
    "estimate gemm --calibration": calibration("estimate", "gemm", "--calibration", FILE, *SHAPE),
    "report --calibration": calibration("report", GOLDEN / "records.jsonl", "--calibration", FILE,
                                        "--force"),
    "validate --gemm-table": table("validate", "--device", "H200", "--precision=bf16", "--train", "30", "--gemm-table", FILE),
    "estimate gemm --gemm-table": table("estimate", "gemm", "--device", "H200", *SHAPE,
                                        "--gemm-table", FILE),
    "derate_bench --derate_tuning": Reader(
        [BENCH, "--derate_device=host", *BRIEF, f"--benchmark_filter=host/{FMA}", "--derate_tuning=FILE"],
        TUNING % "", TUNING % ',"x":@', TUNING.replace("[]", f"[{TUNED}]") % "", "compute_units",
        program="derate_bench"),
}


def chosen(wanted=lambda reader: True):
    return [(name, reader) for name, reader in READERS.items() if wanted(reader)]


class Ended(typing.NamedTuple):
    code: int
    stdout: str
    stderr: str
    most_bytes: int  # of memory


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (2 * MOST_MEMORY, 2 * MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class InputCase(CliTest):
    def setUp(self):
        self.home = self.folder()
        self.google = self.write("google.json", READERS["compare, Google Benchmark"].good)
        self.model = self.write("model.json", MODEL % "")

    def write(self, name, text):
        path = self.home / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def end_of(self, command, stdin=subprocess.DEVNULL):
        """As run(), with the most memory that the program had."""
        with open(self.home / "stdout", "w+b") as out, open(self.home / "stderr", "w+b") as err:
            process = subprocess.Popen(list(map(str, command)), stdin=stdin, stdout=out, stderr=err,
                                       preexec_fn=limit_memory, env={**os.environ, "TMPDIR": str(self.home)})
            patience = threading.Timer(PATIENCE_S, process.kill)
            patience.start()
            _, status, usage = os.wait4(process.pid, 0)
            patience.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            texts = []
            for file in (out, err):
                file.seek(0)
                texts.append(file.read().decode(errors="backslashreplace"))
        return Ended(process.returncode, *texts, usage.ru_maxrss * 1024)

    def read(self, reader, path, stdin=subprocess.DEVNULL):
        (self.home / "history.sqlite").unlink(missing_ok=True)
        names = {"FILE": path, "GOOGLE": self.google, "MODEL": self.model,
                 "DB": self.home / "history.sqlite"}
        command = [names.get(word, str(word).replace("=FILE", f"={path}"))
                   for word in reader.command]
        return self.end_of(command, stdin)

    def assertNamed(self, ended, reader, path, *words):
        """Refused as bad input, in one plain sentence of bearable length."""
        said = [line for line in ended.stderr.split("\n") if line]
        self.assertEqual(ended.code, 5, ended)
        self.assertEqual(len(said), 1, said)
        self.assertTrue(said[0].startswith(reader.program + ": "), said)
        self.assertLess(len(said[0].replace(str(path), "")), 600)
        self.assertTrue(said[0].isprintable(), said)
        for word in (str(path), *words):
            self.assertIn(word, said[0])
        self.assertLess(ended.most_bytes, MOST_MEMORY)


class Depth(InputCase):
    def test_of_200_000(self):
        deep = "[" * 200_000 + "]" * 200_000
        objects = '{"a":' * 200_000 + "1" + "}" * 200_000
        for name, reader in chosen(lambda each: each.anywhere):
            with self.subTest(name):
                for value in (deep, objects, "[" * 200_000):
                    path = self.write("deep", reader.anywhere.replace("@", value))
                    self.assertNamed(self.read(reader, path), reader, path, "line", "deep")

    def test_of_50_is_read(self):
        deep = "[" * 50 + "]" * 50
        for name in ("report", "compare, Google Benchmark", "report --calibration"):
            reader = READERS[name]
            path = self.write("deep", reader.anywhere.replace("@", deep))
            self.assertIn(self.read(reader, path).code, (0, 1, 4))


class Size(InputCase):
    def test_of_a_file_of_2_gb(self):
        """Its room is not on the disk: what is zero is not kept."""
        for name, reader in chosen():
            with self.subTest(name):
                path = self.write("large", reader.lines)
                with open(path, "r+b") as file:
                    file.truncate(2_200_000_000)
                self.assertNamed(self.read(reader, path), reader, path)

    def test_of_a_line(self):
        wide = 65 << 20
        for name, reader in chosen(lambda each: each.lines):
            with self.subTest(name):
                path = self.write("wide", reader.lines.encode() + b" " * wide)
                self.assertNamed(self.read(reader, path), reader, path, "64 MiB",
                                 f"line {reader.lines.count(chr(10)) + 1}")

    def test_of_ten_million_values(self):
        many = "[" + "0," * 10_000_001 + "0]"
        for name, reader in chosen(lambda each: each.anywhere and each.lines != RECORD + "\n"
                                   and (ALL_PAIRS or not each.is_alike)):
            with self.subTest(name):
                path = self.write("many", reader.anywhere.replace("@", many))
                self.assertNamed(self.read(reader, path), reader, path, "values")

    def test_of_a_million_keys_in_one_object(self):
        many = "{" + ",".join(f'"{key}":0' for key in range(1_000_000)) + "}"
        reader = READERS["compare, Google Benchmark"]
        path = self.write("many", reader.good.replace("{}", many, 1))
        self.assertEqual(self.read(reader, path).code, 4)  # judged, and of one process only


class Counts(InputCase):
    def test_that_are_none(self):
        for name, reader in chosen(lambda each: each.count):
            with self.subTest(name):
                for value in (2 ** 63, 2 ** 64, 10 ** 30, -5, -(2 ** 63), 1.5):
                    path = self.write("count", reader.count.replace("@", str(value)))
                    self.assertCounted(self.read(reader, path), reader, path, reader.field)

    def test_beyond_any_number(self):
        for name, reader in chosen(lambda each: each.count or each.anywhere):
            with self.subTest(name):
                path = self.write("count", (reader.count or reader.anywhere).replace("@", "1e999"))
                self.assertCounted(self.read(reader, path), reader, path, "line")

    def assertCounted(self, ended, reader, path, word):
        """A table leaves out a row, and says so."""
        if reader.command[1] in ("validate", "estimate") and reader.lines:
            self.assertEqual(ended.code, 0, ended)
            self.assertRegex(ended.stderr, rf"{path}:\d+: left out: .*\b{reader.field}\b")
        else:
            self.assertNamed(ended, reader, path, word)

    def test_whose_products_overflow(self):
        billion = str(10 ** 9)
        reader = READERS["estimate model"]

        def assertCountless(fields, word):
            large = MODEL % ""
            for old in fields:
                large = large.replace(old, old.split(":")[0] + ":" + billion)
            path = self.write("model", large)
            self.assertNamed(self.read(reader, path), reader, path, word, "counted")

        batch = ['"sequence":32', '"batch":3']
        assertCountless(['"layers":2', '"width":64', '"heads":4', '"vocabulary":100', *batch], "parameters")
        assertCountless(batch, "batch")

    def test_a_key_that_is_there_twice(self):
        for name, reader in chosen(lambda each: each.anywhere):
            with self.subTest(name):
                path = self.write("twice", reader.anywhere.replace("@", '{"a":1,\t"\\u0061":2}')
                                  if not reader.lines.startswith('{"schema"')
                                  else RECORD.replace("{", '{"schema":6,', 1))
                self.assertNamed(self.read(reader, path), reader, path, "twice")


class Devices(InputCase):
    def test_are_refused(self):
        for name, reader in chosen():
            with self.subTest(name):
                for device in ("/dev/zero", "/dev/full", "/dev/null"):
                    self.assertNamed(self.read(reader, device), reader, device, "device")

    def test_folders_are_refused(self):
        (self.home / "folder").mkdir()
        for name, reader in chosen():
            with self.subTest(name):
                path = self.home / "folder"
                self.assertNamed(self.read(reader, path), reader, path)


class Pipes(InputCase):
    def test_are_read_as_files_are(self):
        for name, reader in chosen():
            with self.subTest(name):
                path = self.write("file", reader.good)
                ends = [self.read(reader, path)]
                for way in (["/bin/cat", str(path)], ["/bin/sh", "-c", f"sleep 0.1; cat {path}"]):
                    with subprocess.Popen(way, stdout=subprocess.PIPE) as writer:
                        ends.append(self.read(reader, "/dev/stdin", writer.stdout))
                self.assertNotEqual(ends[0].code, 5, ends[0])
                for other in ends[1:]:
                    self.assertEqual(other.code, ends[0].code, other)

    def test_without_an_end(self):
        texts = ("x\n", "\n", "[", "[0,\n", "\0")
        for i, text in enumerate(texts):
            endless = (f"import os, sys; text = {text!r}.encode() * 65536\n"
                       "try:\n  while True: os.write(1, text)\nexcept BrokenPipeError: pass")
            for name, reader in chosen() if ALL_PAIRS else chosen()[i::len(texts)]:
                with self.subTest(name):
                    with subprocess.Popen([sys.executable, "-c", endless],
                                          stdout=subprocess.PIPE) as writer:
                        ended = self.read(reader, "/dev/stdin", writer.stdout)
                        writer.stdout.close()
                    self.assertNamed(ended, reader, "/dev/stdin")


class GateFolder(InputCase):
    """What a gate or a noise keeps, read by the next one and by the history."""

    def setUp(self):
        super().setUp()
        self.out = self.home / "out"
        (self.out / "gate").mkdir(parents=True)
        self.list = self.out / "gate" / "processes.jsonl"

    def add(self):
        return self.end_of([DERATE, "history", "add", self.out, "--db", self.home / "db"])

    def noise(self):
        return self.end_of([DERATE, "noise", "--command", "cat {out} {filter}", "--out", self.out])

    def test_lines_that_are_too_long_or_have_no_end(self):
        for text in (b" " * (65 << 20), b""):
            self.list.write_bytes(text)
            with open(self.list, "r+b") as file:
                file.truncate(2_200_000_000)
            self.assertNamed(self.add(), READERS["report"], self.list, "64 MiB")

    def test_lines_that_make_no_sense_are_passed_over(self):
        line = ('{"stage":"screen","pair":%s,"side":"base","ended_unix_s":%s,"duration_s":1,'
                '"failure":""}')
        google = READERS["compare, Google Benchmark"].good
        (self.out / "gate" / "screen-00-base.json").write_text(google)
        bad = [line % (pair, 0) for pair in (-5, 2 ** 63, 1e9, "1e999", "[" * 200_000)]
        bad += [line % (0, time) for time in (-5, 2 ** 64, "1e999")]
        self.list.write_text("\n".join([*bad, "[1]", "7", line % (0, 0), ""]))
        ended = self.add()
        self.assertEqual(ended.code, 0, ended)
        self.assertIn("1 process, 1 measurement", ended.stdout)

    def test_the_statement(self):
        deep = "[" * 200_000 + "]" * 200_000
        for text in ('{"schema":%s}' % deep, '{"schema":1e999}', '{"schema":1,"schema":1}'):
            path = self.out / "noise.json"
            path.write_text(text)
            self.assertNamed(self.noise(), READERS["report"], path, "schema")

    def test_what_a_process_says_is_not_read_whole(self):
        ended = self.end_of([DERATE, "noise", "--out", self.home / "said", "--command",
                             "head -c 300M /dev/zero >&2; echo >&2; echo the end >&2; false {out} {filter}"])
        self.assertEqual(ended.code, 5, ended)
        self.assertIn('it last said "the end"', ended.stderr)
        self.assertLess(ended.most_bytes, 64 << 20)


class HistoryFile(InputCase):
    def setUp(self):
        super().setUp()
        self.db = self.home / "history.sqlite"
        ended = self.end_of([DERATE, "history", "add", self.google, "--db", self.db])
        self.assertEqual(ended.code, 0, ended)

    def change(self, *statements):
        with sqlite3.connect(self.db) as history:
            history.execute("PRAGMA foreign_keys = OFF")
            for sql in statements:
                history.execute(sql)
        history.close()

    def ends(self):
        for command in (["check"], ["list"], ["show", "--benchmark", "*"], ["export"]):
            yield self.end_of([DERATE, "history", *command, "--db", self.db])

    def renumber(self, environment):
        self.change(f"UPDATE environments SET id = {environment}",
                    f"UPDATE measurements SET environment = {environment}")

    def test_deep_facts(self):
        self.change(f"UPDATE environments SET facts = '{'[' * 200_000}{']' * 200_000}'")
        for command in (["check"], ["show", "--benchmark", "*"], ["export"]):
            ended = self.end_of([DERATE, "history", *command, "--db", self.db])
            self.assertNamed(ended, READERS["report"], self.db, "damaged", "deeper than 64")

    def test_environments_with_any_number(self):
        self.renumber(10 ** 9)
        for ended in self.ends():
            self.assertEqual((ended.code, ended.stderr), (0, ""))
            self.assertLess(ended.most_bytes, 64 << 20)

    def test_environments_with_a_number_that_is_none(self):
        for number in (-5, 0, 2 ** 63 - 1):
            self.renumber(number)
            for command in (["check"], ["show", "--benchmark", "*"], ["export"]):
                ended = self.end_of([DERATE, "history", *command, "--db", self.db])
                self.assertNamed(ended, READERS["report"], self.db, "environment", str(number))

    def test_sessions_with_a_number_that_is_none(self):
        for number in (-5, 2 ** 63 - 1):
            self.change(*(f"UPDATE {table} SET {column} = {number}" for table, column in (
                ("sessions", "id"), ("measurements", "session"), ("processes", "session"))))
            for ended in self.ends():
                self.assertNamed(ended, READERS["report"], self.db, "session", str(number))


if __name__ == "__main__":
    unittest.main()
