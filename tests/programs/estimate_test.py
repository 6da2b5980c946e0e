# SPDX-License-Identifier: Apache-2.0
# derate estimate train: figures worked by hand, calibrations, and bad input.
import json
import unittest

from cli import SOURCE, CliTest, derate

GOLDEN = SOURCE / "tests/golden/calibration.json"


def train(*arguments):
    result = derate("estimate", "train", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


DOES_NOT_FIT = 7
P40 = ["--device", "Tesla P40", "--params", "124M", "--tokens", "2.5B"]


class Train(CliTest):
    def test_the_rate_of_a_p40(self):
        result = derate("estimate", "train", "--device", "Tesla P40")
        self.assertEnds(result, 0)
        self.assertIn("R = 2·N·C = 1.176e13 FLOP/s before derating", result.stdout)
        self.assertIn("2 x 3840 x 1.531 GHz", result.stdout)
        self.assertIn("C_train is unknown", result.stdout)

    def test_worked_by_hand(self):
        estimate = train(*P40)
        self.assertEqual(estimate["peak_flop_per_s"], 2 * 3840 * 1.531e9)
        self.assertEqual(estimate["flops"], 2 * 3 * 124e6 * 2.5e9)
        peak, mfu, flat = estimate["estimates"]
        self.assertAlmostEqual(mfu["total_s"]["value"], 1.86e18 / (0.382 * 1.175808e13), places=3)
        self.assertAlmostEqual(peak["total_s"]["value"], 1.86e18 / 1.175808e13, places=3)
        for end, share in [("low", 0.85), ("value", 0.8), ("high", 0.75)]:
            self.assertAlmostEqual(flat["total_s"][end], 1.86e18 / (share * 1.175808e13), places=3)
        text = derate("estimate", "train", *P40).stdout
        self.assertIn("= 1.86e18 FLOP", text)
        self.assertIn("2.29 days [2.15 days, 2.44 days]", text)

    def test_quantities(self):
        for params in ["7e9", "7B", "7b", "7G", "7000M", "0.007T", "7000000K", "7000000k"]:
            with self.subTest(params):
                self.assertAlmostEqual(train("--device", "P40", "--params", params, "--samples", 1,
                                             "--memory-bytes", "1T")
                                       ["parameters"], 7e9, delta=1)

    def test_twenty_tokens_for_each_parameter(self):
        estimate = train("--device", "H200", "--params", "7B", "--tokens-per-param", 20,
                         "--precision", "bf16", "--epochs", 2)
        self.assertEqual(estimate["samples"], 1.4e11)
        self.assertEqual(estimate["flops"], 6 * 7e9 * 1.4e11 * 2)
        self.assertAlmostEqual(estimate["peak_flop_per_s"] / 989.4e12, 1, delta=1e-4)

    def test_derates_stand_side_by_side(self):
        lines = train(*P40, "--derate", "0.5", "--derate", "sgemm=0.8..0.9", "--derate", "mfu")
        lines = lines["estimates"]
        self.assertEqual([line["name"] for line in lines],
                         ["2·N·C", "given", "sgemm", "mfu", "flat"])
        self.assertAlmostEqual(lines[1]["total_s"]["value"], 2 * lines[0]["total_s"]["value"])
        self.assertAlmostEqual(lines[2]["derate"]["value"], 0.85)

    def test_what_is_usual_stands_beside_mfu(self):
        work = ["--params", "1B", "--tokens", "1B"]
        lines = train("--device", "H100 SXM", *work)["estimates"]
        self.assertEqual([line["name"] for line in lines], ["2·N·C", "mfu", "usual", "flat"])
        usual = lines[2]
        self.assertIn("usual for it: ", usual["source"])
        self.assertLess(usual["derate"]["low"], usual["derate"]["high"])
        # Nobody's figures are on record, or the device's own are here.
        for source in (["--device", "Tesla P40"], ["--calibration", GOLDEN]):
            self.assertNotIn("usual", [line["name"] for line in train(*source, *work)["estimates"]])

    def test_several_devices(self):
        arguments = [*P40, "--devices", 4, "--batch-tokens", "0.5M"]
        self.assertRefused(derate("estimate", "train", *arguments), 2, "--link-bytes-per-s")
        estimate = train(*arguments, "--link-bytes-per-s", "10G", "--link-latency", "1e-5")
        self.assertEqual(estimate["steps"], 5000)
        self.assertAlmostEqual(estimate["all_reduce_s"]["value"], 60e-6 + 1.5 * 496e6 / 10e9)
        line = estimate["estimates"][0]
        self.assertAlmostEqual(line["compute_s"]["value"], 158189.09 / 4, places=2)
        self.assertAlmostEqual(line["total_s"]["value"] - line["compute_s"]["value"], 372.3,
                               places=3)
        mfu = estimate["estimates"][1]
        self.assertEqual(mfu["total_s"], mfu["compute_s"])
        text = derate("estimate", "train", *arguments, "--link-bytes-per-s", "10G").stdout
        self.assertIn("with communication", text)

    def test_memory(self):
        fits = derate("estimate", "train", *P40).stdout
        self.assertIn("fits, but for the activations: 1.984 GB needed, 25.77 GB there", fits)
        whole = derate("estimate", "train", *P40, "--batch-tokens", 8, "--activation-bytes", "1G",
                       "--input-bytes", "4K").stdout
        self.assertIn("\nfits: 9.984 GB needed, 25.77 GB there", whole)

    def test_what_does_not_fit_is_not_timed(self):
        large = ["--device", "Tesla P40", "--params", "7B", "--tokens-per-param", 20]
        result = derate("estimate", "train", *large)
        self.assertEnds(result, DOES_NOT_FIT)
        for words in ["does not fit", "112.0 GB needed, 25.77 GB there", "over 5 such devices", "--zero 3"]:
            self.assertIn(words, result.stdout)
        self.assertNotIn("days", result.stdout)
        result = derate("estimate", "train", *P40, "--optimizer", "sgd", "--memory-bytes", "0.9G", "--json")
        self.assertEnds(result, DOES_NOT_FIT)
        sgd = json.loads(result.stdout)
        self.assertEqual(sgd["memory"]["total_bytes"], 992e6)
        self.assertIs(sgd["fits"], False)
        self.assertEqual(sgd["estimates"], [])
        shared = train(*large, "--devices", 64, "--batch-tokens", "4M", "--link-bytes-per-s", "10G", "--zero", 3)
        self.assertEqual(shared["memory"]["total_bytes"], 7e9 * 16 / 64)

    def test_a_batch_says_whether_it_is_of_tokens(self):
        link = ["--devices", 2, "--link-bytes-per-s", "10G"]
        self.assertRefused(derate("estimate", "train", *P40, *link, "--batch", 1024), 2, "--batch:",
                           "--batch-tokens", "--batch-sequences")
        estimate = train(*P40, *link, "--batch-sequences", 512, "--sequence", 1024)
        self.assertEqual(estimate["batch"], 512 * 1024)
        images = ["--device", "P40", "--params", "1M", "--samples", "1M", *link]
        self.assertEqual(train(*images, "--batch", 256)["batch"], 256)
        self.assertRefused(derate("estimate", "train", *images, "--batch-tokens", 256), 2, "--batch-tokens")

    def test_llama_2_7b_is_within_what_whole_trainings_reach(self):
        estimate = train("--device", "A100 SXM 80GB", "--params", "6.738B", "--tokens", "2T", "--devices", 1,
                         "--memory-bytes", "1T")
        mfu = next(line for line in estimate["estimates"] if line["name"] == "mfu")["total_s"]
        hours = {end: mfu[end] / 3600 for end in mfu}
        published = 184_320  # GPU hours: Touvron et al., 2023, table 2
        self.assertLess(hours["low"], published)
        self.assertGreater(hours["high"], published)
        self.assertLess(max(hours["high"] / hours["value"], hours["value"] / hours["low"]), 1.6)


class Calibrated(CliTest):
    def file(self, change=lambda calibration: None):
        calibration = json.loads(GOLDEN.read_text(encoding="utf-8"))
        change(calibration)
        path = self.folder() / "calibration.json"
        path.write_text(json.dumps(calibration))
        return path

    def test_carries_the_interval_through(self):
        estimate = train("--calibration", self.file(), "--params", "1B", "--tokens", "1B")
        factor = next(f for f in json.loads(GOLDEN.read_text(encoding="utf-8"))["factors"]
                      if (f["workload"], f["variant"], f["size_class"]) ==
                      ("gemm", "library", "large") and f["mode"] == "burst")
        line = estimate["estimates"][1]
        self.assertEqual(line["name"], "calibrated, burst")
        for end, rate in [("low", "high"), ("value", "value"), ("high", "low")]:
            self.assertAlmostEqual(line["total_s"][end] / (6e18 / factor["achieved"][rate]), 1)
        self.assertEqual(estimate["peak_flop_per_s"], factor["peak"])
        self.assertIsNone(estimate["fits"])

    def test_a_factor_in_doubt_says_so(self):
        def disturbed(calibration):
            for factor in calibration["factors"]:
                factor |= {"outcome": "unstable", "others_share": 0.23}
        arguments = ["--params", "1B", "--tokens", "1B"]
        doubt = "unstable: other programs had up to 23 % of the device"
        estimate = train("--calibration", self.file(disturbed), *arguments)
        self.assertIn(doubt, estimate["estimates"][1]["source"])
        self.assertIn(doubt, derate("estimate", "train", "--calibration", self.file(disturbed), *arguments).stdout)
        self.assertNotIn("unstable", derate("estimate", "train", "--calibration", self.file(), *arguments).stdout)

    def test_of_a_product_knows_its_memory(self):
        def h200(calibration):
            calibration["device"]["device_name"] = "NVIDIA H200"

        path = self.file(h200)
        for device in [[], ["--device", "H200"], ["--device", "NVIDIA H200"]]:
            estimate = train("--calibration", path, *device, "--params", "1B", "--tokens", "1B")
            self.assertEqual(estimate["device"], "H200")
            self.assertIs(estimate["fits"], True)

    def test_measured_links(self):
        def with_link(calibration):
            link = dict(calibration["factors"][0])
            link |= {"workload": "transfer", "variant": "peer", "bound": "link_to_peer",
                     "size_class": "direct",
                     "achieved": {"value": 1e10, "low": 8e9, "high": 1.25e10}}
            calibration["factors"].append(link)

        estimate = train("--calibration", self.file(with_link), "--params", "124M", "--tokens",
                         "2.5B", "--devices", 4, "--batch-tokens", "0.5M", "--link-latency", 0)
        self.assertAlmostEqual(estimate["all_reduce_s"]["value"], 1.5 * 496e6 / 1e10)
        self.assertAlmostEqual(estimate["all_reduce_s"]["high"], 1.5 * 496e6 / 8e9)
        self.assertIn("transfer/peer", estimate["link_source"])

    def test_of_another_device(self):
        for device in ["Tesla P40", "H200"]:
            self.assertRefused(derate("estimate", "train", "--calibration", GOLDEN, "--device",
                                      device), 3, "Example GPU", device)

    def test_without_the_precision(self):
        self.assertRefused(derate("estimate", "train", "--calibration", GOLDEN, "--precision",
                                  "bf16"), 3, "bf16")

    def test_that_is_none(self):
        self.assertRefused(derate("estimate", "train", "--calibration", SOURCE / "README.md"), 5)
        self.assertRefused(derate("estimate", "train", "--calibration", "/nowhere"), 5, "/nowhere")


class Refused(CliTest):
    def test_quantities_by_name(self):
        for option in ["--params", "--tokens", "--epochs", "--forward-flops",
                       "--backward-multiplier", "--batch", "--batch-tokens", "--batch-sequences", "--devices", "--derate",
                       "--link-bytes-per-s", "--tokens-per-param"]:
            for bad in ["0", "-1", "nan", "inf", "1e99", "", "seven", "7Q"]:
                with self.subTest(f"{option}={bad}"):
                    self.assertRefused(derate("estimate", "train", "--device", "Tesla P40",
                                              f"{option}={bad}"), 2, option)
        for option in ["--hours", "--price", "--power", "--pue", "--in-use", "--lifetime",
                       "--rent", "--kwh-price", "--upkeep", "--host-share"]:
            for bad in ["-1", "nan", "1e99", "", "2..1", "1..", "x..2"]:
                with self.subTest(f"{option}={bad}"):
                    self.assertRefused(derate("estimate", "cost", "--device", "Tesla P40",
                                              "--hours", 1, f"{option}={bad}"), 2, option)

    def test_unknown_device(self):
        for what in [["train"], ["cost", "--hours", 1]]:
            self.assertRefused(derate("estimate", *what, "--device", "Tesla P41"), 2, "Tesla P40")
            self.assertRefused(derate("estimate", *what, "--device", "A100"), 2, "A100 SXM 40GB")

    def test_what_is_missing(self):
        self.assertRefused(derate("estimate"), 2, "missing")
        self.assertRefused(derate("estimate", "gem"), 2, "gem")
        self.assertRefused(derate("estimate", "train"), 2, "--device")
        self.assertRefused(derate("estimate", "train", "--device", "P40", "--params", 1), 2,
                           "--tokens")
        self.assertRefused(derate("estimate", "train", "--device", "P40", "--tokens", 1), 2,
                           "--params")
        self.assertRefused(derate("estimate", "train", *P40, "--devices", 2), 2, "--batch")
        self.assertRefused(derate("estimate", "train", *P40, "--devices", 2.5), 2, "--devices")

    def test_a_precision_that_the_device_has_not(self):
        self.assertRefused(derate("estimate", "train", "--device", "P40", "--precision", "bf16"), 2,
                           "--precision", "Tesla P40", "f32")


if __name__ == "__main__":
    unittest.main()
