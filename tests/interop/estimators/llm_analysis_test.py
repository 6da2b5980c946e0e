# SPDX-License-Identifier: Apache-2.0
# llm-analysis itself, given the exported configuration and the options of the remark.
import json
import re
import sys
import unittest

from exported import BANDWIDTH, PACKAGES, PEAK, export, fast_records, need, records

sys.path.insert(0, str(need(PACKAGES)))
from llm_analysis.analysis import LLMAnalysis  # noqa: E402
from llm_analysis.config import GPUConfig, ModelConfig, DtypeConfig  # noqa: E402

GPT2 = {"name": "gpt2", "num_layers": 12, "n_head": 12, "hidden_dim": 768, "vocab_size": 50257,
        "max_seq_len": 1024}


def analysis(text, remarks):
    options = {name: float(value) for name, value in re.findall(r"--(\w+_efficiency) ([\d.]+)", remarks)}
    assert set(options) == {"flops_efficiency", "hbm_memory_efficiency"}, remarks
    return LLMAnalysis(ModelConfig(**GPT2), GPUConfig(**json.loads(text)), DtypeConfig(), **options)


class LlmAnalysis(unittest.TestCase):
    def test_comes_to_the_measured_rates(self):
        found = analysis(*export("llm-analysis", records()))
        self.assertAlmostEqual(found.get_TFLOPS_per_gpu() * 1e12 / PEAK, 0.75, places=3)
        self.assertAlmostEqual(found.get_gpu_hbm_bandwidth() * 1e9 / BANDWIDTH, 0.85, places=3)

    def test_takes_rates_above_the_specified_peak(self):
        found = analysis(*export("llm-analysis", fast_records()))
        self.assertAlmostEqual(found.get_TFLOPS_per_gpu() * 1e12 / PEAK, 0.75 * 1.4, places=3)

    def test_a_training_step_takes_longer_on_slower_products(self):
        def latency(scale):
            found = analysis(*export("llm-analysis", records(scale)))
            return found.get_latency_fwd_per_layer_mlp(batch_size=16, seq_len=1024)
        self.assertAlmostEqual(latency(0.5) / latency(1), 2, places=3)


if __name__ == "__main__":
    unittest.main()
