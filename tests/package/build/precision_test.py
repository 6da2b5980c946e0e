# SPDX-License-Identifier: Apache-2.0
# A precision that is added to the enum and to nothing else does not compile, nor one that has an entry
# in the list of precisions and no rates.
import os
import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
ENUM = "enum class Precision { f64, f32, tf32, f16, bf16, fp8, fp4, i32, i8, i64 };"
ENTRY = "PrecisionFacts{Precision::i64,"


class Added(unittest.TestCase):
    def compiled(self, file, change):
        """What the compiler says of a source of src with this change to derate/work.h."""
        with tempfile.TemporaryDirectory() as name:
            header = pathlib.Path(name) / "derate" / "work.h"
            header.parent.mkdir()
            header.write_text(change((SOURCE / "include/derate/work.h").read_text(encoding="utf-8")),
                              encoding="utf-8")
            return subprocess.run(
                ["c++", "-std=c++20", "-fsyntax-only", f"-I{name}", f"-I{SOURCE}/include", f"-I{SOURCE}/src",
                 SOURCE / "src" / file], capture_output=True, text=True)

    def with_enumerator(self, text):
        self.assertEqual(text.count(ENUM), 1)
        return text.replace(ENUM, ENUM.replace("i64 }", "i64, fp6 }"))

    def with_entry(self, text):
        self.assertEqual(text.count(ENTRY), 1)
        entry = 'PrecisionFacts{Precision::fp6, "fp6", 0.75, Arithmetic::matrix_products, Precision::bf16}'
        text = self.with_enumerator(text)
        end = text.index("};", text.index(ENTRY))
        return f"{text[:end]},\n    {entry}{text[end:]}"

    def test_compiles_as_it_is(self):
        for file in ["base/work.cpp", "hardware/rate.cpp"]:
            done = self.compiled(file, lambda text: text)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_without_an_entry_is_refused(self):
        done = self.compiled("base/work.cpp", self.with_enumerator)
        self.assertIn("a precision has no entry in kPrecisions", done.stderr)

    def test_without_rates_is_refused(self):
        self.assertEqual(self.compiled("base/work.cpp", self.with_entry).returncode, 0)
        done = self.compiled("hardware/rate.cpp", self.with_entry)
        self.assertIn("a precision has no column of rates", done.stderr)


if __name__ == "__main__":
    unittest.main()
