# SPDX-License-Identifier: Apache-2.0
# A build whose figures say little says so, and only such a build.
import os
import unittest

from cli import CliTest, derate, healthy, read_lines

BUILD_TYPE = os.environ["DERATE_BUILD_TYPE"]


class BuildType(CliTest):
    def test_warning_and_record(self):
        out = self.folder() / "records.jsonl"
        result = healthy(f"--derate_out={out}")
        self.assertEnds(result, 0)
        warned = f"WARNING: this is a {BUILD_TYPE} build" in result.stderr
        self.assertEqual(warned, BUILD_TYPE != "Release")
        self.assertEqual(read_lines(out)[0]["build_type"], BUILD_TYPE)
        self.assertIn(f"{BUILD_TYPE})", derate("--version").stdout)


if __name__ == "__main__":
    unittest.main()
