# SPDX-License-Identifier: Apache-2.0
# derate estimate cost, and the cost of estimate train: figures worked by hand, prices, and bad input.
import json
import unittest

from cli import SOURCE, CliTest, derate

GOLDEN = SOURCE / "tests/golden/calibration.json"
TRAINING = ["--device", "H100 SXM", "--params", "7B", "--tokens", "2T", "--devices", 64, "--zero", 3,
            "--batch-tokens", "4M", "--link-bytes-per-s", "50G"]


def cost(*arguments):
    result = derate("estimate", "cost", *arguments, "--json")
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


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


if __name__ == "__main__":
    unittest.main()
