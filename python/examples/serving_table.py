# SPDX-License-Identifier: Apache-2.0
"""Latency and throughput by batch, in the columns of `vllm bench`, before there is a server.

    python serving_table.py Llama-3-8B/config.json --device H200 --prompt-tokens 2000 --output-tokens 256

TTFT: time to the first token of a prompt alone; TPOT: time per output token after it, of each of the batch;
both with their interval. The table ends where the memory does.
"""
from __future__ import annotations

import argparse
import sys

import derate


def batches(largest: int) -> list[int]:
    """1, 2, 4, ... and the largest that fits."""
    found = [2**i for i in range(largest.bit_length())]
    return found if found[-1] == largest else [*found, largest]


def line(batch: int, estimate: derate.InferenceEstimate) -> str:
    """A line of the table."""
    assert estimate.first_token_s and estimate.token_s and estimate.decode_tokens_per_s
    first, each = (f"{1e3 * time.value:.4g} [{1e3 * time.low:.4g}, {1e3 * time.high:.4g}]"
                   for time in (estimate.first_token_s, estimate.token_s))
    return f"{batch:6} {first:>26} {each:>26} {estimate.decode_tokens_per_s.value:16,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", help="the config.json beside the weights")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--device", help="a product, of which usual shares of the peaks are taken")
    source.add_argument("--calibration", help="calibration.json with a GEMM model")
    parser.add_argument("--prompt-tokens", type=int, default=1024)
    parser.add_argument("--output-tokens", type=int, default=256)
    parser.add_argument("--most", type=int, default=256, help="sequences at once")
    options = parser.parse_args()

    def estimate(batch: int) -> derate.InferenceEstimate:
        return derate.estimate_inference(
            options.model, device=options.device, calibration=options.calibration, batch_sequences=batch,
            prompt_tokens=options.prompt_tokens, output_tokens=options.output_tokens)

    one = estimate(1)
    if not one.fits or one.largest_batch is None:
        raise SystemExit(f"{options.model} does not fit the memory")
    print(f"{'batch':>6} {'TTFT (ms)':>26} {'TPOT (ms)':>26} {'output tokens/s':>16}")
    for batch in batches(min(options.most, one.largest_batch)):
        print(line(batch, estimate(batch)))


if __name__ == "__main__":
    try:
        main()
    except derate.Error as error:
        sys.exit(str(error))
