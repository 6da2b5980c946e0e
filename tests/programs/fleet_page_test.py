# SPDX-License-Identifier: Apache-2.0
# The page of derate fleet report in a browser. Skipped where there is no Chromium.
import pathlib
import tempfile

import browser
import made_fleet
from cli import derate
from page_case import HOSTILE, PageCase

PARTS = ["Whom to drain", "Nodes and GPUs", "Clock and power", "Distributions"]


class InABrowser(PageCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="derate-fleet-")
        self.addCleanup(folder.cleanup)
        self.fleet = pathlib.Path(folder.name) / "fleet"
        self.html = pathlib.Path(folder.name) / "page.html"

    def write_page(self):
        return derate("fleet", "report", self.fleet, "--write", f"html={self.html}")

    def test_is_drawn_and_described(self):
        made_fleet.write_fleet(self.fleet, slow=("n7", 2))
        self.assertEnds(self.write_page(), 1)
        plots = 1 + 2 + len(made_fleet.ROWS)
        self.assertDrawn(self.html, PARTS, plots)
        self.assertDescribed(plots)
        self.assertIn("n7 GPU 2: slow", self.hovered(0, 1))

    def test_names_stay_text(self):
        def plant(record):
            record["device_name"] = HOSTILE
            return 1
        for number in range(12):
            made_fleet.write_node(self.fleet, f"n{number}", plant=plant)
        self.assertEnds(self.write_page(), 0)
        self.assertNamesStayText(self.html)


if __name__ == "__main__":
    browser.run_tests()
