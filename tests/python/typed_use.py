# SPDX-License-Identifier: Apache-2.0
# A program as a user writes it, for mypy: what has which type. Never run.
from __future__ import annotations

import numpy
from numpy.typing import NDArray

import derate

peak: derate.Peak = derate.peaks("Tesla P40", "f32")
value: float | None = peak.value
every: list[derate.Peak] = list(derate.peaks("Tesla P40", clock=1.4e9))
names: list[str] = [device.name for device in derate.devices()]
prices: list[float | None] = [product.price_usd for product in derate.catalog("P40", sort="price")]

calibration = derate.Calibration.load("calibration.json")
eta: float = float(calibration.eta("gemm", "cublas", "bf16"))
one: derate.GemmPrediction = calibration.predict_gemm(300, 700, 500, precision="bf16")
many: derate.GemmPredictions = calibration.predict_gemm(numpy.arange(1, 9), 700, [500], provider="cublas")
times: NDArray[numpy.float64] = many.time_s

training: derate.TrainingEstimate = derate.estimate_training(
    calibration=calibration, params="7B", tokens="2T", devices=8, link_bytes_per_s=(2e10, 4e10), cost=True)
seconds: float = training["mfu"].total_s.value
cost: derate.CostEstimate = derate.estimate_cost(training=training, rent=1.5)
token: derate.Span | None = derate.estimate_inference("config.json", device="L4", prompt_tokens=2000).token_s

records: derate.Records = derate.read_records(["a", "b"])
rows = derate.report(record for record in records if record["workload"] == "gemm").rows
is_healthy: bool = bool(derate.check(records))
has_regressed: bool = derate.compare("old", ["new", "newer"]).has_regressed
own: derate.Measurement = derate.measure(lambda: None, flops=1e9, problem={"n": 3}, out="records.jsonl")
own_eta: float | None = own.eta
try:
    derate.check(quick=True)
except derate.NoDevice as error:
    code: int = error.exit_code
