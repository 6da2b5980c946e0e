# SPDX-License-Identifier: Apache-2.0
# Which OpenBLAS derate_bench takes: what DERATE_OPENBLAS names, else that of the wheel beside it, else
# the system's; of a file that is none the rows say so. The libraries are lying_library.cpp.
import os
import pathlib
import shutil
import unittest

from cli import BENCH, BRIEF, CliTest, read_lines, run

LYING = pathlib.Path(os.environ["DERATE_LYING"])
PLAIN = LYING / "lying_openblasp/libopenblasp.so.0"
OF_WHEEL = LYING / "lying_scipy_openblas/libscipy_openblas.so"
OWN_NAME = "OpenBLAS 9.9 Fake"
NAME_OF_WHEEL = "OpenBLAS 9.9 Fake (scipy-openblas32)"

# Without the user's own choice of kernels, which the name would tell.
FREE = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"} | {"HOME": "/nowhere"}


class OpenBlasTest(CliTest):
    def measure(self, bench=BENCH, **environment):
        """The library's records, and the exit code; own code is measured in any case."""
        out = self.folder() / "records.jsonl"
        result = run(bench, "--derate_device=host", "--derate_problem=m:16,n:16,k:16",
                     "--derate_cache=hot", *BRIEF, f"--derate_out={out}",
                     env=FREE | environment)
        records = read_lines(out)
        own = [each for each in records if each["variant"] == "tiled"]
        self.assertTrue(own and all(each["samples_s"] for each in own))
        return [each for each in records if each["variant"] == "openblas"], result

    def assertMeasured(self, name, **options):
        records, result = self.measure(**options)
        self.assertEnds(result, 0)
        self.assertEqual(sorted(each["precision"] for each in records), ["f32", "f64"])
        self.assertEqual({each["library"] for each in records}, {name})
        for each in records:
            self.assertTrue(each["samples_s"], each)

    def assertUnsupported(self, *words, **options):
        records, result = self.measure(**options)
        self.assertEnds(result, 0)
        self.assertEqual([each["outcome"] for each in records], ["unsupported"] * 2)
        for each in records:
            for word in words:
                self.assertIn(word, each["message"])

    def installed(self):
        """derate_bench as a wheel installs it, beside another wheel with OpenBLAS."""
        site = self.folder() / "site-packages"
        (site / "derate/bin").mkdir(parents=True)
        (site / "derate/__init__.py").touch()
        (site / "scipy_openblas32/lib").mkdir(parents=True)
        shutil.copy(OF_WHEEL, site / "scipy_openblas32/lib")
        return pathlib.Path(shutil.copy(BENCH, site / "derate/bin"))


class Named(OpenBlasTest):
    def test_is_taken_with_either_names_of_its_functions(self):
        self.assertMeasured(OWN_NAME, DERATE_OPENBLAS=str(PLAIN))
        self.assertMeasured(NAME_OF_WHEEL, DERATE_OPENBLAS=str(OF_WHEEL))

    def test_goes_before_the_wheel(self):
        self.assertMeasured(OWN_NAME, bench=self.installed(), DERATE_OPENBLAS=str(PLAIN))

    def test_that_is_missing_or_another_library_leaves_the_rows_unsupported(self):
        missing = self.folder() / "libmissing.so"
        text = self.folder() / "libtext.so"
        text.write_text(64 * "not a library, but long enough for a loader to read its header ")
        alone = "; DERATE_OPENBLAS names this file, and no other is tried"
        for file, words in [(missing, "cannot open shared object file"), (text, "invalid ELF header"),
                            ("libm.so.6", "lacks cblas_sgemm, cblas_dgemm or"),
                            (self.folder(), "Is a directory")]:
            with self.subTest(words):
                self.assertUnsupported(f"OpenBLAS cannot be loaded: {file}", words, alone,
                                       DERATE_OPENBLAS=str(file))

    def test_that_crashes_fails_the_rows(self):
        records, result = self.measure(DERATE_OPENBLAS=str(OF_WHEEL), DERATE_TEST_LIE="load-crash")
        self.assertEnds(result, 1)
        for each in records:
            self.assertEqual((each["outcome"], each["message"]),
                             ("failed", f"OpenBLAS cannot be loaded: {OF_WHEEL} ended the process that "
                                        "tried it by signal 11 (Segmentation fault)"))


class OfTheWheel(OpenBlasTest):
    def test_is_found_beside_the_program(self):
        self.assertMeasured(NAME_OF_WHEEL, bench=self.installed())

    def test_that_does_not_load_leaves_the_systems(self):
        bench = self.installed()
        next(bench.parents[2].rglob("libscipy_openblas.so")).write_bytes(b"\x7fELF, once")
        self.assertMeasured(OWN_NAME, bench=bench, LD_LIBRARY_PATH=str(PLAIN.parent))

    def test_is_not_taken_by_a_program_of_no_wheel(self):
        bench = self.installed()
        (bench.parents[1] / "__init__.py").unlink()
        self.assertMeasured(OWN_NAME, bench=bench, LD_LIBRARY_PATH=str(PLAIN.parent))


if __name__ == "__main__":
    unittest.main()
