# SPDX-License-Identifier: Apache-2.0
# Runs that were never made, for the tests of comparisons: records of an invented GPU, and Google
# Benchmark's JSON.
import json

from cli import SOURCE

NAME = "cuda/gemm/tiled/f32 m:4096/n:4096/k:4096"


def template():
    for line in (SOURCE / "tests/golden/records.jsonl").read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        if (record["workload"], record["variant"], record["data"]) == ("gemm", "tiled", "uniform"):
            if record["outcome"] != "incorrect":
                return record
    raise AssertionError("the golden records hold no such row")


def process(number, time_s, **changes):
    """One process's record; processes differ by about 0.1 %."""
    samples = [time_s * (1 + 0.001 * (number % 3))] * 12
    return template() | {"run": f"run-{number}", "time_utc": f"2026-01-02T03:0{number}:05Z",
                         "outcome": "passed", "message": "", "problem": "m:4096/n:4096/k:4096",
                         "flops": 2 * 4096.0 ** 3, "samples_s": samples, "clocks_hz": [1.4e9] * 12,
                         "throttled": [], "powers_w": [], "temperatures_c": [], "side_by_side": "",
                         "throttle_reasons": ""} | changes


def write_run(path, time_s=1e-3, processes=5, **changes):
    """Records of so many processes."""
    lines = [json.dumps(process(number, time_s, **changes)) for number in range(processes)]
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
    return path


def write_noise(path, *variants):
    """What derate noise would have found of these runs; of other variants than NAME's."""
    names = [NAME.replace("tiled", variant) for variant in variants] or [NAME]
    path.write_text(json.dumps([{"benchmark": name, "pair_sd": 0.002, "pairs": 12} for name in names]),
                    encoding="utf-8")
    return path


def write_google(path, time_ns=100.0, name="BM_Copy<int>/8", build="release"):
    path.write_text(json.dumps({
        "context": {"host_name": "host", "num_cpus": 4, "library_build_type": build},
        "benchmarks": [{"name": name, "run_name": name, "run_type": "iteration", "repetitions": 1,
                        "threads": 1, "iterations": 1000, "real_time": time_ns, "cpu_time": time_ns,
                        "time_unit": "ns"}]}), encoding="utf-8")
    return path
