# SPDX-License-Identifier: Apache-2.0
# Peaks at the specified, the maximum and the measured clock, of devices at hand and of products.
import csv
import io
import json
import unittest

from cli import SOURCE, CliTest, derate, devices, read_lines


def peaks(*arguments):
    result = derate("peak", *arguments, "--format", "json")
    assert result.returncode == 0, result.stderr
    return {(line["units"], line["operands"], line["accumulator"], line["instruction"]): line
            for line in json.loads(result.stdout)}


class Products(CliTest):
    def test_h200(self):
        lines = peaks("H200")
        for key, clock_hz, peak in [(("vector", "f32", "f32", "FFMA"), 1.98e9, 66.9e12),
                                    (("tensor", "bf16", "f32", "wgmma"), 1.83e9, 989e12)]:
            self.assertEqual(lines[key]["specified_clock_hz"], clock_hz)
            self.assertAlmostEqual(lines[key]["peak_specified"] / peak, 1, delta=0.001)
        memory = lines["memory", "", "", ""]
        self.assertEqual(memory["peak_specified"], 4.8e12)
        self.assertAlmostEqual(memory["peak_maximum"] / 4.917e12, 1, delta=1e-4)
        self.assertIn("3201 MHz x 6144 bit", memory["source"])

    def test_p40_is_exact(self):
        self.assertEqual(peaks("Tesla P40")["vector", "f32", "f32", "FFMA"]["peak_specified"],
                         3840 * 1.531e9 * 2)

    def test_unknown(self):
        self.assertRefused(derate("peak", "H300"), 2, "H300", "unknown", "did you mean H200")
        self.assertRefused(derate("peak", "GTX 770"), 2, "did you mean GTX 780")

    def test_a_part_of_names_is_asked_about(self):
        self.assertRefused(derate("peak", "V100 32GB"), 2,
                           "may be V100 SXM2 32GB, V100 SXM3 32GB or V100 PCIe 32GB: say which")

    def test_what_is_no_name_is_refused_in_a_short_sentence(self):
        for name, why in [("x" * 10000, "at most 100 characters, not 10000"),
                          ("H200\x1b[31m", "control characters")]:
            refused = derate("peak", name)
            self.assertRefused(refused, 2, why)
            self.assertLess(len(refused.stderr), 100)

    def test_without_tensor_units_there_are_no_lines_of_them(self):
        self.assertNotIn("tensor", {key[0] for key in peaks("GTX 1660 Ti")})
        self.assertIn("tensor", {key[0] for key in peaks("RTX 2060")})


class AtHand(CliTest):
    def test_without_a_name_the_device_that_is_there(self):
        alone = derate("peak")
        self.assertEnds(alone, 0)
        self.assertIn(alone.stdout, [derate("peak", each["device"]).stdout for each in devices()])

    def test_devices_shows_every_peak_to_people(self):
        for form in ["table", "markdown"]:
            shown = derate("devices", "--format", form)
            self.assertEnds(shown, 0)
            for device in devices():
                rows = derate("peak", device["device"], "--format", form).stdout.splitlines()
                for row in rows[rows.index("") + 1:]:
                    self.assertIn(row, shown.stdout)

    def test_devices_is_a_row_a_device_for_machines(self):
        rows = list(csv.DictReader(io.StringIO(derate("devices", "--format", "csv").stdout)))
        self.assertEqual([row["device"] for row in rows], [d["device"] for d in devices()])

    def test_columns_of_the_measured_clock_only_where_one_was(self):
        self.assertNotIn("measured", derate("peak", "H200").stdout)


class Measured(CliTest):
    """Records of one round each, made from the golden ones."""

    def file(self, *changes):
        record = read_lines(SOURCE / "tests/golden/records.jsonl")[0] | {"schema": 2}
        path = self.folder() / "records.jsonl"
        path.write_text("".join(json.dumps(record | change) + "\n" for change in changes))
        return path

    def of(self, clock_hz, units, precision, **changes):
        return {"device_name": "NVIDIA H200", "data": "uniform", "mode": "burst", "units": units,
                "precision": precision, "bound": "compute", "samples_s": [0.01] * 3,
                "clocks_hz": [clock_hz] * 3, **changes}

    def test_each_class_of_work_has_its_own(self):
        records = self.file(self.of(1.9e9, "vector", "f32"), self.of(1.4e9, "tensor", "bf16"),
                            self.of(1.5e9, "tensor", "bf16"), self.of(1.6e9, "tensor", "bf16"),
                            self.of(1.2e9, "vector", "f32", bound="memory"))
        lines = peaks("H200", "--records", records)
        for key, of, clock_hz in [(("vector", "f32", "f32", "FFMA"), "vector f32", 1.9e9),
                                  (("tensor", "bf16", "f32", "wgmma"), "tensor bf16", 1.5e9),
                                  (("tensor", "fp8", "f32", "wgmma"), "all work", 1.5e9)]:
            line = lines[key]
            self.assertEqual((line["measured_on"], line["measured_clock_hz"]), (of, clock_hz))
            self.assertEqual(line["peak_measured"],
                             2 * 132 * line["fma_per_unit_and_clock"] * clock_hz)
        self.assertIsNone(lines["memory", "", "", ""]["measured_clock_hz"])
        self.assertIn("tensor bf16", derate("peak", "H200", "--records", records).stdout)

    def test_bursts_and_sustained_work_and_zeros_are_kept_apart(self):
        records = self.file(self.of(1.7e9, "tensor", "bf16"),
                            self.of(1.2e9, "tensor", "bf16", mode="sustained"),
                            self.of(1.9e9, "tensor", "bf16", data="zeros"),
                            self.of(1.3e9, "tensor", "tf32", mode="sustained"))
        lines = peaks("H200", "--records", records)
        for operands, of, clock_hz in [("bf16", "tensor bf16", 1.7e9),
                                       ("tf32", "tensor tf32, sustained", 1.3e9)]:
            line = lines["tensor", operands, "f32", "wgmma"]
            self.assertEqual((line["measured_on"], line["measured_clock_hz"]), (of, clock_hz))

    def test_records_before_units_were_recorded(self):
        lines = peaks("H200", "--records", self.file(self.of(1.7e9, "", "f32")))
        self.assertEqual(lines["vector", "f32", "f32", "FFMA"]["measured_on"], "all work")

    def test_of_another_device(self):
        records = self.file(self.of(1.7e9, "vector", "f32"))
        for name in ["H100 SXM", "Tesla P40", "host"]:
            self.assertRefused(derate("peak", name, "--records", records), 3, "NVIDIA H200")
        self.assertRefused(derate("devices", "--records", records), 3, "NVIDIA H200")

    def test_others_beside_the_own_ones(self):
        records = self.file(self.of(1.7e9, "vector", "f32"),
                            self.of(1.1e9, "vector", "f32", device_name="NVIDIA H100 80GB HBM3",
                                    device_id="other"))
        line = peaks("H200", "--records", records)["vector", "f32", "f32", "FFMA"]
        self.assertEqual(line["measured_clock_hz"], 1.7e9)

    def test_of_a_device_at_hand(self):
        host = devices()[0]
        records = self.file(self.of(3.3e9, "vector", "f32", device_id=host["id"],
                                    device_name=host["name"]))
        line = json.loads(derate("peak", "host", "--records", records, "--format", "json").stdout)[0]
        self.assertEqual(line["measured_clock_hz"], 3.3e9)
        shown = derate("devices", "--records", records)
        self.assertEnds(shown, 0)
        self.assertIn("3.300 GHz", shown.stdout)

    def test_unreadable(self):
        self.assertRefused(derate("peak", "H200", "--records", self.folder() / "none"), 5, "none")


if __name__ == "__main__":
    unittest.main()
