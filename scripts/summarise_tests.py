# SPDX-License-Identifier: Apache-2.0
"""Lists the skipped tests of a JUnit file with their reasons, then one closing line."""

import re
import sys
import xml.etree.ElementTree as ElementTree


def reason(case):
    """The sentence that the test printed when it skipped, without framework lines."""
    output = case.findtext("system-out") or ""
    lines = [line.strip() for line in output.splitlines()]
    for index, line in enumerate(lines):
        if re.search(r": Skipped$", line) and index + 1 < len(lines):
            return lines[index + 1]  # GoogleTest: "file:line: Skipped", then the message
        match = re.search(r"skipped[ :]+['\"]?(.+?)['\"]?$", line)
        if match:
            return match.group(1)
    return "no reason was printed"


def main(path):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    skipped = {}
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        status = case.get("status")
        kind = {"run": "passed", "fail": "failed"}.get(status, "skipped")
        counts[kind] += 1
        if kind == "skipped":
            skipped.setdefault(reason(case), []).append(case.get("name"))
    for why, names in skipped.items():
        print(f"skipped, {len(names)} tests: {why}")
        for name in names:
            print(f"  {name}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")


main(sys.argv[1])
