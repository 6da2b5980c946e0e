# SPDX-License-Identifier: Apache-2.0
# The page of derate track and derate history in a browser. Skipped where there is no Chromium.
import browser
from cli import derate
from history_data import NAMES, HistoryCase
from page_case import CAPTIONS, COLOURS, HOSTILE, PageCase

PARTS = ["The newest session", "Over days", "Sessions", "All benchmarks"]
SLOW = {"BM_work/2": 1.04}
DATASETS = """Chart.getChart(document.querySelectorAll('canvas')[%d]).data.datasets
  .map((dataset) => [dataset.label, dataset.data.filter((point) => !isNaN(point.x)).length])"""
HEADINGS = """[...document.querySelectorAll('.benchmark')].filter((block) => !block.hidden)
  .map((block) => block.querySelector('h3').textContent)"""


class InABrowser(HistoryCase, PageCase):
    def setUp(self):
        super().setUp()
        self.html = self.home / "page.html"

    def days(self):
        """Sixteen, of which the last three are slower, after a driver and an accepted change of another."""
        for day in range(1, 17):
            factors = {"BM_work/1": 0.9 if day > 8 else 1, **(SLOW if day > 13 else {})}
            self.add(day, "--time", f"2026-01-{day:02d}T02:00:00Z", "--label", f"build-{day}", factors=factors,
                     driver="580.2" if day > 10 else "580.1", error="BM_work/3" if day == 5 else None)
        self.assertEnds(self.history("pin", 3), 0)
        self.assertEnds(derate("accept", "--benchmark", "*/1", "--reason", "fused", "--since", 9, "--by", "ada",
                               "--db", self.db), 0)

    def write_page(self, *arguments):
        return derate("history", "--write", f"html={self.html}", "--db", self.db, *arguments)

    def test_is_drawn_and_described(self):
        self.days()
        self.assertEnds(self.write_page(), 0)
        self.assertDrawn(self.html, PARTS, 1 + len(NAMES))
        self.assertDescribed(1 + len(NAMES))
        captions = self.browser.evaluate(CAPTIONS)
        self.assertRegex(captions[1], r"^16 sessions from 2026-01-01 to 2026-01-16: 2 levels, the newest "
                                      r"20\.\d+ µs, \+[34]\.\d % against the one before; the machine changed 1 ×")
        self.assertIn("1 acceptance (dotted)", " ".join(captions))
        self.assertIn("1 did not measure it (crosses)", " ".join(captions))

    def test_shows_levels_and_marks_with_their_values(self):
        self.days()
        self.assertEnds(self.write_page(), 0)
        self.open(self.html, 1280)
        self.assertEqual(self.browser.evaluate(HEADINGS)[0], "BM_work/2")
        self.assertEqual(self.browser.evaluate(DATASETS % 1),
                         [["session", 15], ["pinned session", 1], ["level", 4], ["machine changed", 1]])
        for dataset, expected in enumerate(["session 1 (build-1), 2026-01-01 02:00", "pinned", "level 20",
                                            "driver_version went from 580.1 to 580.2"]):
            self.assertIn(expected, self.hovered(1, dataset))
        self.browser.evaluate("document.querySelectorAll('.benchmark details')[0].open = true")
        self.browser.wait("document.querySelector('.benchmark tbody tr') !== null")
        self.assertRegex(self.browser.evaluate("document.querySelector('.benchmark tbody').textContent"),
                         r"\+[34]\.\d % since session 14")

    def test_benchmarks_are_chosen(self):
        self.days()
        self.assertEnds(self.write_page("--benchmark", "*/[!4]"), 2)
        self.assertEnds(self.write_page("--benchmark", "BM_work/?"), 0)
        self.open(self.html, 390)
        self.assertEqual(len(self.browser.evaluate(HEADINGS)), len(NAMES))
        self.type_into("#days input", "/3")
        self.assertEqual(self.browser.evaluate(HEADINGS), ["BM_work/3"])

    def test_one_session_of_many_benchmarks_is_a_page_too(self):
        run = self.run_file(1, names={f"bench/{i}": 10.0 for i in range(40)})
        self.assertEnds(derate("track", run, "--db", self.db, "--write", f"html={self.html}"), 0)
        self.open(self.html, 390)
        self.assertEqual(len(self.browser.evaluate(HEADINGS)), 40)
        self.browser.wait("[...document.querySelectorAll('canvas')].every((canvas) => Chart.getChart(canvas))")
        self.assertGreater(min(self.browser.evaluate(COLOURS)), 10)

    def test_names_stay_text(self):
        self.add(1, "--label", HOSTILE, names={HOSTILE: 10.0}, device=HOSTILE, driver=HOSTILE)
        self.add(2, names={HOSTILE: 10.0}, device=HOSTILE, driver="580.2")
        self.assertEnds(derate("accept", "--benchmark", "*", "--reason", HOSTILE, "--db", self.db), 0)
        self.assertEnds(self.write_page(), 0)
        self.assertNamesStayText(self.html)


if __name__ == "__main__":
    browser.run_tests()
