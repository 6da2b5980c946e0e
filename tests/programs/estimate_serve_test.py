# SPDX-License-Identifier: Apache-2.0
# derate estimate serve, and decode by derate estimate model, of Llama-3-8B on catalogue devices: bounds by
# hand, memory, and plans that do not fit.
import json
import unittest

from cli import CliTest, derate
from model_configs import config_of

WEIGHTS = 8_030_261_248
KEYS = 2 * 32 * 8 * 128 * 2  # bytes of one token: keys and values of 32 layers and 8 heads, in bf16
BANDWIDTH = {"L4": 300e9, "H200": 4.92e12}
DOES_NOT_FIT = 7


class Serve(CliTest):
    def setUp(self):
        self.path = self.folder() / "config.json"
        self.path.write_text(json.dumps(config_of("Llama-3-8B")))

    def serve(self, *arguments, device="H200", code=0):
        result = derate("estimate", "serve", self.path, "--device", device, *arguments, "--format", "json")
        self.assertEnds(result, code)
        return json.loads(result.stdout)

    def test_no_token_is_quicker_than_its_bytes(self):
        embedding = 128256 * 4096
        for device, batch, weights in [("L4", 1, 1), ("L4", 32, 0.6), ("H200", 1, 2), ("H200", 32, 2), ("H200", 256, 2)]:
            with self.subTest(device=device, batch=batch):
                form = {1: "fp8", 0.6: "int4", 2: "bf16"}[weights]
                bytes_of_weight = {1: 1, 0.6: 0.515625, 2: 2}[weights]
                found = self.serve("--prompt-tokens", 2000, "--output-tokens", 100, "--batch-sequences", batch,
                                   "--weights", form, device=device)
                least = (bytes_of_weight * (WEIGHTS - embedding) * 0.999 + batch * 2050 * KEYS) / BANDWIDTH[device]
                self.assertGreater(found["token_s"]["low"], least)
                self.assertLess(found["token_s"]["value"], 2 * least)

    def test_memory_by_hand(self):
        memory = self.serve("--prompt-tokens", 1000, "--output-tokens", 24, "--batch-sequences", 4)["memory"]
        self.assertEqual(memory["weights_bytes"], 2 * WEIGHTS)
        self.assertEqual(memory["keys_and_values_bytes"], 4 * 1024 * KEYS)
        self.assertTrue(memory["fits"])

    def test_a_plan_that_does_not_fit_has_no_times(self):
        found = self.serve("--prompt-tokens", 7000, "--batch-sequences", 32, device="L4", code=DOES_NOT_FIT)
        self.assertFalse(found["memory"]["fits"])
        self.assertNotIn("token_s", found)
        largest = found["largest_batch"]
        self.assertIn("token_s", self.serve("--prompt-tokens", 7000, "--batch-sequences", largest, device="L4"))
        self.serve("--prompt-tokens", 7000, "--batch-sequences", largest + 1, device="L4", code=DOES_NOT_FIT)
        result = derate("estimate", "serve", self.path, "--device", "L4", "--prompt-tokens", 7000,
                        "--batch-sequences", 32)
        self.assertEnds(result, DOES_NOT_FIT)
        self.assertIn("does not fit", result.stdout)
        self.assertNotIn("time per token", result.stdout)

    def test_for_people(self):
        result = derate("estimate", "serve", self.path, "--device", "H200", "--prompt-tokens", 1000)
        self.assertEnds(result, 0)
        for words in ["time to first token", "tokens/s", "the largest batch that fits", "usual for it"]:
            self.assertIn(words, result.stdout)

    def test_several_devices(self):
        link = ["--link-bytes-per-s", "450e9"]
        one = self.serve("--prompt-tokens", 1000)
        two = self.serve("--prompt-tokens", 1000, "--tensor-parallel", 2, *link)
        self.assertEqual(two["memory"]["weights_bytes"], WEIGHTS)
        self.assertLess(two["token_s"]["value"], one["token_s"]["value"])
        self.assertGreater(two["token_s"]["value"], one["token_s"]["value"] / 2)

    def test_bad_input(self):
        def refused(code, words, *arguments, device="H200"):
            self.assertRefused(derate("estimate", "serve", self.path, "--device", device, *arguments), code, *words)

        refused(2, ["--prompt-tokens", "8192"], "--prompt-tokens", 9000)
        refused(2, ["--tensor-parallel", "does not divide the 32 heads"], "--prompt-tokens", 10, "--tensor-parallel", 3)
        refused(2, ["--link-bytes-per-s"], "--prompt-tokens", 10, "--tensor-parallel", 2)
        refused(2, ["--prompt-tokens"])
        refused(2, ["int3"], "--prompt-tokens", 10, "--weights", "int3")
        self.assertRefused(derate("estimate", "serve", self.path, "--prompt-tokens", 10), 2, "--device NAME")


class Decode(CliTest):
    def model(self, *arguments, code=0):
        path = self.folder() / "config.json"
        path.write_text(json.dumps(config_of("Llama-3-8B")))
        result = derate("estimate", "model", path, "--step", "decode", *arguments, "--format", "json")
        self.assertEnds(result, code)
        return json.loads(result.stdout)

    def test_reads_the_keys_of_every_sequence(self):
        for attention in ["fused", "unfused"]:
            found = self.model("--device", "H200", "--batch-sequences", 64, "--context", 8000,
                               "--attention", attention)
            self.assertGreater(found["time_s"]["low"], 64 * 8000 * KEYS / BANDWIDTH["H200"])

    def test_a_step_that_does_not_fit_has_no_time(self):
        found = self.model("--device", "L4", "--batch-sequences", 32, "--context", 8000, code=DOES_NOT_FIT)
        self.assertNotIn("time_s", found)
        self.assertFalse(found["memory"]["fits"])

    def test_a_context_beyond_the_model(self):
        path = self.folder() / "config.json"
        path.write_text(json.dumps(config_of("Llama-3-8B")))
        self.assertRefused(derate("estimate", "model", path, "--device", "L4", "--context", 8193), 2, "--context", "8192")
        self.assertRefused(derate("estimate", "model", path, "--device", "L4"), 2, "--context", "how many tokens")


if __name__ == "__main__":
    unittest.main()
