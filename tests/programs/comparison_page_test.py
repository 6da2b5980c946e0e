# SPDX-License-Identifier: Apache-2.0
# The page of derate compare in a browser. Skipped where there is no Chromium.
import json

import browser
from cli import derate
from page_case import CAPTIONS, HOSTILE, PageCase
from two_runs import process, write_noise

PARTS = ["Changes", "Without a change", "The environment", "All benchmarks"]
LABELS = """Chart.getChart(document.querySelector('canvas')).data.labels"""
SHOWN = """[...document.querySelectorAll('table.rows tbody tr')].filter((line) => !line.hidden)
  .map((line) => line.children[0].textContent)"""

# Time of the candidate ÷ that of the base, by variant.
FACTORS = {"same": 1, "slower": 1.05, "slowest": 1.12, "faster": 0.93, **{f"same_{i}": 1 for i in range(8)}}


def write_side(path, factors, **changes):
    path.write_text("".join(
        json.dumps(process(number, 1e-3 * factor, variant=name, **changes)) + "\n"
        for name, factor in factors.items() for number in range(5)), encoding="utf-8")
    return path


class InABrowser(PageCase):
    def setUp(self):
        self.at = self.folder()
        self.html = self.at / "page.html"

    def compare(self, factors, **changes):
        base = write_side(self.at / "base.jsonl", {**dict.fromkeys(factors, 1), "gone": 1})
        candidate = write_side(self.at / "candidate.jsonl", factors, **changes)
        noise = write_noise(self.at / "noise.json", *factors)
        result = derate("compare", base, candidate, "--noise", noise, "--write", f"html={self.html}")
        self.assertTrue(self.html.exists(), result.stderr)

    def test_is_drawn_and_described(self):
        self.compare(FACTORS, tool_commit="another")
        self.assertDrawn(self.html, PARTS, 1)
        self.assertDescribed(1)

    def test_shows_the_worst_first_with_its_values(self):
        self.compare(FACTORS)
        self.open(self.html, 1280)
        labels = self.browser.evaluate(LABELS)
        self.assertEqual(len(labels), len(FACTORS))
        self.assertIn("slowest", labels[0])
        self.assertIn("slower", labels[1])
        self.assertIn("faster", labels[2])
        hovered = self.hovered(0, 0)
        for expected in ("regression: +12.0 % [", "1.001 ms → 1.121 ms", "detectable"):
            self.assertIn(expected, hovered)
        [caption] = self.browser.evaluate(CAPTIONS)
        self.assertIn("12 benchmarks with 95 % intervals, worst first: 2 slower, 1 faster, 9 unchanged", caption)

    def test_benchmarks_are_filtered(self):
        self.compare(FACTORS)
        self.open(self.html, 390)
        self.assertEqual(len(self.browser.evaluate(SHOWN)), len(FACTORS) + 1)
        self.type_into("input", "REGRESSION")
        self.assertEqual(len(self.browser.evaluate(SHOWN)), 2)

    def test_says_what_the_plot_leaves_out(self):
        self.compare({f"variant_{i}": 1 for i in range(70)})
        self.open(self.html, 1280)
        self.assertIn("Changes in time of 60 of 70 benchmarks", self.browser.evaluate(CAPTIONS)[0])

    def test_without_any_change_there_is_no_plot(self):
        self.compare({"same": 1}, outcome="failed", message="out of memory", samples_s=[], clocks_hz=[])
        self.open(self.html, 390)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('canvas').length"), 0)
        self.assertIn("out of memory", self.browser.evaluate("document.querySelector('#unmeasured').textContent"))

    def test_names_stay_text(self):
        self.compare({HOSTILE: 1.1, HOSTILE + "2": 1}, device_name=HOSTILE, library=HOSTILE, driver_version=HOSTILE)
        self.assertNamesStayText(self.html)


if __name__ == "__main__":
    browser.run_tests()
