# SPDX-License-Identifier: Apache-2.0
# scripts/build on a machine of the test's own, whose cmake says what it is told: one sentence for
# each reason that a build can fail for, and a new configuration where the machine has changed.
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
CMAKE = """#!/bin/sh
echo "$*" >>"$CALLS"
case "$1" in
  --preset) touch build/some/CMakeCache.txt; cat "$CONFIGURES"; ! grep -q 'CMake Error' "$CONFIGURES" ;;
  --build) cat "$BUILDS"; test ! -s "$BUILDS" ;;
esac
"""
TOO_OLD = """-- The CXX compiler identification is GNU 9.4.0
CMake Error at CMakeLists.txt:15 (message):
  derate: g++ 9.4.0 is too old for C++20: install g++ 11 or newer, and run
  this again


-- Configuring incomplete, errors occurred!
"""


class Machine(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)
        (self.root / "scripts").mkdir()
        (self.root / "bin").mkdir()
        shutil.copy(SOURCE / "scripts/build", self.root / "scripts")
        self.program("cmake", CMAKE)
        self.program("c++", "#!/bin/sh\necho 'g++ 12.2.0'\n")
        for name in ["calls", "configures", "builds"]:
            (self.root / name).touch()

    def program(self, name, text):
        path = self.root / "bin" / name
        path.write_text(text)
        path.chmod(0o755)

    def build(self, configures="", builds="", **variables):
        (self.root / "configures").write_text(configures)
        (self.root / "builds").write_text(builds)
        (self.root / "calls").write_text("")
        environment = {"PATH": f"{self.root}/bin:/usr/bin:/bin", "CALLS": str(self.root / "calls"),
                       "CONFIGURES": str(self.root / "configures"), "BUILDS": str(self.root / "builds"),
                       **variables}
        return subprocess.run(["scripts/build", "some", "build/some.log"], cwd=self.root, env=environment,
                              capture_output=True, text=True)

    def calls(self):
        return (self.root / "calls").read_text()


class Failures(Machine):
    def assertSays(self, result, *words):
        self.assertEqual(result.returncode, 1)
        last = result.stderr.splitlines()[-1]
        self.assertTrue(last.startswith("The build failed: "), result.stderr)
        self.assertTrue(last.endswith("The whole log is in build/some.log."), last)
        for word in words:
            self.assertIn(word, last)

    def test_a_full_disk(self):
        self.assertSays(self.build(builds="as: x.o: No space left on device\n"), "disk is full", "run this again")

    def test_an_old_compiler(self):
        result = self.build(configures=TOO_OLD)
        self.assertSays(result, "g++ 9.4.0 is too old for C++20: install g++ 11 or newer, and run this again.")
        self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_no_network(self):
        self.assertSays(self.build(configures="fatal: Could not resolve host: x\nCMake Error at y:1\n"), "no network")

    def test_a_compiler_that_nvcc_does_not_take(self):
        self.assertSays(self.build(builds="error -- unsupported GNU version! gcc\n"), "CUDAHOSTCXX")

    def test_no_memory(self):
        self.assertSays(self.build(builds="c++: fatal error: Killed signal terminated program cc1plus\n"), "memory")

    def test_anything_else_shows_what_failed_and_not_what_ended_later(self):
        lines = "FAILED: x.o\nx.cpp:1:1: error: y\n" + "[1/9] Building\n" * 100
        result = self.build(builds=lines)
        self.assertSays(result, "see above")
        self.assertIn("x.cpp:1:1: error: y", result.stderr)


class Changes(Machine):
    def remembers(self):
        kept = self.root / "build/some/CMakeFiles"
        kept.mkdir(exist_ok=True)
        return kept.exists

    def test_the_same_machine_keeps_its_configuration(self):
        self.assertEqual(self.build().returncode, 0)
        remembers = self.remembers()
        self.assertEqual(self.build().returncode, 0)
        self.assertTrue(remembers())

    def test_a_toolkit_that_appeared(self):
        self.build()
        remembers = self.remembers()
        self.program("nvcc", "#!/bin/sh\necho release 13.0\n")
        self.build()
        self.assertFalse(remembers())

    def test_another_compiler(self):
        self.build()
        remembers = self.remembers()
        self.program("c++", "#!/bin/sh\necho 'g++ 13.1.0'\n")
        self.build()
        self.assertFalse(remembers())

    def test_other_architectures(self):
        self.build()
        remembers = self.remembers()
        self.build(CMAKE_CUDA_ARCHITECTURES="90a")
        self.assertFalse(remembers())
        self.assertIn("-DCMAKE_CUDA_ARCHITECTURES=90a", self.calls())

    def test_a_configuration_that_failed_is_not_remembered(self):
        self.build(configures=TOO_OLD)
        remembers = self.remembers()
        self.build()
        self.assertFalse(remembers())

    def test_what_is_left_out_is_said(self):
        result = self.build(configures="-- derate: left out: GPU kernels, since ...\n")
        self.assertEqual(result.stdout, "Left out: GPU kernels, since ...\n")


if __name__ == "__main__":
    unittest.main()
