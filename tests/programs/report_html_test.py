# SPDX-License-Identifier: Apache-2.0
# report.html as a file: what it holds, that no name becomes markup, that it stays small. What a
# browser makes of it is report_page_test.py's.
import json
import re
import unittest

from cli import CliTest, MeasuredTest, derate, read_lines
from page_case import DATA, data_of
from page_records import GOLDEN, complete_records, write_records

class Page(CliTest):
    def page(self, records):
        folder = self.folder()
        file = write_records(folder / "records.jsonl", records)
        html = folder / "page.html"
        result = derate("report", file, "--write", f"html={html}")
        self.assertIn(result.returncode, (0, 1), result.stderr)
        return html.read_text(encoding="utf-8")

    def test_holds_what_the_report_says(self):
        html = self.page(complete_records())
        data = data_of(html)
        report = json.loads(derate("report", GOLDEN, "--format", "json").stdout)
        [device] = data["devices"]
        self.assertEqual(device["name"], "Example GPU")
        self.assertEqual([c["name"] for c in device["rows"]["columns"]], list(report["rows"][0]))
        self.assertEqual(len(device["work"]), len(device["rows"]["values"]))
        self.assertEqual(device["samples"]["taken"], sum(len(r["samples_s"]) for r in complete_records()))
        self.assertEqual(len(device["samples"]["row"]), device["samples"]["taken"])
        self.assertEqual(len(device["side_by_side"]["values"]), len(report["side_by_side"]))
        [model] = device["models"]
        self.assertEqual([len(model["lines"]), model["variant"]], [5, "library"])
        sentence = json.loads(derate("report", GOLDEN, "--format", "json").stdout)["devices"][0]["conclusion"]
        verdict = data_of(self.page(read_lines(GOLDEN)))["devices"][0]["verdict"]
        self.assertTrue(verdict["sentence"].startswith("slow: wrong results"), verdict)
        self.assertEqual(verdict["reasons"][0], sentence)

    def test_is_small_and_needs_no_network(self):
        html = self.page(complete_records())
        self.assertLess(len(html.encode()), 1_500_000)
        self.assertFalse(re.search(r"<(link|img|iframe|script[^>]* src)\b", html))
        self.assertIn("default-src 'none'", html)
        self.assertIn("Chart.js Contributors", html)

    def test_no_name_becomes_markup(self):
        hostile = "</script><script>alert(1)</script><!-- & \u2028\u2029 ]]> \x07"
        records = [record | {"device_name": hostile, "variant": record["variant"] + hostile,
                             "message": hostile, "library": hostile, "device_remark": hostile}
                   for record in read_lines(GOLDEN)]
        html = self.page(records)
        plain = self.page(read_lines(GOLDEN))
        for text in ("<script", "</script", "<!--", "\u2028", "\x07"):
            self.assertEqual(html.count(text), plain.count(text), text)
        block = DATA.findall(html)[0]
        self.assertFalse(re.search("[<>&\u0080-\uffff]", block))
        self.assertEqual(data_of(html)["devices"][0]["name"], hostile)

    def test_many_records_make_a_page_of_bounded_size(self):
        one = read_lines(GOLDEN)[0]
        records = [one | {"problem": f"m:{i}/n:512/k:512", "samples_s": one["samples_s"] * 4,
                          "clocks_hz": one["clocks_hz"] * 4} for i in range(1, 2501)]
        html = self.page(records)
        [device] = data_of(html)["devices"]
        self.assertEqual(len(device["rows"]["values"]), 2000)
        self.assertEqual(device["rows_left_out"], 500)
        self.assertEqual(device["samples"]["taken"], 120_000)
        self.assertLessEqual(len(device["samples"]["row"]), 20_000)
        self.assertGreater(len(device["samples"]["row"]), 10_000)
        self.assertLess(len(html), 5_000_000)

    def test_every_device_has_a_part_of_its_own(self):
        one = read_lines(GOLDEN)[0]
        records = [one | {"problem": f"m:{i}/n:512/k:512"} for i in range(1, 2101)]
        records += [one | {"problem": f"m:{i}/n:512/k:512", "device_id": f"example-{device:04}", "device_index": device}
                    for device in range(1, 18) for i in range(1, 61)]
        data = data_of(self.page(records))
        self.assertEqual([len(device["rows"]["values"]) for device in data["devices"]], [2000] + 15 * [50])
        self.assertEqual(data["devices_left_out"], 2)

    def test_counts_samples_by_device(self):
        one = read_lines(GOLDEN)[0]
        other = one | {"device_id": "example-0001", "device_index": 1, "samples_s": one["samples_s"][:5],
                       "clocks_hz": one["clocks_hz"][:5]}
        devices = data_of(self.page([one, other]))["devices"]
        self.assertEqual([device["samples"]["taken"] for device in devices], [len(one["samples_s"]), 5])

    def test_samples_keep_their_order_and_rounds(self):
        samples = data_of(self.page(read_lines(GOLDEN)))["devices"][0]["samples"]
        self.assertEqual(samples["time_s"], sorted(samples["time_s"]))
        self.assertEqual(set(samples["round"]), {1, 2, 3})


class Written(MeasuredTest):
    def test_beside_the_report_of_a_run(self):
        html = (self.measured / "report.html").read_text(encoding="utf-8")
        self.assertLess(len(html.encode()), 1_500_000)
        again = self.folder() / "again.html"
        self.assertEnds(derate("report", self.measured, "--write", f"html={again}"), 0)
        self.assertEqual(html, again.read_text(encoding="utf-8"))

    def test_refuses_what_is_no_page(self):
        for text in ("pdf=x", "html=", "html"):
            self.assertRefused(derate("report", self.measured, "--write", text), 2, "--write", text)

    def test_does_not_overwrite_what_it_reads(self):
        before = self.records.read_bytes()
        for path in (self.records, self.measured / "." / "records.jsonl"):
            self.assertRefused(derate("report", self.measured, "--write", f"html={path}"), 2, "overwrite")
        self.assertEqual(self.records.read_bytes(), before)

    def test_says_what_it_cannot_write(self):
        path = self.folder() / "none" / "page.html"
        self.assertRefused(derate("report", self.measured, "--write", f"html={path}"), 6, str(path))


if __name__ == "__main__":
    unittest.main()
