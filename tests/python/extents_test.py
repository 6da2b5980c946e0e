# SPDX-License-Identifier: Apache-2.0
# What predict_gemm() refuses, in one sentence that names argument and index; and what it takes.
import fractions
import unittest

import numpy

import derate
from golden import SHAPES

RULE = "is not a whole number from 1 to 1000000000"


class Extents(unittest.TestCase):
    calibration = derate.Calibration.load(SHAPES)

    def refused(self, *shape, **options):
        with self.assertRaises(derate.UsageError) as caught:
            self.calibration.predict_gemm(*shape, **options)
        self.assertIsInstance(caught.exception, ValueError)
        return str(caught.exception)

    def test_of_one_shape(self):
        for value, shown in ((0, "0"), (-3, "-3"), (1.5, "1.5"), (float("nan"), "nan"), (float("inf"), "inf"),
                             (10 ** 9 + 1, "1000000001"), (10 ** 40, str(10 ** 40)), (True, "True (bool)"),
                             (None, "None (NoneType)"), (1 + 2j, "(1+2j) (complex)"),
                             (numpy.float32(-1), "-1"), (numpy.int8(-7), "-7"),
                             (numpy.array(0), "0")):
            with self.subTest(value=value):
                self.assertIn(f"n: {shown}", self.refused(5, value, 5))
                self.assertIn(RULE, self.refused(5, value, 5))

    def test_of_arrays_name_the_element(self):
        for values, place, shown in (([5, 6, 0], "[2]", "0"), ([5, -6, 0], "[1]", "-6"),
                                     ([1.0, 2.5], "[1]", "2.5"), ([1.0, float("nan")], "[1]", "nan"),
                                     ([1.0, float("inf")], "[1]", "inf"), ([1, 2_000_000_000], "[1]", "2000000000"),
                                     ([[1, 2], [3, -4]], "[1, 1]", "-4"),
                                     (numpy.array([1, 2 ** 64 - 1], numpy.uint64), "[1]", str(2 ** 64 - 1)),
                                     (numpy.array([-128], numpy.int8), "[0]", "-128")):
            with self.subTest(values=values):
                self.assertEqual(self.refused(5, values, 5), f"n{place}: {shown} {RULE}")
                self.assertEqual(self.refused(values, numpy.array([5]), 5).partition(" ")[0].rstrip(":")[0], "m")

    def test_of_types_that_hold_no_numbers(self):
        for values, dtype in (([1 + 2j], "complex128"), (["a"], "<U1"), ([None], "object"), ([True], "bool"),
                              ([10 ** 30], "object"), ([fractions.Fraction(1, 2)], "object"),
                              (numpy.array(["2020"], "datetime64[Y]"), "datetime64")):
            with self.subTest(values=values):
                self.assertIn(f"k: an array of {dtype}", self.refused(5, 5, values))
        self.assertTrue(self.refused(5, 5, [[1], [1, 2]]).startswith("k: is no array of one shape"))

    def test_of_shapes_that_do_not_broadcast(self):
        self.assertEqual(self.refused(numpy.ones(3, int), numpy.ones((2, 2), int), 5),
                         "the shapes of m, n and k do not broadcast: m (3,), n (2, 2), k ()")

    def test_of_a_confidence(self):
        for confidence in (0, 1, -1, float("nan")):
            self.assertIn("confidence", self.refused(5, 5, 5, confidence=confidence))
            self.assertIn("confidence", self.refused([5], 5, 5, confidence=confidence))

    def test_that_are_taken(self):
        wanted = self.calibration.predict_gemm(300, 700, 500).time_s
        for m in (300.0, numpy.int16(300), numpy.float64(300), numpy.array(300), numpy.array(300.0)):
            self.assertEqual(self.calibration.predict_gemm(m, 700, 500).time_s, wanted)
        for m in ([300], (300,), numpy.array([300.0]), range(300, 301), numpy.array([7, 300])[::-1][:1],
                  numpy.array([300], ">i8")):
            self.assertEqual(self.calibration.predict_gemm(m, 700, 500).time_s.tolist(), [wanted])

    def test_of_empty_arrays(self):
        for empty in ([], numpy.empty((0, 3), int)):
            found = self.calibration.predict_gemm(empty, 5, 5)
            self.assertEqual((len(found), found.rows), (0, []))
            self.assertEqual(found.time_s.shape, numpy.shape(empty))

    def test_do_not_change_with_what_was_given(self):
        m = numpy.array([300, 400])
        found = self.calibration.predict_gemm(m, 5, 5)
        m[:] = 1
        self.assertEqual(found.m.tolist(), [300, 400])


if __name__ == "__main__":
    unittest.main()
