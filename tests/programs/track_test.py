# SPDX-License-Identifier: Apache-2.0
# derate track and accept, over days of invented runs.
import json
import unittest

from cli import derate
from history_data import NAMES, HistoryCase

SLOW = {"BM_work/2": 1.04}


class Track(HistoryCase):
    def track(self, seed, *arguments, **options):
        return derate("track", self.run_file(seed, **options), "--db", self.db, *arguments)

    def days(self, count):
        for day in range(1, count + 1):
            self.add(day, "--time", f"2020-01-{day:02d}")

    def test_few_sessions_then_enough(self):
        for day in range(1, 5):
            result = self.track(day)
            self.assertEnds(result, 0)
            self.assertIn("a level takes four", result.stdout)
            self.assertIn("no verdict yet: 4 benchmarks are collecting sessions", result.stdout)
        self.assertEnds(self.track(4, "--fail-on", "regression,collecting"), 4)
        self.assertEnds(self.track(5), 0)
        self.assertEqual(len(self.sessions()), 5)
        self.assertEqual(self.sessions()[0]["kind"], "track")

    def test_slow_once_then_confirmed_then_accepted(self):
        self.days(20)
        self.assertEnds(self.track(21), 0)
        once = self.track(22, factors=SLOW)
        self.assertEnds(once, 4)
        self.assertIn("run again to", once.stdout)
        twice = self.track(23, factors=SLOW)
        self.assertEnds(twice, 1)
        self.assertIn("session 23 confirms it", twice.stdout)
        self.assertEnds(self.track(24, factors=SLOW), 1)  # it does not become the new normal
        accepted = derate("accept", "--benchmark", "*/2", "--reason", "wider tiles", "--since", 22,
                          "--db", self.db)
        self.assertEnds(accepted, 0)
        after = self.track(25, factors=SLOW)
        self.assertEnds(after, 0)
        self.assertIn("accepted from session 22 on: wider tiles (BM_work/2)", after.stdout)
        listed = json.loads(self.history("accepted", "--format", "json").stdout)
        self.assertEqual((listed[0]["benchmark"], listed[0]["since"]), ("*/2", 22))

    def test_a_copy_does_not_confirm_itself(self):
        self.days(20)
        once = self.run_file(21, factors=SLOW)
        self.assertEnds(derate("track", once, "--db", self.db), 4)
        twice = derate("track", once, once, "--db", self.db)
        self.assertEnds(twice, 4)
        self.assertIn("it is there twice", twice.stderr)
        # In other company, too.
        mixed = derate("track", once, self.run_file(22), "--db", self.db)
        self.assertIn("1 process was left out", mixed.stderr)
        self.assertNotEqual(mixed.returncode, 1, mixed.stdout)
        self.assertEqual(self.sessions()[0]["processes"], 1)

    def test_the_history_is_not_written_over(self):
        self.days(3)
        before = self.db.read_bytes()
        self.assertRefused(self.track(4, "--write", f"json={self.db}"), 2, "overwrite")
        self.assertEqual(self.db.read_bytes(), before)

    def test_an_acceptance_needs_a_reason(self):
        self.add(1)
        self.assertRefused(derate("accept", "--benchmark", "*", "--reason", "", "--db", self.db),
                           2, "--reason")

    def test_judged_without_being_added(self):
        self.days(12)
        before = self.db.read_bytes()
        self.assertEnds(self.track(13, "--no-add", factors=SLOW), 4)
        self.assertEqual(self.db.read_bytes(), before)
        self.assertRefused(derate("track", self.run_file(13), "--no-add", "--db",
                                  self.home / "none.sqlite"), 5, "no history at")

    def test_the_same_run_again_confirms_nothing(self):
        self.days(12)
        self.assertEnds(self.track(13, factors=SLOW), 4)
        again = self.track(13, factors=SLOW)
        self.assertEnds(again, 4)
        self.assertIn("are session 13 already", again.stderr)
        unstored = self.track(13, "--no-add", factors=SLOW)
        self.assertIn("are session 13 already", unstored.stderr)
        self.assertEqual(unstored.stdout.splitlines()[0], again.stdout.splitlines()[0])
        self.assertIn("of session 13 against 12 earlier", unstored.stdout)
        self.assertEqual(len(self.sessions()), 13)

    def test_a_driver_is_named(self):
        self.days(12)
        everything = {name: 1.05 for name in NAMES}
        self.assertEnds(self.track(13, factors=everything, driver="580.2"), 4)
        result = self.track(14, factors=everything, driver="580.2")
        self.assertEnds(result, 4)
        self.assertIn("driver_version went from 580.1 to 580.2", result.stdout)
        self.assertIn("environment", result.stdout)

    def test_another_device_is_a_series_of_its_own(self):
        self.days(12)
        result = self.track(13, factors=SLOW, device="Another GPU")
        self.assertEnds(result, 4)
        self.assertIn("another machine or build: device_name is Another GPU, was Example GPU",
                      " ".join(result.stdout.split()))

    def test_what_failed_is_invalid_and_is_no_level(self):
        self.days(12)
        failed = self.track(13, error="BM_work/3")
        self.assertEnds(failed, 5)
        self.assertIn("out of memory", failed.stdout)
        self.assertEnds(self.track(14), 0)

    def test_creep_against_a_pinned_session(self):
        for day in range(1, 31):
            self.add(day, "--time", f"2020-01-{day:02d}", factors={"BM_work/1": 1.0012 ** day})
        self.assertEnds(self.history("pin", 1), 0)
        result = self.track(31, factors={"BM_work/1": 1.0012 ** 31})
        self.assertEnds(result, 1)
        self.assertIn("BM_work/1", result.stdout)

    def test_wrong_requests(self):
        self.days(2)
        for arguments, word in [(["--benchmark", "x", "--reason", "y"], 'no benchmark "x"'),
                                (["--benchmark", "*", "--reason", "y", "--since", 9], "no session 9"),
                                (["--benchmark", "*"], "--reason")]:
            self.assertRefused(derate("accept", *arguments, "--db", self.db), 2, word)
        self.assertEqual(json.loads(self.history("accepted", "--format", "json").stdout), [])


if __name__ == "__main__":
    unittest.main()
