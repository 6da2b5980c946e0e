# SPDX-License-Identifier: Apache-2.0
"""llm-analysis (cli99/llm-analysis) with measured efficiencies, and so with an interval.

    python llm_analysis_gpu.py calibration.json --model gpt2 --tokens 2.5e9 --memory-gb 80

prints how long a training takes at the measured derate factors and at the ends of their intervals.
llm-analysis takes one efficiency for all products and one for memory, each 1 where nobody says it;
`derate export llm-analysis` writes its file of the GPU from records.
"""
from __future__ import annotations

import argparse
import sys

from llm_analysis.analysis import LLMAnalysis  # type: ignore[import]
from llm_analysis.config import GPUConfig, get_model_config_by_name  # type: ignore[import]

import derate


def shares(factor: derate.Eta) -> tuple[float, float, float]:
    """Of a peak: at least, expected, at most. llm-analysis takes none above 1."""
    value = float(factor)  # refused where the peak is not known
    assert factor.low is not None and factor.high is not None
    return min(1.0, factor.low), min(1.0, value), min(1.0, factor.high)


def training_s(gpu: GPUConfig, model: str, tokens: float, batch: int, compute: float, memory: float) -> float:
    """Seconds of a training on one GPU by llm-analysis."""
    analysis = LLMAnalysis(get_model_config_by_name(model), gpu, flops_efficiency=compute,
                           hbm_memory_efficiency=memory)
    summary = analysis.training(batch_size_per_gpu=batch, total_num_tokens=int(tokens))
    return float(summary["total_training_latency"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("calibration")
    parser.add_argument("--model", default="gpt2", help="as llm-analysis names it")
    parser.add_argument("--tokens", type=float, default=2.5e9)
    parser.add_argument("--batch", type=int, default=16, help="sequences of a step")
    parser.add_argument("--precision", choices=("bf16", "f16"), default="bf16")
    parser.add_argument("--memory-gb", type=float, required=True, help="of the GPU, which a calibration does not hold")
    options = parser.parse_args()

    calibration = derate.Calibration.load(options.calibration)
    device = calibration.device["device_name"]
    products = calibration.eta("gemm", precision=options.precision)
    memory = calibration.eta("vector_add")
    if products.value is None or memory.value is None:
        parser.error(f"{options.calibration}: the peaks of {device} are not known, and llm-analysis needs them")
    gpu = GPUConfig(
        name=device, mem_per_GPU_in_GB=options.memory_gb, hbm_bandwidth_in_GB_per_sec=memory.row["peak"] / 1e9,
        intra_node_bandwidth_in_GB_per_sec=None, intra_node_min_message_latency=None,
        peak_fp16_TFLOPS=products.row["peak"] / 1e12)
    at_most, expected, at_least = (
        training_s(gpu, options.model, options.tokens, options.batch, compute, moved) / 3600
        for compute, moved in zip(shares(products), shares(memory)))
    print(f"{options.model}, {options.tokens:.3g} tokens on one {device}: {expected:.3g} h "
          f"[{at_least:.3g}, {at_most:.3g}]")


if __name__ == "__main__":
    try:
        main()
    except derate.Error as error:
        sys.exit(str(error))
