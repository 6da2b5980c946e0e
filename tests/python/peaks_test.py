# SPDX-License-Identifier: Apache-2.0
# Devices, products and peaks: known ones with their source, unknown ones with the reason, never a fallback.
import json
import math
import unittest

import derate
from derate import _derate


class Peaks(unittest.TestCase):
    def test_of_a_product_in_a_precision(self):
        peak = derate.peaks("Tesla P40", "f32")
        self.assertEqual(peak.value, 1.175808e13)
        self.assertEqual((peak.unit, peak.units, peak.instruction, peak.reason), ("FLOP/s", "vector", "FFMA", ""))
        self.assertIn("30 SMs (NVIDIA's data sheet) x 128 f32 FMA per clock", peak.source)
        self.assertEqual((peak.clock_hz, peak.clock_source), (1.531e9, "NVIDIA's data sheet, boost clock"))

    def test_are_those_of_the_program(self):
        lines = json.loads(_derate.run(["peak", "H100 SXM", "--format", "json"])[1])
        peaks = derate.peaks("H100 SXM")
        self.assertEqual([peak.value for peak in peaks], [line["peak_specified"] for line in lines])
        self.assertGreater(len(peaks), 10)
        self.assertEqual(peaks[-1].of, "link" if lines[-1]["units"] == "link" else "memory")

    def test_take_the_faster_units_or_those_named(self):
        for name in ("H100 SXM", "RTX 4090", "Tesla P40", "MI300X"):
            for precision in ("f64", "f32", "tf32", "f16", "bf16", "fp8", "i8"):
                with self.subTest(name=name, precision=precision):
                    rows = [row for row in derate.catalog(name, precision=precision) if row.name == name]
                    if rows:  # printed with ten digits
                        printed = None if (peak := derate.peaks(name, precision).value) is None else f"{peak:.9e}"
                        wanted = None if rows[0].peak is None else f"{rows[0].peak:.9e}"
                        self.assertEqual(printed, wanted)
        self.assertEqual(derate.peaks("H100 SXM", "f64", units="vector").units, "vector")
        self.assertEqual(derate.peaks("H100 SXM", "f64").units, "tensor")

    def test_at_another_clock(self):
        self.assertEqual(derate.peaks("Tesla P40", "f32", 1e9).value, 2 * 3840 * 1e9)
        self.assertEqual(derate.peaks("Tesla P40", "f32", clock=1e9).clock_source, "as asked for")
        for peak in derate.peaks("Tesla P40", clock=1e9):
            self.assertEqual(peak.value, 3.46e11 if peak.of == "memory" else peak.value)

    def test_that_are_printed_have_no_other_clock(self):
        peak = derate.peaks("Trainium 2", "bf16")
        self.assertIsNotNone(peak.value)
        self.assertIn("as printed", peak.source)
        other = derate.peaks("Trainium 2", "bf16", 1e9)
        self.assertIsNone(other.value)
        self.assertIn("without units and clock", other.reason)

    def test_that_are_not_known_say_why(self):
        peak = derate.peaks("Tesla P40", "fp8")
        self.assertIsNone(peak.value)
        self.assertEqual(peak.precision, "fp8")
        self.assertEqual(peak.reason, "no source here gives a rate of Tesla P40 in fp8 on any units (sm_61)")
        tensor = derate.peaks("Tesla P40", "f32", units="tensor")
        self.assertIsNone(tensor.value)
        self.assertIn("on tensor units", tensor.reason)

    def test_of_a_name_that_nobody_knows(self):
        peak = derate.peaks("RTX 9999", "f32")
        self.assertIsNone(peak.value)
        self.assertIn("RTX 9999", peak.reason)
        self.assertEqual(len(derate.peaks("RTX 9999")), 0)
        self.assertIn("RTX 9999", derate.peaks("RTX 9999").reason)
        for nothing in ("", "  "):  # what a framework may call a device: not the one at hand
            self.assertEqual((derate.peaks(nothing, "f32").value, derate.peaks(nothing, "f32").reason),
                             (None, "no device is named"))

    def test_refuse_words_and_clocks_that_there_are_not(self):
        for arguments, named in ((("Tesla P40", "f33"), "precision"), (("Tesla P40", "f32", -1.0), "clock"),
                                 (("Tesla P40", "f32", math.nan), "clock"),
                                 (("Tesla P40", "f32", math.inf), "clock")):
            with self.subTest(arguments=arguments), self.assertRaisesRegex(derate.UsageError, named) as caught:
                derate.peaks(*arguments)
            self.assertEqual(caught.exception.exit_code, 2)
        for precision in ("f32", None):
            with self.assertRaisesRegex(ValueError, "units"):
                derate.peaks("Tesla P40", precision, units="scalar")


class Catalogue(unittest.TestCase):
    def test_has_devices(self):
        host = next(device for device in derate.devices() if device.selector == "host")
        self.assertGreater(host.compute_units, 0)
        self.assertEqual(host.row["name"], host.name)

    def test_has_products(self):
        found = derate.catalog("P40")
        self.assertEqual([product.name for product in found], ["Tesla P40"])
        self.assertEqual((found[0].peak_f32, found[0].memory_gib), (1.175808e13, 24))
        self.assertGreater(len(derate.catalog()), 100)

    def test_is_sorted_and_limited(self):
        cheap = derate.catalog(max_price=1000, min_memory=16, sort="price")
        prices = [product.price_usd for product in cheap]
        self.assertEqual(prices, sorted(prices))
        self.assertLessEqual(max(prices), 1000)

    def test_says_that_nothing_is_as_asked_for(self):
        with self.assertRaises(derate.UsageError):
            derate.catalog(since=2999)


if __name__ == "__main__":
    unittest.main()
