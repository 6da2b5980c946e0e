# SPDX-License-Identifier: Apache-2.0
# derate estimate parameters: published models by the fields of their config.json, against the counts of
# their weights' files, and what a config.json may not be.
import json
import unittest

from cli import SOURCE, CliTest, derate
from model_configs import PUBLISHED, config_of

SHARED = SOURCE.parent / "shared/data/model_configs"
# Of the files there: parameters of the weights' files on the models' Hugging Face pages (safetensors), of
# Qwen3-0.6B and 1.7B without the head that is stored a second time, of Gemma 4 the 25.2 billion of its model
# card, which has rounded.
SHARED_COUNTS = {"Qwen--Qwen3-0.6B": 596_049_920, "Qwen--Qwen3-1.7B": 1_720_574_976,
                 "Qwen--Qwen3-8B": 8_190_735_360, "XiaomiMiMo--MiMo-7B-Base": 7_833_409_536,
                 "google--gemma-4-26B-A4B": 25_200_000_000, "meta-llama--Meta-Llama-3.1-8B": 8_030_261_248,
                 "mistralai--Mixtral-8x7B-v0.1": 46_702_792_704}


class Parameters(CliTest):
    def count(self, path):
        result = derate("estimate", "parameters", path, "--format", "json")
        self.assertEnds(result, 0)
        return {line["part"]: line["parameters"] for line in json.loads(result.stdout)}

    def write(self, fields):
        path = self.folder() / "config.json"
        path.write_text(json.dumps(fields))
        return path

    def test_published_models(self):
        for name, (_, total, active) in PUBLISHED.items():
            with self.subTest(name):
                parts = self.count(self.write(config_of(name)))
                self.assertEqual(parts["total"], total)
                if active is not None:
                    self.assertAlmostEqual(parts["active for a token"] / active, 1, delta=0.02)

    def test_configs_as_they_are_published(self):
        if not SHARED.exists():
            self.skipTest("needs the config.json files of public models")
        for name, published in SHARED_COUNTS.items():
            with self.subTest(name):
                parts = self.count(SHARED / f"{name}.json")
                stored = parts["total"] + parts.get("besides: predicting further tokens", 0)
                self.assertAlmostEqual(stored / published, 1, delta=0.005)

    def test_adds_its_parts_up(self):
        parts = self.count(self.write(config_of("DeepSeek-V3")))
        sums = ["total", "active for a token", "besides: predicting further tokens"]
        self.assertEqual(sum(count for part, count in parts.items() if part not in sums), parts["total"])


class Refusals(CliTest):
    def refused(self, name, words, without=(), **changes):
        fields = config_of(name) | changes
        path = self.folder() / "config.json"
        path.write_text(json.dumps({k: v for k, v in fields.items() if k not in without}, indent=1))
        self.assertRefused(derate("estimate", "parameters", path), 5, "config.json, line", *words)

    def test_an_unknown_type_by_its_name(self):
        self.refused("Llama-3-8B", ['"model_type"', '"mamba"', "known are", "deepseek_v3", "qwen3_moe"],
                     model_type="mamba")

    def test_what_is_missing(self):
        for name, field in [("Llama-3-8B", "hidden_size"), ("Llama-3-8B", "vocab_size"), ("GPT-2", "n_layer"),
                            ("Mixtral-8x7B", "num_local_experts"), ("DeepSeek-V3", "kv_lora_rank"),
                            ("Qwen1.5-MoE-A2.7B", "shared_expert_intermediate_size")]:
            with self.subTest(field):
                self.refused(name, [f'"{field}" is missing'], without=[field])

    def test_what_contradicts_itself(self):
        for name, field, value, words in [
                ("Llama-3-8B", "num_key_value_heads", 7, ["does not divide 32"]),
                ("Llama-3-8B", "num_attention_heads", 24, ["does not divide"]),
                ("Llama-3-8B", "hidden_size", 0, ["from 1 to"]),
                ("Llama-3-8B", "hidden_size", "4096", ["not a whole number"]),
                ("Llama-3-8B", "tie_word_embeddings", 1, ["neither true nor false"]),
                ("Llama-3-8B", "torch_dtype", "int3", ["bfloat16"]),
                ("GPT-2", "n_head", 7, ["does not divide 768"]),
                ("Mixtral-8x7B", "num_experts_per_tok", 9, ["more than the 8"]),
                ("DeepSeek-V3", "first_k_dense_replace", 62, ["more than the 61"]),
                ("Gemma-3-1B", "layer_types", ["full_attention"], ["has 1 entries for 26"]),
                ("Qwen1.5-MoE-A2.7B", "mlp_only_layers", [24], ["0 to 23"])]:
            with self.subTest(f"{field}={value}"):
                self.refused(name, [f'"{field}"', *words], **{field: value})

    def test_more_than_can_be_counted(self):
        self.refused("Llama-3-8B", ["more than can be counted"], hidden_size=10**9, vocab_size=10**9,
                     head_dim=10**9)
        self.refused("DeepSeek-V3", ["more than can be counted"], num_nextn_predict_layers=10**9)


if __name__ == "__main__":
    unittest.main()
