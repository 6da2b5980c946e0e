# SPDX-License-Identifier: Apache-2.0
# report.html in a browser, at the width of a phone and of a desk, light and dark: nothing on the
# console, nothing wider than the window, every plot drawn, hover, filter, sorting and choice work.
# Skipped where there is no Chromium, which is too large for every run of CI; scripts/soak has one.
import browser
from cli import derate
from page_case import CAPTIONS, HOSTILE, PageCase, TITLES
from page_records import complete_records, write_records

PARTS = ["Share of the peak", "Roofline", "Bandwidth and latency", "Matrix products", "Every sample",
         "Side by side", "The machine", "All rows"]
PLOTS = 11  # bars, roofline, bandwidth, latency, products, model, speed, three sensors, ratios

SHOWN = """[...document.querySelectorAll('table.rows tbody tr')].filter((line) => !line.hidden)
  .map((line) => [...line.children].map((cell) => cell.textContent))"""


class InABrowser(PageCase):
    def setUp(self):
        folder = self.folder()
        self.page = folder / "page.html"
        records = write_records(folder / "records.jsonl", complete_records())
        derate("report", records, "--write", f"html={self.page}")

    def test_is_drawn_at_every_width_and_scheme(self):
        self.assertDrawn(self.page, PARTS, PLOTS)

    def test_every_plot_has_caption_text_alternative_and_table(self):
        self.open(self.page, 1280)
        self.assertDescribed(PLOTS)

    def test_hover_shows_values(self):
        self.open(self.page, 1280)
        for plot, dataset, expected in [(0, 1, "of the peak"), (1, 0, "/B"), (2, 0, "B/s"), (3, 0, "ns"),
                                        (4, 0, "%"), (5, 0, "%"), (6, 0, "round 1"), (7, 0, "Hz")]:
            with self.subTest(plot=plot):
                self.assertIn(expected, self.hovered(plot, dataset))

    def test_rows_are_filtered_and_sorted(self):
        self.open(self.page, 390)
        everything = len(self.browser.evaluate(SHOWN))
        self.type_into("input", "TILED f32")
        left = self.browser.evaluate(SHOWN)
        self.assertTrue(0 < len(left) < everything)
        self.assertTrue(all("tiled" in cells for cells in left))
        self.type_into("input", "")
        self.browser.evaluate("""[...document.querySelectorAll('table.rows th button')]
            .find((button) => button.textContent === 'n').click()""")
        counts = [int(cells[-2]) for cells in self.browser.evaluate(SHOWN)]
        self.assertEqual(counts, sorted(counts))
        self.assertEqual(len(counts), everything)
        self.assertNotEqual(len(set(counts)), 1)

    def test_samples_of_one_row_can_be_chosen(self):
        self.open(self.page, 1280, "dark")
        points = """Chart.getChart(document.querySelectorAll('canvas')[6]).data.datasets
            .flatMap((dataset) => dataset.data).length"""
        everything = self.browser.evaluate(points)
        self.browser.evaluate("""(() => {
            const select = document.querySelector('select');
            select.value = select.options[1].value;
            select.dispatchEvent(new Event('change'));
        })()""")
        self.assertEqual(self.browser.evaluate(points), 36)
        self.assertGreater(everything, 36)

    def test_without_the_chart_library_the_tables_are_open(self):
        html = self.page.read_text(encoding="utf-8")
        begin = html.index("<script>/*!\n * Chart.js")
        end = html.index("</script>", begin)
        self.page.write_text(html[:begin] + "<script>" + html[end:], encoding="utf-8")
        self.open(self.page, 390, "dark")
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('canvas').length"), 0)
        self.assertEqual(self.browser.evaluate("document.querySelectorAll('figure tbody').length"), PLOTS)
        self.assertIn("built without Chart.js", self.browser.evaluate("document.body.textContent"))

    def open_records(self, records):
        file = write_records(self.page.with_name("records.jsonl"), records)
        derate("report", file, "--write", f"html={self.page}")
        self.open(self.page, 390)

    def caption(self, beginning):
        [caption] = [text for text in self.browser.evaluate(CAPTIONS) if beginning in text]
        return caption

    def test_roofline_names_the_ridge_of_each_type(self):
        records = complete_records()
        self.open_records(records)
        self.assertIn("not to be bound by memory, work needs 20 (f32) to 170 (bf16) operations for each byte",
                      self.caption("measured ceilings"))
        in_cache = {"workload": "memory_read", "variant": "L2", "bound": "cache"}
        self.open_records([record | (in_cache if record["bound"] == "memory" else {}) for record in records])
        self.assertIn("not to be bound by L2, work needs ", self.caption("measured ceilings"))

    def test_names_the_version_that_measured(self):
        self.open_records([record | {"tool_version": "0.0.7"} for record in complete_records()])
        self.assertIn("measured by derate 0.0.7", self.browser.evaluate("document.querySelector('h1 + p').textContent"))

    def test_samples_are_counted_by_device(self):
        one = complete_records()[0]
        many = [one | {"problem": f"m:{i}/n:512/k:512", "samples_s": one["samples_s"] * 50,
                       "clocks_hz": one["clocks_hz"] * 50} for i in range(1, 41)]
        few = [record | {"device_id": "example-0001", "device_index": 1} for record in many[:4]]
        self.open_records(many + few)
        captions = [text for text in self.browser.evaluate(CAPTIONS) if "samples are kept here" in text]
        self.assertEqual(len(captions), 2)
        for caption, taken in zip(captions, (24_000, 2_400)):
            self.assertIn(f"({taken // 2} of {taken} samples are kept here)", caption)

    def test_two_devices_one_of_which_measured_nothing(self):
        records = complete_records()
        nothing = records[0] | {"device_id": "example-0001", "device_index": 1, "outcome": "failed",
                                "message": "the device was lost", "samples_s": [], "clocks_hz": []}
        one_sample = records[1] | {"device_id": "example-0002", "device_index": 2,
                                   "samples_s": [0.03], "clocks_hz": [None]}
        self.open_records([*records, nothing, one_sample])
        titles = self.browser.evaluate(TITLES)
        self.assertEqual(titles[:len(PARTS)], PARTS)
        self.assertEqual(titles[len(PARTS):len(PARTS) + 2], ["The machine", "All rows"])
        self.assertIn("Every sample", titles[len(PARTS) + 2:])

    def test_names_stay_text(self):
        records = [record | {"device_name": HOSTILE, "library": HOSTILE, "variant": HOSTILE}
                   for record in complete_records()]
        file = write_records(self.page.with_name("records.jsonl"), records)
        derate("report", file, "--write", f"html={self.page}")
        self.assertNamesStayText(self.page)
        self.assertEqual(self.browser.evaluate(
            "document.querySelector('table.facts td:last-child').textContent"), HOSTILE)


if __name__ == "__main__":
    browser.run_tests()
