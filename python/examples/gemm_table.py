# SPDX-License-Identifier: Apache-2.0
"""A table of matrix products as aiconfigurator collects them, predicted from a calibration.

    python gemm_table.py calibration.json > gemm_perf.csv

aiconfigurator (ai-dynamo/aiconfigurator) times 22 x 22 pairs of n and k with up to 74 batches m on the GPU: hours.
A calibration of a few hundred products (`derate run --suite shapes`, minutes) predicts them, with an interval.
The columns are aiconfigurator's, latency in ms, and beside them the interval's ends.
"""
from __future__ import annotations

import argparse
import csv
import sys

import numpy

import derate

BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192]
WIDTHS = [1024, 1536, 2048, 3072, 4096, 5120, 7168, 8192, 11008, 14336]
COLUMNS = ["framework", "version", "device", "op_name", "kernel_source", "gemm_dtype", "m", "n", "k", "latency",
           "latency_low", "latency_high"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("calibration")
    parser.add_argument("--precision", default="bf16")
    options = parser.parse_args()

    calibration = derate.Calibration.load(options.calibration)
    # One call for all of them: the model is evaluated in C++, outside the interpreter's lock.
    m, n, k = (extents.ravel() for extents in numpy.meshgrid(BATCHES, WIDTHS, WIDTHS, indexing="ij"))
    times = calibration.predict_gemm(m, n, k, precision=options.precision)
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(COLUMNS)
    known = ["derate", derate.__version__, calibration.device["device_name"], "gemm", "predicted",
             {"bf16": "bfloat16", "f16": "float16"}.get(options.precision, options.precision)]
    for row in zip(m, n, k, 1e3 * times.time_s, 1e3 * times.low_s, 1e3 * times.high_s):
        table.writerow([*known, *row[:3], *(f"{time:.6g}" for time in row[3:])])


if __name__ == "__main__":
    try:
        main()
    except derate.Error as error:
        sys.exit(str(error))
