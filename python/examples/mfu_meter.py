# SPDX-License-Identifier: Apache-2.0
"""MFU of a PyTorch training loop, against the right peak.

torchtitan and those that copy its get_peak_flops() take the A100's 312 TFLOP/s for a GPU that they do not
know. Here an unknown peak is None: the meter then says tokens per second and why there is no MFU.

    python mfu_meter.py --steps 50
"""
from __future__ import annotations

import argparse
import time

import torch  # type: ignore[import]

import derate


def get_peak_flops(device_name: str, precision: str = "bf16") -> float | None:
    """Dense peak of the device in FLOP/s at its specified clock; None where no source gives it."""
    return derate.peaks(device_name, precision).value


class MfuMeter:
    """Counts tokens between two calls of line()."""

    def __init__(self, flops_per_token: float, device_name: str, precision: str = "bf16", devices: int = 1) -> None:
        self.flops_per_token = flops_per_token
        self.peak = derate.peaks(device_name, precision)
        self.devices = devices
        self.tokens = 0
        self.began_s = time.perf_counter()

    def mfu(self, tokens_per_s: float) -> float | None:
        """Share of the peak that a rate of tokens comes to; None where the peak is not known."""
        if self.peak.value is None:
            return None
        return tokens_per_s * self.flops_per_token / (self.devices * self.peak.value)

    def line(self) -> str:
        """What was reached since the last call, for a log."""
        # The host runs ahead of the GPU: without this it is the queueing that is timed.
        torch.cuda.synchronize()
        now_s = time.perf_counter()
        tokens_per_s = self.tokens / (now_s - self.began_s)
        self.tokens, self.began_s = 0, now_s
        mfu = self.mfu(tokens_per_s)
        if mfu is None or self.peak.value is None:
            return f"{tokens_per_s:,.0f} tokens/s, MFU unknown: {self.peak.reason}"
        return f"{tokens_per_s:,.0f} tokens/s, MFU {100 * mfu:.1f} % of {self.peak.value / 1e12:.1f} TFLOP/s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=int, default=1024)
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8192, help="tokens of a step")
    parser.add_argument("--steps", type=int, default=50)
    options = parser.parse_args()

    layers = [torch.nn.Linear(options.width, options.width, device="cuda", dtype=torch.bfloat16)
              for _ in range(options.layers)]
    model = torch.nn.Sequential(*layers)
    optimizer = torch.optim.AdamW(model.parameters())
    tokens = torch.randn(options.batch, options.width, device="cuda", dtype=torch.bfloat16)
    # 2 FLOP of each parameter forward and 4 backward; attention, which this model has not, comes on top.
    meter = MfuMeter(6.0 * options.layers * options.width**2, torch.cuda.get_device_name())
    for step in range(1, options.steps + 1):
        model(tokens).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()
        meter.tokens += options.batch
        if step % 10 == 0:
            print(f"step {step}: {meter.line()}", flush=True)


if __name__ == "__main__":
    main()
