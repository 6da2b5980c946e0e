# SPDX-License-Identifier: Apache-2.0
# What the tests of exports share: an invented GPU's records, and where the other programs are.
import json
import os
import pathlib
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
ESTIMATORS = pathlib.Path(os.environ.get("DERATE_ESTIMATORS", SOURCE / "build/estimators"))
PACKAGES = ESTIMATORS / "packages"

PEAK = 400e12  # bf16 FLOP/s of the invented GPU: 100 SMs x 2 x 1000 FMA x 2 GHz
BANDWIDTH = 2e12  # B/s
CLOCK_HZ = 2e9


def need(folder):
    """Ends the test as skipped where a program is not there."""
    if not folder.exists():
        print(f"skipped: {folder.name} is not there (scripts/get_estimators fetches it)")
        sys.exit(77)
    return folder


def template():
    """A passed record in the file format of today."""
    for line in (SOURCE / "tests/golden/records.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["workload"] == "gemm" and record["outcome"] == "passed":
            return record
    raise AssertionError("the golden records hold no gemm")


def record(seconds, **changes):
    """One whose samples are all `seconds`."""
    made = template() | {"run": "exports", "samples_s": [seconds] * 12, "clocks_hz": [CLOCK_HZ] * 12,
                         "clock_specified_hz": CLOCK_HZ, "clock_maximum_hz": CLOCK_HZ,
                         "device_architecture": "sm_90", "memory_bytes": 80e9}
    return made | changes


def gemm(n, efficiency, precision="bf16", **changes):
    flops = 2 * n ** 3
    return record(flops / (efficiency * PEAK), workload="gemm", variant="cublas_lt", provider="cublas",
                  library="cuBLASLt 13.0", precision=precision, accumulator="f32", units="tensor",
                  problem=f"m:{n}/n:{n}/k:{n}", flops=flops, bytes=6 * n * n, bound="compute",
                  peak_per_clock=PEAK / CLOCK_HZ, peak_instruction="wgmma", **changes)


def stream(size, efficiency):
    return record(size / (efficiency * BANDWIDTH), workload="vector_add", variant="vectorized",
                  precision="f32", problem=f"n:{size // 12}", flops=size / 12, bytes=size, bound="memory",
                  peak_per_clock=BANDWIDTH)


def chain():
    return record(0.01, workload="fma_chain", variant="registers", precision="f32", units="vector",
                  problem="threads:1", flops=0.9 * 0.01 * 50e12, bytes=0, bound="compute",
                  peak_per_clock=50e12 / CLOCK_HZ, instruction="FFMA", peak_instruction="FFMA")


def launch(seconds):
    """A graph of 100 nodes that do nothing, `seconds` each."""
    return record(100 * seconds, workload="launch", variant="graph", precision="i32", problem="launches:100",
                  flops=0, bytes=0, steps=100, bound="latency", peak_per_clock=None)


def records(scale=1.0, **changes):
    """bf16 at 75 % of the peak for large products, 40 % for small ones, or that times `scale`; memory at
    85 % and 50 %."""
    return [gemm(8192, 0.75 * scale, **changes), gemm(1024, 0.4 * scale, **changes), stream(2 ** 30, 0.85),
            stream(2 ** 22, 0.5), chain()]


def fast_records():
    """1.05 times the specified peak, at a clock far above the specified one, as on consumer GPUs."""
    return records(1.4, clocks_hz=[1.5 * CLOCK_HZ] * 12)


def export(form, lines):
    """The exported file's text, and the remarks."""
    with tempfile.TemporaryDirectory(prefix="derate-exports-") as folder:
        path = pathlib.Path(folder) / "records.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in lines))
        done = subprocess.run([os.environ["DERATE"], "export", form, path], capture_output=True, text=True,
                              timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr
