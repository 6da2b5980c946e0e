# SPDX-License-Identifier: Apache-2.0
# Estimates are those of the program; their arguments are its options.
import inspect
import json
import unittest

import derate
from derate import _derate
from golden import SHAPES, SOURCE, folder

GPT2 = SOURCE / "docs/examples/gpt2.json"
P40 = {"device": "Tesla P40", "params": "124M", "tokens": 2.5e9}


class Options(unittest.TestCase):
    def test_are_those_of_the_commands(self):
        for function, command, besides in ((derate.estimate_training, ["estimate", "train"], set()),
                                           (derate.estimate_inference, ["estimate", "serve"], {"model"}),
                                           (derate.estimate_cost, ["estimate", "cost"], set()),
                                           (derate.catalog, ["catalog"], {"name"}),
                                           (derate.check, ["check"], {"records"}),
                                           (derate.report, ["report"], {"source"}),
                                           (derate.compare, ["compare"], {"base", "candidate"})):
            text = _derate.run([*command, "--help"])[1]
            there = {word.lstrip("-").replace("-", "_") for line in text.splitlines()
                     for word in line.split()[:1] if word.startswith("--")}
            taken = set(inspect.signature(function).parameters) - besides
            with self.subTest(command=command):
                self.assertLessEqual(taken, there)
                if command[0] == "estimate":  # all of them, but for the form
                    self.assertEqual(there - taken, {"json"} if "--json" in text else {"format"})


class Training(unittest.TestCase):
    def test_is_that_of_the_program(self):
        estimate = derate.estimate_training(**P40, cost=True, rent=(1, 2))
        data = json.loads(_derate.run(["estimate", "train", "--device=Tesla P40", "--params=124M", "--tokens=2.5e9",
                                       "--cost", "--rent=1..2", "--json"])[1])
        self.assertEqual(estimate.data, data)
        self.assertEqual(estimate["mfu"].total_s.value, data["estimates"][1]["total_s"]["value"])
        self.assertEqual([line.name for line in estimate.lines], ["2·N·C", "mfu", "flat"])
        self.assertEqual(estimate.cost.renting, tuple(data["cost"]["renting"][end] for end in ("low", "value", "high")))
        self.assertTrue(estimate.fits)
        self.assertEqual(estimate.exit_code, 0)
        self.assertEqual(estimate.rows[1]["total_s_low"], estimate["mfu"].total_s.low)

    def test_takes_a_calibration_and_lists(self):
        calibration = derate.Calibration.load(SHAPES)
        of_file, loaded = (derate.estimate_training(calibration=each, params=1e6, tokens=1e8, precision="f32",
                                                    derate=[0.4, "mine=0.5"]) for each in (SHAPES, calibration))
        self.assertEqual(of_file.data, loaded.data)
        self.assertEqual(loaded["mine"].derate, (0.5, 0.5, 0.5))

    def test_that_does_not_fit_is_an_answer(self):
        estimate = derate.estimate_training(**P40 | {"params": "70B"})
        self.assertEqual((estimate.fits, estimate.exit_code, estimate.lines), (False, 7, []))
        self.assertGreater(estimate.memory_bytes, estimate.device_memory_bytes)

    def test_that_cannot_be(self):
        for changes, named in (({"params": "many"}, "^params: "), ({"tokens": -1}, "^tokens: "),
                               ({"device": "P999"}, "P999"), ({"samples": 5}, "^tokens excludes samples$"),
                               ({"tokens": float("nan")}, "^tokens: "), ({"rent": 1}, "^rent requires cost$"),
                               ({"devices": 2}, "^batch_tokens or batch_sequences: ")):
            with self.subTest(changes=changes), self.assertRaisesRegex(ValueError, named) as caught:
                derate.estimate_training(**P40 | changes)
            self.assertIsInstance(caught.exception, derate.UsageError)
        with self.assertRaises(TypeError):
            derate.estimate_training(nonsense=1)


class Inference(unittest.TestCase):
    def test_is_that_of_the_program(self):
        estimate = derate.estimate_inference(GPT2, device="L4", prompt_tokens=500)
        data = json.loads(_derate.run(["estimate", "serve", str(GPT2), "--device=L4", "--prompt-tokens=500",
                                       "--format=json"])[1])
        self.assertEqual(estimate.data, data)
        self.assertTrue(estimate.fits)
        self.assertEqual(estimate.token_s.value, data["token_s"]["value"])

    def test_that_does_not_fit_is_an_answer(self):
        estimate = derate.estimate_inference(GPT2, device="L4", prompt_tokens=500,
                                             batch_sequences=1_000_000)
        self.assertEqual((estimate.fits, estimate.exit_code, estimate.token_s), (False, 7, None))

    def test_that_cannot_be(self):
        with self.assertRaises(FileNotFoundError):
            derate.estimate_inference("/no/such/config.json", device="Tesla P40", prompt_tokens=5)
        with folder() as path:
            (path / "config.json").write_text('{"model_type": 7}')
            with self.assertRaisesRegex(derate.InvalidInput, "config.json.*model_type"):
                derate.estimate_inference(path / "config.json", device="Tesla P40", prompt_tokens=5)


class Cost(unittest.TestCase):
    def test_is_that_of_the_program(self):
        cost = derate.estimate_cost(device="Tesla P40", hours=55, rent=1.5)
        data = json.loads(_derate.run(["estimate", "cost", "--device=Tesla P40", "--hours=55", "--rent=1.5",
                                       "--json"])[1])
        self.assertEqual((cost.data, cost.renting.value), (data, data["renting"]["value"]))

    def test_of_a_training(self):
        training = derate.estimate_training(**P40)
        cost = derate.estimate_cost(training=training, by="mfu")
        self.assertAlmostEqual(cost.hours.value * 3600, training["mfu"].total_s.value)

    def test_that_cannot_be(self):
        for options in ({"hours": 5}, {"device": "Tesla P40"}, {"device": "Tesla P40", "hours": (5, 1)}):
            with self.subTest(options=options), self.assertRaises(derate.UsageError):
                derate.estimate_cost(**options)


if __name__ == "__main__":
    unittest.main()
