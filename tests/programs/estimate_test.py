# SPDX-License-Identifier: Apache-2.0
# derate estimate train and cost: figures worked by hand, calibrations, and bad input.
import json
import unittest

from cli import SOURCE, CliTest, derate

GOLDEN = SOURCE / "tests/golden/calibration.json"


def train(*arguments):
    result = derate("estimate", "train", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def cost(*arguments):
    result = derate("estimate", "cost", *arguments, "--json")
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


TRAINING = ["--device", "H100 SXM", "--params", "7B", "--tokens", "2T", "--devices", 64, "--zero", 3,
            "--batch-tokens", "4M", "--link-bytes-per-s", "50G"]


class Cost(CliTest):
    ARGUMENTS = ["--devices", 8, "--hours", 100, "--price", "10K", "--host-share", 0.5,
                 "--lifetime", 5, "--in-use", 0.5, "--power", 500, "--host-power", 2, "--pue", 1.2,
                 "--kwh-price", 0.1, "--upkeep", 0.0438]

    def test_worked_by_hand(self):
        estimate = cost(*self.ARGUMENTS, "--rent", 2.27)
        for field, value in [("purchase", 120000), ("capital", 12e6 / 21900), ("energy_kwh", 960),
                             ("electricity", 96), ("upkeep", 120), ("renting", 1816),
                             ("owning", 12e6 / 21900 + 216), ("break_even_hours", 7500)]:
            self.assertAlmostEqual(estimate[field]["value"], value, places=6, msg=field)

    def test_ranges(self):
        estimate = cost("--device", "H100 SXM", "--hours", "90..110", "--rent", "2..3")
        for field in ["capital", "energy_kwh", "electricity", "owning", "renting",
                      "break_even_hours"]:
            ends = estimate[field]
            self.assertLess(ends["low"], ends["value"], field)
            self.assertLess(ends["value"], ends["high"], field)
        self.assertEqual(estimate["device_power_w"]["value"], 0.75 * 700)
        self.assertEqual(estimate["price"]["value"], 31250)

    def test_for_people(self):
        text = derate("estimate", "cost", *self.ARGUMENTS, "--rent", 2.27)
        self.assertEnds(text, 0)
        self.assertRegex(text.stdout, r"energy \[kWh\] +960.00 +960.00 +960.00\n +its price +96.00 +96.00 +96.00\n")
        self.assertIn("50 % of that", text.stdout)
        self.assertIn("at work\n50 % of the time", text.stdout)
        self.assertIn("breaks even after 7500 h", text.stdout)
        self.assertIn("This run is 1.33 % of that: for it alone renting is cheaper", text.stdout)
        for rent, said in [(0.1, "renting is cheaper"), (100, "66.5 % of that: for it alone renting is cheaper"),
                           (200, "This run alone lasts longer: buying is cheaper")]:
            self.assertIn(said, derate("estimate", "cost", *self.ARGUMENTS, "--rent", rent).stdout)

    def test_money_is_dollars_unless_every_price_is_the_users(self):
        catalogue = ["--device", "Tesla P40", "--hours", 55]
        for arguments in [catalogue, [*catalogue, "--price", 900]]:
            text = derate("estimate", "cost", *arguments).stdout
            self.assertRegex(text, r"purchase, with hosts +\$\d+ +\$\d+ +\$\d+\n")
            self.assertRegex(text, r"upkeep +\$0.00 +\$0.00 +\$0.00\n")
            self.assertIn("a kWh at $0.0826", text)
            self.assertIn("at work\nall of the time", text)
        own = derate("estimate", "cost", *catalogue, "--price", 900, "--kwh-price", 0.3).stdout
        self.assertNotIn("$", own)
        self.assertIn("Money is in the currency of the prices.", own)

    def training(self, *arguments):
        """A training of 7B parameters, as a file."""
        path = self.folder() / "training.json"
        result = derate("estimate", "train", *TRAINING, "--json", *arguments)
        self.assertEnds(result, 0)
        path.write_text(result.stdout, encoding="utf-8")
        return path, json.loads(result.stdout)

    def test_of_a_training(self):
        path, training = self.training()
        line = next(line for line in training["estimates"] if line["name"] == "mfu")
        estimate = cost("--training", path)
        self.assertEqual((estimate["device"], estimate["devices"]), ("H100 SXM", 64))
        for end, seconds in line["total_s"].items():
            self.assertAlmostEqual(estimate["hours"][end] * 3600, seconds, delta=1e-6 * seconds)
        self.assertIn("by mfu", estimate["hours_source"])
        # The same within one command, in JSON and for people.
        within = json.loads(derate("estimate", "train", *TRAINING, "--json", "--cost").stdout)["cost"]
        for field in ["hours", "owning", "renting", "break_even_use"]:
            self.assertEqual(within[field], estimate[field], field)
        text = derate("estimate", "train", *TRAINING, "--cost").stdout
        self.assertIn("64 x H100 SXM for", text)
        self.assertIn("Hours: the training's, by mfu.", text)
        by_flat = cost("--training", path, "--by", "flat")
        self.assertLess(by_flat["hours"]["value"], estimate["hours"]["value"])

    def test_of_a_training_that_is_none(self):
        path, training = self.training()
        self.assertRefused(derate("estimate", "cost", "--training", path, "--by", "x"), 2, "mfu, usual, flat")
        self.assertRefused(derate("estimate", "cost", "--training", path, "--hours", 3), 2, "--hours")
        for change, word in [({"kind": "a letter"}, "kind"), ({"devices": "many"}, "devices"),
                             ({"estimates": []}, "memory"), ({"estimates": [{}, {}]}, "name"),
                             ({"device": ""}, "device")]:
            path.write_text(json.dumps(training | change), encoding="utf-8")
            self.assertRefused(derate("estimate", "cost", "--training", path), 5, str(path), word)
        path.write_text(json.dumps(training)[:100], encoding="utf-8")
        self.assertRefused(derate("estimate", "cost", "--training", path), 5, str(path))

    def test_of_a_device_in_no_catalogue(self):
        prices = ["--price", 1000, "--power", 100]
        text = derate("estimate", "train", "--calibration", GOLDEN, "--params", "10M", "--tokens", "1M",
                      "--cost", *prices)
        self.assertEnds(text, 0)
        self.assertIn("1 x Example GPU", text.stdout)

    def test_options_that_would_do_nothing(self):
        train = ["train", "--device", "H200", "--params", "1B", "--tokens", "1B"]
        for command in [[*train, "--price", 3], [*train, "--by", "mfu"], ["cost", "--device", "H200", "--hours", 1,
                                                                        "--by", "mfu"]]:
            self.assertRefused(derate("estimate", *command), 2, command[-2])

    def test_rents_have_a_date_and_a_source_and_give_way(self):
        estimate = cost("--device", "H100 SXM", "--hours", 100)
        self.assertEqual(estimate["rent_per_hour"], {"low": 1.99, "value": 2.95, "high": 5})
        self.assertIn("2026-05; Mercatus AI", estimate["rent_source"])
        self.assertIn("at launch, 2022", estimate["price_source"])
        own = cost("--device", "H100 SXM", "--hours", 100, "--rent", 1, "--price", 9)
        self.assertEqual((own["rent_per_hour"]["value"], own["rent_source"], own["price_source"]), (1, "", ""))
        # Prices of another currency are not set beside dollars.
        self.assertIsNone(cost("--device", "H100 SXM", "--hours", 1, "--price", 9, "--kwh-price", 1)["renting"])

    def test_carbon_and_the_use_from_which_owning_pays(self):
        estimate = cost(*self.ARGUMENTS, "--rent", 2.27, "--carbon", "300..500")
        self.assertEqual(estimate["carbon_kg"], {"low": 288, "value": 384, "high": 480})
        self.assertAlmostEqual(estimate["break_even_use"]["value"], 7500 / 43800)
        text = derate("estimate", "cost", *self.ARGUMENTS, "--rent", 2.27, "--carbon", 400).stdout
        self.assertRegex(text, r"carbon \[kg CO2e\] +384.00")
        self.assertIn("it pays from 17.12 % of its lifetime at work", text)
        self.assertNotIn("carbon", derate("estimate", "cost", *self.ARGUMENTS).stdout)

    def test_what_the_catalogue_does_not_know_must_be_given(self):
        self.assertRefused(derate("estimate", "cost", "--device", "T4", "--hours", 1), 2, "--price")
        self.assertEqual(cost("--device", "T4", "--hours", 1, "--price", 900)["price"]["value"], 900)
        self.assertRefused(derate("estimate", "cost", "--price", 9, "--hours", 1), 2, "--power")
        self.assertRefused(derate("estimate", "cost", "--device", "T4"), 2, "--hours")


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
