# SPDX-License-Identifier: Apache-2.0
# Records with data for every part of a page, made from those of an invented device.
import json
import math

from cli import SOURCE, read_lines

GOLDEN = SOURCE / "tests" / "golden" / "records.jsonl"


def write_records(path, records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return path


def product(record, m, n, k, share):
    """A matrix product that reaches this share of its peak."""
    flops = 2 * m * n * k
    time_s = flops / share / record["peak_per_clock"] / record["clock_specified_hz"]
    return record | {"problem": f"m:{m}/n:{n}/k:{k}", "flops": flops,
                     "bytes": 4 * (m * k + k * n + m * n), "samples_s": [time_s * (1 + 0.001 * i) for i in range(12)]}


def chase(record, bytes_, time_s):
    """Loads that wait for each other, within so many bytes."""
    return record | {"workload": "memory_latency", "variant": "chase", "provider": "derate", "library": "",
                     "problem": f"bytes:{bytes_}/loads:1000", "bound": "latency",
                     "flops": 0, "bytes": 8000, "peak_per_clock": None,
                     "steps": 1000, "samples_s": [1000 * time_s * (1 + 0.001 * i) for i in range(12)]}


def complete_records():
    """Those of the golden reports, enough shapes for a GEMM model, a chase, and sensors."""
    records = read_lines(GOLDEN)
    library = records[0]
    sensors = {"powers_w": [300.0] * 11 + [None], "temperatures_c": [60.0] * 12,
               "throttled": [0] * 6 + [1] * 6}
    for m in (16, 128, 1000, 8000):
        for n in (512, 4096, 11008):
            for k in (512, 4096, 14336):
                share = 0.85 / (1 + 3e6 / math.pow(m * n * k, 0.75))
                records.append(product(library, m, n, k, share) | sensors)
    records += [chase(library, 2 ** power, 1e-9 * power) for power in (14, 20, 24, 28)]
    return records
