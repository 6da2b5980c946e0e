# SPDX-License-Identifier: Apache-2.0
"""calculon (calculon-ai/calculon) with what a device was measured to do in the place of guesses.

    python calculon_system.py calibration.json systems/h100_80g_nvl8.json models/gpt3-13B.json execution.json

takes one of calculon's own system files, puts the calibration's peaks and shares of them into it, and
prints what a training step takes by either. calculon has to be importable. `derate export calculon`
writes a whole system file from records; this is for what has a calibration alone.
"""
from __future__ import annotations

import argparse
import json
import logging
import pathlib
import sys
from typing import Any

import calculon  # type: ignore[import]
from calculon.llm import Llm  # type: ignore[import]

import derate

PRECISIONS = {"float16": "f16", "bfloat16": "bf16", "float8": "fp8"}
EXTENTS = (16384, 8192, 4096, 2048, 1024, 512)  # of square products, the largest first


def steps(calibration: derate.Calibration, precision: str, peak: float, bytes_per_s: float) -> list[list[float]]:
    """The share of the peak that products of a size reach: [[GFLOP, share], ...], as calculon reads them.

    calculon charges memory by itself, so that products that memory bounds are left out.
    """
    found: list[list[float]] = []
    for n in EXTENTS:
        flops, operand_bytes = 2.0 * n**3, 3.0 * 2 * n**2
        if found and flops / operand_bytes < peak / bytes_per_s:
            break
        product = calibration.predict_gemm(n, n, n, precision=precision)
        found.append([flops / 1e9, min(1.0, flops / product.time_s / peak)])
    found[-1][0] = 0  # what is smaller is counted as the smallest
    return found


def measured(system: dict[str, Any], calibration: derate.Calibration, datatype: str) -> dict[str, Any]:
    """The system with measured products and memory."""
    products = calibration.eta("gemm", precision=PRECISIONS[datatype])
    memory = calibration.eta("vector_add")
    share = float(memory)  # refused where the peak is not known
    peak = products.row["peak"]
    curve = steps(calibration, PRECISIONS[datatype], peak, memory.achieved)
    return system | {
        "matrix": system["matrix"] | {datatype: {"tflops": peak / 1e12, "gflops_efficiency": curve}},
        "mem1": system["mem1"] | {"GBps": memory.row["peak"] / 1e9, "MB_efficiency": [[0, min(1.0, share)]]},
    }


def with_datatype(system: dict[str, Any], datatype: str) -> dict[str, Any]:
    """calculon's systems know float16 and float8; bfloat16 is as quick as float16."""
    return system | {part: {datatype: system[part]["float16"]} | system[part] for part in ("matrix", "vector")}


def step_s(system: dict[str, Any], model: dict[str, Any], execution: dict[str, Any]) -> float:
    """What calculon says that one batch takes, in seconds."""
    estimate = Llm(Llm.Application(model), logging.getLogger("calculon"))
    machine = calculon.System(system)
    estimate.compile(machine, Llm.Execution.from_json(execution))
    estimate.run(machine)
    return float(estimate.get_total_time())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("calibration", "system", "model", "execution"):
        parser.add_argument(name)
    options = parser.parse_args()
    calibration = derate.Calibration.load(options.calibration)
    system, model, execution = (
        json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        for path in (options.system, options.model, options.execution))
    datatype = execution["datatype"]
    if datatype not in PRECISIONS:
        parser.error(f"{options.execution}: datatype: {datatype!r} is none of {', '.join(PRECISIONS)}")
    system = with_datatype(system, datatype)
    print(f"step as in {options.system}: {step_s(system, model, execution):.4g} s")
    print(f"step as measured: {step_s(measured(system, calibration, datatype), model, execution):.4g} s")


if __name__ == "__main__":
    try:
        main()
    except derate.Error as error:
        sys.exit(str(error))
