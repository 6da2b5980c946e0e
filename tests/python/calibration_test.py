# SPDX-License-Identifier: Apache-2.0
# Calibrations: factors, predictions as the program makes them, files of other versions, threads.
import html
import json
import re
import threading
import time
import unittest

import numpy

import derate
from derate import _derate
from golden import CALIBRATION, SHAPES, folder, changed


def program(m, n, k):
    output = _derate.run(["estimate", "gemm", "--calibration", str(SHAPES), "--precision", "f32", f"--m={m}",
                          f"--n={n}", f"--k={k}", "--format", "json"])[1]
    return json.loads(output)[0]


def page_data(calibration):
    """The data of the page that a notebook shows in a frame."""
    frame = calibration._repr_html_()
    page = html.unescape(re.search('srcdoc="([^"]*)"', frame)[1])
    return json.loads(re.search('<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)[1])


class Factors(unittest.TestCase):
    calibration = derate.Calibration.load(CALIBRATION)

    def test_have_intervals(self):
        eta = self.calibration.eta("fma_chain")
        row = self.calibration.rows[0]
        self.assertEqual((eta.value, eta.low, eta.high),
                         (row["eta"]["value"], row["eta"]["low"], row["eta"]["high"]))
        self.assertEqual((eta.confidence, eta.value_at_clock, eta.outcome),
                         (0.95, row["eta_measured"]["value"], "passed"))
        self.assertEqual(float(eta), eta.value)

    def test_of_a_provider(self):
        self.assertEqual(self.calibration.eta("gemm", "derate").provider, "derate")
        self.assertEqual(self.calibration.eta("gemm", provider="examplelib", size="small").size, "small")

    def test_that_are_not_there(self):
        with self.assertRaisesRegex(derate.NotComparable, "no factor of gemm in f64.*fma_chain f32 large by derate"):
            self.calibration.eta("gemm", precision="f64")
        with self.assertRaisesRegex(derate.NotComparable, "by nobody"):
            self.calibration.eta("gemm", "nobody")

    def test_are_rows_and_a_page(self):
        frame = self.calibration.to_pandas()
        self.assertEqual(len(frame), len(self.calibration.rows))
        self.assertIn("fma_chain", str(self.calibration))


class Predictions(unittest.TestCase):
    calibration = derate.Calibration.load(SHAPES)

    def test_say_whose_model_it_is_and_what_makes_it_doubtful(self):
        sound = self.calibration.predict_gemm(300, 700, 500)
        self.assertEqual((sound.provider, sound.doubt), ("examplelib", ""))
        [model] = self.calibration.gemm_models
        with folder() as path:
            file = changed(SHAPES, path / "calibration.json", gemm_models=[model | {"unstable_rows": 5}])
            unstable = derate.Calibration.load(file)
        for prediction in (unstable.predict_gemm(300, 700, 500), unstable.predict_gemm([300], 700, 500)):
            self.assertEqual(prediction.provider, "examplelib")
            self.assertTrue(prediction.doubt.startswith("5 of its measurements unstable"), prediction.doubt)

    def test_of_one_shape_are_those_of_the_program(self):
        for shape in ((300, 700, 500), (16, 512, 512), (100_000, 7, 9)):
            wanted = program(*shape)
            found = self.calibration.predict_gemm(*shape)
            for key, value in (("time_s", found.time_s), ("time_low_s", found.low_s),
                               ("time_high_s", found.high_s), ("eta", found.eta)):
                self.assertAlmostEqual(value / wanted[key], 1, 8)
            self.assertEqual((found.bound, found.extrapolated), (wanted["bound"], wanted["extrapolated"] == "yes"))

    def test_of_arrays_are_those_of_each(self):
        m = numpy.array([[16], [300], [8192]])
        k = numpy.array([512, 700], dtype=numpy.uint16)
        found = self.calibration.predict_gemm(m, 4096, k)
        self.assertEqual(found.time_s.shape, (3, 2))
        for at in numpy.ndindex(3, 2):
            one = self.calibration.predict_gemm(int(m[at[0], 0]), 4096, int(k[at[1]]))
            self.assertEqual((found.time_s[at], found.low_s[at], found.high_s[at], found.eta[at]),
                             (one.time_s, one.low_s, one.high_s, one.eta))
            self.assertEqual((derate.BOUNDS[found.bound[at]], found.extrapolated[at]), (one.bound, one.extrapolated))
        self.assertEqual(found.rows[1]["time_s"], found.time_s[0, 1])
        self.assertEqual(len(found.to_pandas()), 6)

    def test_are_plotted(self):
        [device] = page_data(self.calibration)["devices"]
        self.assertEqual(device["name"], "Example GPU")
        self.assertEqual(len(device["models"]), 1)
        self.assertEqual(len(device["rows"]["values"]), len(self.calibration.rows))

    def test_are_wider_with_more_confidence(self):
        narrow, wide = (self.calibration.predict_gemm(300, 700, 500, confidence=c) for c in (0.5, 0.99))
        self.assertLess(wide.low_s, narrow.low_s)
        self.assertGreater(wide.high_s, narrow.high_s)

    def test_without_a_model(self):
        with self.assertRaisesRegex(derate.NotComparable, "no GEMM model for bf16, but for: f32 by examplelib"):
            self.calibration.predict_gemm(1, 1, 1, precision="bf16")
        with self.assertRaisesRegex(derate.NotComparable, "by derate"):
            self.calibration.predict_gemm(1, 1, 1, provider="derate")

    def test_let_other_threads_run(self):
        extents = numpy.full(400_000, 300)
        self.calibration.predict_gemm(extents[:1], 700, 500)
        taken = []

        def predict():
            before = time.perf_counter()
            self.calibration.predict_gemm(extents, 700, 500)
            taken.append(time.perf_counter() - before)

        thread = threading.Thread(target=predict)
        thread.start()
        longest, last = 0.0, time.perf_counter()
        while thread.is_alive():
            now = time.perf_counter()
            longest, last = max(longest, now - last), now
            time.sleep(0.001)
        thread.join()
        self.assertLess(longest, taken[0] / 2)


class Files(unittest.TestCase):
    def test_of_older_versions_are_read(self):
        with folder() as path:
            old = changed(SHAPES, path / "calibration.json", schema=2, gemm_models=None, losses=None)
            calibration = derate.Calibration.load(path)
            self.assertEqual(calibration.gemm_models, [])
            self.assertEqual(calibration.device["tool_version"], "0.1.0")
            self.assertAlmostEqual(calibration.eta("fma_chain").value, 0.968, 3)
            with self.assertRaisesRegex(derate.NotComparable, "but for: none"):
                calibration.predict_gemm(1, 1, 1)
            self.assertEqual(calibration.file, str(path))
            self.assertTrue(old.exists())

    def test_of_newer_ones_say_who_wrote_them(self):
        device = json.loads(SHAPES.read_text())["device"] | {"tool_version": "9.1.0"}
        with folder() as path:
            new = changed(SHAPES, path / "calibration.json", schema=99, device=device)
            with self.assertRaisesRegex(derate.InvalidInput, "schema 99 is newer than .*; derate 9.1.0 wrote it"):
                derate.Calibration.load(new)

    def test_that_are_none(self):
        with self.assertRaises(FileNotFoundError) as caught:
            derate.Calibration.load("/no/such/calibration.json")
        self.assertIsInstance(caught.exception, derate.MissingFile)
        with folder() as path:
            wrong = path / "calibration.json"
            factors = json.loads(SHAPES.read_text())["factors"]
            factors[2]["rounds"] = -1
            changed(SHAPES, wrong, factors=factors)
            with self.assertRaisesRegex(derate.InvalidInput, r'factors\[2\].*field "rounds" is invalid: -1'):
                derate.Calibration.load(wrong)
            wrong.write_text("{\n]")
            with self.assertRaisesRegex(ValueError, "line 2"):
                derate.Calibration.load(wrong)
        with self.assertRaises(TypeError):
            derate.Calibration.load(b"calibration.json")


if __name__ == "__main__":
    unittest.main()
