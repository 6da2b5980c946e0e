# SPDX-License-Identifier: Apache-2.0
# derate history: what is kept, several writers, writers that are killed, and files that are none.
import csv
import io
import json
import os
import resource
import signal
import sqlite3
import subprocess
import time
import unittest

from cli import DERATE, derate
from history_data import NAMES, HistoryCase, write_run
from page_case import data_of


class History(HistoryCase):
    def test_added_listed_and_shown(self):
        said = self.add(1, "--label", "v1", "--time", "2020-01-02").stdout
        self.assertEqual(said, "Added session 1: 1 process, 4 measurements, none of them failed.\n")
        self.add(2, "--time", "2020-01-01T10:00:00Z", error="BM_work/2")
        first, second = self.sessions()
        self.assertEqual((first["session"], first["failed"], first["label"]), (2, 1, ""))
        self.assertEqual((second["time_utc"], second["label"]), ("2020-01-02T00:00:00Z", "v1"))
        shown = derate("history", "show", 1, "--db", self.db)
        self.assertEnds(shown, 0)
        for word in [*NAMES, "Example GPU", "driver_version=580.1"]:
            self.assertIn(word, shown.stdout)
        rows = json.loads(self.history("show", "--benchmark", "*/2", "--format", "json").stdout)
        self.assertEqual([row["session"] for row in rows], [2, 1])
        self.assertIsNone(rows[0]["time_s"])
        self.assertAlmostEqual(rows[1]["time_s"], 20e-6, delta=1e-6)

    def test_the_same_file_twice_is_one_session(self):
        self.add(1)
        self.assertIn("session 1 already", self.add(1).stdout)
        self.assertEqual(len(self.sessions()), 1)

    def test_a_gate_keeps_its_sides(self):
        processes = self.home / "out/gate"
        processes.mkdir(parents=True)
        with (processes / "processes.jsonl").open("w", encoding="utf-8") as listed:
            for number, side in enumerate(["base", "candidate", "candidate", "base", "base"]):
                pair = number // 2
                write_run(processes / f"screen-{pair:02}-{side}.json", number)
                listed.write(json.dumps({"stage": "screen", "pair": pair, "side": side,
                                         "ended_unix_s": number, "duration_s": 1.0,
                                         "failure": "it crashed" if number > 3 else ""}) + "\n")
            listed.write('{"stage": "screen", "pair": "2", "side": "base"}\n')  # is invalid
            listed.write('{"stage": "scr')  # a gate that was killed
        added = self.history("add", self.home / "out")
        self.assertEnds(added, 0)
        self.assertIn("4 processes", added.stdout)
        self.assertIn("screen-02-base.json: left out: it crashed", added.stderr)
        exported = self.history("export").stdout
        lines = [json.loads(line) for line in exported.splitlines()]
        sides = [line["measurement"]["side"] for line in lines if "measurement" in line]
        self.assertEqual((sides.count(1), sides.count(2)), (2 * len(NAMES), 2 * len(NAMES)))

    def test_nothing_measured_is_nothing_added(self):
        processes = self.home / "out/gate"
        processes.mkdir(parents=True)
        (processes / "processes.jsonl").write_text("garbage\n", encoding="utf-8")
        self.assertRefused(self.history("add", self.home / "out"), 5, "no measurement")
        self.assertRefused(derate("track", self.home / "out", "--db", self.db), 5, "no measurement")
        self.assertFalse(self.db.exists())

    def test_days_that_there_are_not(self):
        for wrong in ("2026-02-29", "2026-13-01", "2026-01-01T24:00:00Z", "yesterday", ""):
            self.assertRefused(self.history("add", self.run_file(1), "--time", wrong), 2)
        self.assertEnds(self.history("add", self.run_file(1), "--time=2028-02-29"), 0)
        self.assertRefused(self.history("prune", "--before", "2026-02-30"), 2, "2026-02-30")

    def test_labels_do_not_break_the_table(self):
        self.add(1, "--label", "two\nlines \x1b[31m")
        listed = self.history("list").stdout
        self.assertEqual(len(listed.splitlines()), 2)
        self.assertNotIn("\x1b", listed)

    def test_one_wrong_file_and_nothing_is_added(self):
        wrong = self.home / "wrong.json"
        wrong.write_text("{", encoding="utf-8")
        result = self.history("add", self.run_file(1), wrong)
        self.assertRefused(result, 5, "wrong.json")
        self.assertFalse(self.db.exists())

    def test_where_it_is_by_default(self):
        run = self.run_file(1)
        clean = {k: v for k, v in os.environ.items() if k not in ("DERATE_HISTORY", "XDG_DATA_HOME")}
        for variables, place in [({"DERATE_HISTORY": str(self.home / "a.db")}, "a.db"),
                                 ({"XDG_DATA_HOME": str(self.home / "x")}, "x/derate/history.sqlite"),
                                 ({"HOME": str(self.home)}, ".local/share/derate/history.sqlite")]:
            with self.subTest(place):
                self.assertEnds(derate("history", "add", run, env={**clean, **variables}), 0)
                self.assertTrue((self.home / place).exists())

    def test_pruned(self):
        for day in range(1, 7):
            self.add(day, "--time", f"2020-01-0{day}")
        self.assertEnds(self.history("pin", 1), 0)
        before = self.db.read_bytes()
        result = self.history("prune", "--keep", 2)
        self.assertEnds(result, 0)
        self.assertIn("Would delete 3 of 6 sessions (2020-01-02T00:00:00Z to 2020-01-04T00:00:00Z) "
                      "with 12 measurements.\n1 pinned session stays.\n", result.stdout)
        self.assertEqual(self.db.read_bytes(), before)
        self.assertEnds(self.history("prune", "--keep", 2, "--yes"), 0)
        self.assertEqual([s["session"] for s in self.sessions()], [1, 5, 6])
        self.assertEnds(self.history("prune", "--before", "2020-01-06", "--yes"), 0)
        self.assertEqual([s["session"] for s in self.sessions()], [1, 6])
        self.assertSound()
        self.assertRefused(self.history("prune"), 2, "--keep N or --before DATE")
        self.assertRefused(self.history("prune", "--before", "soon"), 2, "no date")

    def test_exported_and_imported_it_is_the_same(self):
        for day in (1, 2):
            self.add(day, "--time", f"2020-01-0{day}", "--label", 'a "quoted", label')
        self.assertEnds(derate("accept", "--benchmark", "BM*", "--reason", "wider", "--db", self.db), 0)
        self.assertEnds(self.history("pin", 1), 0)
        lines = self.home / "lines.jsonl"
        self.assertEnds(self.history("export", "-o", lines), 0)
        other = self.home / "other.sqlite"
        self.assertEnds(derate("history", "import", lines, "--db", other), 0)
        again = derate("history", "export", "--db", other).stdout
        self.assertEqual(again, lines.read_text(encoding="utf-8"))
        rows = list(csv.DictReader(io.StringIO(self.history("export", "--format", "csv").stdout)))
        self.assertEqual(len(rows), 8)
        self.assertEqual(len(rows[0]["samples_s"].split()), 3)
        self.assertEqual(rows[0]["label"], 'a "quoted", label')

    def test_a_wrong_line_of_an_import_is_named_and_nothing_is_added(self):
        self.add(1)
        lines = self.history("export").stdout.splitlines()
        broken = self.home / "broken.jsonl"
        for number, text in [(1, '{"derate_history":99}'), (3, "{"), (4, '{"measurement":{}}'),
                             (5, '{"nothing":1}')]:
            with self.subTest(text):
                changed = [*lines[:number - 1], text, *lines[number:]]
                broken.write_text("\n".join(changed) + "\n", encoding="utf-8")
                result = derate("history", "import", broken, "--db", self.home / "fresh.sqlite")
                self.assertRefused(result, 5, f"broken.jsonl, line {number}: ")
        sessions = json.loads(derate("history", "list", "--format", "json", "--db",
                                     self.home / "fresh.sqlite").stdout)
        self.assertEqual(sessions, [])

    def test_wrong_requests(self):
        self.assertRefused(self.history("list"), 5, "no history at")
        self.add(1)
        self.assertRefused(self.history("show", 9), 2, "no session 9")
        self.assertRefused(self.history("show"), 2, "--benchmark")
        self.assertRefused(self.history("show", "--benchmark", "x"), 2, 'no benchmark "x"')
        self.assertRefused(self.history("pin", 9), 2, "no session 9")
        self.assertRefused(self.history("unpin", 1), 2, "not pinned")


class Page(HistoryCase):
    def test_holds_every_session_and_says_how_many(self):
        for day in range(1, 4):
            self.add(day, "--time", f"2020-01-{day:02d}", "--label", f"build-{day}")
        html = self.home / "page.html"
        result = derate("history", "--write", f"html={html}", "--benchmark", "*/[12]", "--db", self.db)
        self.assertRefused(result, 2, "*/[12]")
        result = derate("history", "--write", f"html={html}", "--benchmark", "*/2", "--db", self.db)
        self.assertEnds(result, 0)
        self.assertEqual(result.stdout, f"Wrote {html}: 1 of 4 benchmarks in 3 sessions.\n")
        data = data_of(html.read_text(encoding="utf-8"))
        self.assertEqual([session["label"] for session in data["sessions"]], ["build-1", "build-2", "build-3"])
        [series] = data["series"]
        self.assertEqual((series["benchmark"], series["values"]["session"]), ("BM_work/2", [0, 1, 2]))

    def test_of_a_track_judges_what_was_tracked(self):
        for day in range(1, 13):
            self.add(day)
        html = self.home / "page.html"
        result = derate("track", self.run_file(13, factors={"BM_work/2": 1.2}), "--no-add", "--db", self.db,
                        "--write", f"html={html}")
        self.assertEnds(result, 4)
        data = data_of(html.read_text(encoding="utf-8"))
        self.assertEqual(len(data["sessions"]), 13)
        self.assertEqual(data["newest"]["headline"], result.stdout.splitlines()[0])
        self.assertEqual((data["series"][0]["benchmark"], data["series"][0]["verdict"]), ("BM_work/2", "inconclusive"))

    def test_its_options_are_those_of_no_sub_command(self):
        self.add(1)
        for options in (["--write", "html=x"], ["--benchmark", "*"], ["--db", self.db], ["--wait", 1]):
            self.assertRefused(derate("history", *options, "list"), 2, options[0])
        self.assertRefused(derate("history"), 2, "--write html=FILE")
        self.assertRefused(derate("history", "--write", "json=x", "--db", self.db), 2, "html=FILE")

    def test_is_not_written_over_the_history(self):
        self.add(1)
        before = self.db.read_bytes()
        self.assertRefused(derate("history", "--write", f"html={self.db}", "--db", self.db), 2, "overwrite")
        self.assertEqual(self.db.read_bytes(), before)

    def test_says_what_it_cannot_write(self):
        self.add(1)
        path = self.home / "none" / "page.html"
        self.assertRefused(derate("history", "--write", f"html={path}", "--db", self.db), 6, str(path))


class Writers(HistoryCase):
    def start(self, seed):
        return subprocess.Popen([DERATE, "history", "add", self.run_file(seed), "--db", self.db],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def test_several_at_once_lose_nothing(self):
        writers = [self.start(seed) for seed in range(8)]  # the file is made by one of them as well
        for writer in writers:
            _, stderr = writer.communicate(timeout=60)
            self.assertEqual(writer.returncode, 0, stderr)
        sessions = self.sessions()
        self.assertEqual([s["session"] for s in sessions], list(range(1, 9)))
        self.assertEqual({s["measurements"] for s in sessions}, {4})
        self.assertSound()

    def test_killed_at_any_time_it_is_sound_and_goes_on(self):
        self.add(0)
        killed = 0
        for seed in range(1, 25):
            writer = self.start(seed)
            time.sleep(0.0015 * seed)
            writer.send_signal(signal.SIGKILL)
            writer.communicate()
            killed += writer.returncode == -signal.SIGKILL
        self.assertGreater(killed, 0)
        self.assertSound()
        self.add(100)
        for session in self.sessions():  # whole, or not there
            self.assertEqual(session["measurements"], 4)

    def test_a_killed_transaction_is_undone(self):
        self.add(0)
        # A writer that dies between its pages and the end of its transaction.
        code = ("import os,sqlite3,sys\n"
                "c=sqlite3.connect(sys.argv[1],isolation_level=None)\n"
                "c.execute('PRAGMA cache_size=1'); c.execute('BEGIN IMMEDIATE')\n"
                "c.execute('DELETE FROM measurements')\n"
                "c.executemany('INSERT INTO benchmarks (name,problem,unit) VALUES (?,?,?)',"
                "[(str(i)*50,'','') for i in range(2000)])\n"
                "os.kill(os.getpid(),9)\n")
        subprocess.run(["python3", "-c", code, self.db], check=False)
        self.assertTrue(self.db.with_name(self.db.name + "-journal").exists())
        self.assertEqual(self.sessions()[0]["measurements"], 4)
        self.assertSound()

    def test_locked_for_longer_than_it_waits(self):
        self.add(0)
        holder = sqlite3.connect(self.db, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        self.assertRefused(self.history("add", self.run_file(1), "--wait", 0.2), 6,
                           "being written by another program")
        self.assertEqual(len(self.sessions()), 1)  # reading goes on
        waiting = self.start(1)
        time.sleep(0.3)
        holder.execute("ROLLBACK")
        holder.close()
        waiting.communicate(timeout=30)
        self.assertEqual(waiting.returncode, 0)
        self.assertEqual(len(self.sessions()), 2)


class Import(HistoryCase):
    def setUp(self):
        super().setUp()
        for seed in range(3):
            self.add(seed)
        self.lines = self.history("export").stdout.splitlines()
        self.other = self.home / "other.sqlite"

    def load(self, lines):
        file = self.home / "export.jsonl"
        file.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return derate("history", "import", file, "--db", self.other)

    def place(self, kind):
        return next(i for i, line in enumerate(self.lines) if line.startswith(f'{{"{kind}"'))

    def changed(self, kind, old, new):
        at = self.place(kind)
        line = self.lines[at].replace(old, new)
        self.assertNotEqual(line, self.lines[at])
        return at + 1, [*self.lines[:at], line, *self.lines[at + 1:]]

    def test_of_everything(self):
        result = self.load(self.lines)
        self.assertEnds(result, 0)
        self.assertIn("Added 3 sessions with 12 measurements", result.stdout)

    def test_of_lines_that_make_no_sense(self):
        for kind, old, new, word in (
                ("measurement", '"session":1,', '"session":999,', "its session"),
                ("measurement", '"benchmark":', '"bench":', '"benchmark" is missing'),
                ("measurement", '"process":0', '"process":"0"', '"process" is no whole number'),
                ("measurement", '"message":""', '"message":7', '"message" is of the wrong type'),
                ("measurement", '"side":0', '"side":9', "its side is 9"),
                ("session", '"time_utc":"2', '"time_utc":"x2', '"time_utc" is "x2'),
                ("environment", '"facts":[[', '"facts":[[1,', "facts of an environment")):
            with self.subTest(word):
                number, lines = self.changed(kind, old, new)
                self.assertRefused(self.load(lines), 5, f"line {number}: ", word,
                                   "nothing was added")

    def test_of_too_little_or_too_much(self):
        self.assertRefused(self.load(self.lines[:-1]), 5, "before its end")
        at = self.place("measurement")
        self.assertRefused(self.load(self.lines[:at] + self.lines[at + 1:]), 5, "are missing")
        self.assertRefused(self.load([*self.lines[:at], *self.lines[at:at + 1] * 2,
                                      *self.lines[at + 1:]]), 5, f"line {at + 2}: ", "twice")
        self.assertRefused(self.load(self.lines + self.lines), 5, "one after the other")
        self.assertRefused(derate("history", "import", self.home, "--db", self.other), 5,
                           "Is a directory")

    def test_of_an_acceptance_whose_session_went(self):
        derate("accept", "--benchmark", "*", "--reason", "r", "--since", 2, "--db", self.db)
        self.history("prune", "--keep", 1, "--yes")
        exported = self.home / "again.jsonl"
        self.assertEnds(self.history("export", "-o", exported), 0)
        self.assertEnds(self.history("import", exported), 0)
        self.assertEqual(len(json.loads(self.history("accepted", "--format", "json").stdout)), 1)

    def test_the_export_is_not_written_over_the_history(self):
        self.assertRefused(self.history("export", "-o", self.db), 2, "--output")
        self.assertSound()


class Damage(HistoryCase):
    def assertLeftAlone(self, *words):
        before = self.db.read_bytes()
        for command in (["add", self.run_file(1)], ["list"]):
            self.assertRefused(self.history(*command), 5, *words)
        self.assertEqual(self.db.read_bytes(), before)

    def test_text_and_other_databases(self):
        self.db.write_text("no database, but quite long\n" * 100, encoding="utf-8")
        self.assertLeftAlone("is not a history")
        self.db.unlink()
        with sqlite3.connect(self.db) as other:
            other.execute("CREATE TABLE mine (a)")
        self.assertLeftAlone("of another program")

    def test_a_newer_schema(self):
        self.add(0)
        with sqlite3.connect(self.db) as newer:
            newer.execute("PRAGMA user_version = 7")
        self.assertLeftAlone("newer derate", "update derate")

    def test_truncated(self):
        for seed in range(20):
            self.add(seed)
        whole = self.db.read_bytes()
        self.db.write_bytes(whole[:len(whole) - 5000])
        self.assertLeftAlone("damaged", "left as it is")

    def test_overwritten_pages(self):
        for seed in range(20):
            self.add(seed)
        whole = self.db.read_bytes()
        self.db.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
        self.assertLeftAlone("damaged")
        self.assertRefused(self.history("check"), 5, "damaged")

    def test_tables_columns_and_rows_that_are_gone(self):
        for fault in ("DROP TABLE measurements", "ALTER TABLE measurements DROP COLUMN clock_hz",
                      "DELETE FROM environments", "PRAGMA user_version = 0",
                      "UPDATE environments SET facts = '{'",
                      "UPDATE measurements SET samples_s = x'0102'",
                      "UPDATE measurements SET outcome = 'funny'",
                      "UPDATE measurements SET side = 9", "UPDATE measurements SET time_s = -1"):
            with self.subTest(fault):
                self.setUp()
                self.add(1)
                with sqlite3.connect(self.db) as other:
                    other.execute(fault)
                for command in (["show", 1], ["export", "-o", self.home / "x"], ["check"]):
                    self.assertRefused(self.history(*command), 5, str(self.db), "is damaged")
                if fault.startswith("DELETE"):
                    continue  # the next run's environment takes the old one's place
                self.assertRefused(derate("track", self.run_file(2), "--db", self.db), 5,
                                   "is damaged")

    def test_a_time_that_is_none_is_found(self):
        self.add(1)
        with sqlite3.connect(self.db) as other:
            other.execute("UPDATE sessions SET time_utc = 'yesterday'")
        self.assertRefused(self.history("check"), 5, "yesterday")

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_a_folder_that_cannot_be_written(self):
        self.add(0)
        self.home.chmod(0o500)
        self.addCleanup(self.home.chmod, 0o700)
        self.assertRefused(derate("history", "add", self.run_file(0), "--db", self.home / "n.db"), 6)

    def test_a_path_that_cannot_be(self):
        run = self.run_file(1)
        for path in (run / "below.sqlite", "/proc/derate/history.sqlite", self.home, "/dev/full"):
            with self.subTest(path):
                self.assertRefused(derate("history", "add", run, "--db", path), 6)

    def test_a_full_disk(self):
        self.add(0)
        size = self.db.stat().st_size

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        many = {f"BM_other/{i}": 10.0 for i in range(500)}
        result = derate("history", "add", self.run_file(1, names=many), "--db", self.db,
                        preexec_fn=limit)
        self.assertRefused(result, 6, "cannot be written")
        self.assertEqual(len(self.sessions()), 1)
        self.assertSound()


if __name__ == "__main__":
    unittest.main()
