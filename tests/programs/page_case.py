# SPDX-License-Identifier: Apache-2.0
# What every page must be in a browser: nothing on the console, nothing wider than the window, every plot
# drawn, described and with its data as a table. And the data that a page holds.
import json
import re

import browser
from cli import CliTest

DATA = re.compile(r'<script type="application/json" id="data">(.*?)</script>', re.DOTALL)

# How many colours a canvas has: more than one where something is drawn on it.
COLOURS = """(() => [...document.querySelectorAll('canvas')].map((canvas) => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}))()"""
CAPTIONS = """[...document.querySelectorAll('figcaption')].map(
  (caption) => caption.textContent)"""
TITLES = "[...document.querySelectorAll('h2')].map((title) => title.textContent)"
POINT = """(() => {
  const canvas = document.querySelectorAll('canvas')[%d];
  canvas.scrollIntoView({block: 'center'});
  const {x, y} = Chart.getChart(canvas).getDatasetMeta(%d).data[0].getProps(['x', 'y']);
  const box = canvas.getBoundingClientRect();
  return [box.left + x - 2, box.top + y];
})()"""
HOVERED = """(Chart.getChart(document.querySelectorAll('canvas')[%d]).tooltip.body ?? [])
  .flatMap((part) => part.lines)"""


# A name that is to stay text, however long.
HOSTILE = "</script><img src=x onerror=\"document.title='taken'\">" + 10_000 * "long"


def data_of(html):
    found = DATA.findall(html)
    assert len(found) == 1, "the page has not one block of data"
    return json.loads(found[0])


class PageCase(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    def open(self, page, width, scheme="light"):
        self.browser.messages.clear()
        self.browser.open(page, width, scheme)
        self.assertEqual(self.browser.messages, [])
        wide = self.browser.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        self.assertLessEqual(wide[0], wide[1])

    def assertDrawn(self, page, titles, plots):
        """At every width and in both colour schemes."""
        papers = set()
        for width in (390, 1280):
            for scheme in ("light", "dark"):
                with self.subTest(width=width, scheme=scheme):
                    self.open(page, width, scheme)
                    self.assertEqual(self.browser.evaluate(TITLES), titles)
                    colours = self.browser.evaluate(COLOURS)
                    self.assertEqual(len(colours), plots)
                    self.assertGreater(min(colours), 10, colours)
                    papers.add(self.browser.evaluate("getComputedStyle(document.body).backgroundColor"))
        self.assertEqual(len(papers), 2, "light and dark look alike")

    def assertDescribed(self, plots):
        """Each plot of the page that is open, by caption, text alternative and table."""
        tables = "[...document.querySelectorAll('figure details')]"
        self.browser.evaluate(f"{tables}.forEach((table) => {{ table.open = true; }})")
        self.browser.wait(f"{tables}.every((table) => table.querySelector('tbody tr'))", seconds=30)
        figures = self.browser.evaluate("""[...document.querySelectorAll('figure')].map((figure) => [
            figure.querySelector('figcaption').textContent,
            figure.querySelector('canvas').getAttribute('aria-label'),
            figure.querySelector('tbody').textContent])""")
        self.assertEqual(len(figures), plots)
        for caption, alternative, table in figures:
            self.assertRegex(caption, r"\.$")
            self.assertNotRegex(caption + table, "undefined|NaN|null")
            self.assertEqual(caption, alternative)

    def assertNamesStayText(self, page):
        """Of a page whose names are HOSTILE."""
        for width in (390, 1280):
            self.open(page, width)
            self.assertEqual(self.browser.evaluate("document.querySelectorAll('img').length"), 0)
            self.assertLess(self.browser.evaluate("document.querySelector('h1').textContent.length"), 200)
            self.assertLess(max(map(len, self.browser.evaluate(CAPTIONS)), default=0), 600)

    def hovered(self, plot, dataset):
        """The lines beside the pointer over a dataset's first point."""
        self.browser.move(*self.browser.evaluate(POINT % (plot, dataset)))
        self.browser.wait((HOVERED + ".length > 0") % plot, seconds=30)
        return " ".join(self.browser.evaluate(HOVERED % plot))

    def type_into(self, selector, text):
        self.browser.evaluate(f"""(() => {{
            const filter = document.querySelector({json.dumps(selector)});
            filter.value = {json.dumps(text)};
            filter.dispatchEvent(new Event('input'));
        }})()""")
