# SPDX-License-Identifier: Apache-2.0
# A build folder that was configured when the sources lay elsewhere: one sentence with what to do.
import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])


class OlderLayout(unittest.TestCase):
    def test_is_refused_by_the_folder_s_name(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name).resolve()
            (folder / "CMakeCache.txt").write_text(
                f"CMAKE_HOME_DIRECTORY:INTERNAL={SOURCE}\nCMAKE_CACHEFILE_DIR:INTERNAL={folder}\n"
                f"derate_SOURCE_DIR:STATIC={SOURCE}\n")
            done = subprocess.run(["cmake", "-S", SOURCE, "-B", folder], capture_output=True, text=True)
            self.assertNotEqual(done.returncode, 0)
            said = " ".join(done.stderr.split())
            self.assertIn(f"derate: the build folder {folder} is of an older layout of the sources: "
                          "remove it and run this again", said)


if __name__ == "__main__":
    unittest.main()
