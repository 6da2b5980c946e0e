# SPDX-License-Identifier: Apache-2.0
# cmake/Page.cmake puts every part of the page in its place, does without a chart library, and refuses
# a part that would end its place.
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])


class Page(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        self.folder = self.root / "page"
        shutil.copytree(SOURCE / "src" / "page", self.folder)
        self.library = self.root / "chart.min.js"
        self.library.write_text("a chart library; with [brackets], \\backslashes\\ and ${dollars}")

    def put_together(self, library=""):
        output = self.root / "page.cpp"
        done = subprocess.run(["cmake", f"-DSOURCE_DIR={self.folder}", f"-DLIBRARY={library}",
                               f"-DOUTPUT={output}", "-P", SOURCE / "cmake" / "Page.cmake"],
                              capture_output=True, text=True)
        return done, output.read_text(encoding="utf-8") if output.exists() else ""

    def test_holds_every_part_as_it_is(self):
        done, page = self.put_together(self.library)
        self.assertEqual(done.returncode, 0, done.stderr)
        parts = [path for path in self.folder.iterdir() if path.suffix in (".js", ".css", ".txt")]
        self.assertGreater(len(parts), 9)
        for part in [*parts, self.library]:
            self.assertIn(part.read_text(encoding="utf-8"), page, part.name)
        self.assertEqual(page.count("R\"derate_page("), 2)

    def test_does_without_a_chart_library(self):
        done, page = self.put_together()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("<script></script>", page)

    def test_refuses_what_would_end_its_place(self):
        for text in ("'</script>'", "a<!-- b", ')derate_page"'):
            with self.subTest(text):
                self.library.write_text(text)
                done, _ = self.put_together(self.library)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("chart.js holds what would end its place", done.stderr)


if __name__ == "__main__":
    unittest.main()
