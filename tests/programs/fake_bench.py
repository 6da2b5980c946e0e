# SPDX-License-Identifier: Apache-2.0
# A program that claims to have measured: it writes Google Benchmark's JSON, or records, with seeded
# noise and with whatever fault a test asks for. Nothing is timed, so every test of a gate is quick
# and comes out the same.
#
#   fake_bench.py --out FILE [--filter REGEX] --state FOLDER --side base|candidate [--slower 1.03]
#                 [--sd 0.002] [--benchmarks 8] [--fault NAME] [--at N] ...
import argparse
import json
import math
import os
import pathlib
import random
import re
import signal
import sys
import time

parser = argparse.ArgumentParser()
parser.add_argument("--out", default="")
parser.add_argument("--filter", default=".")
parser.add_argument("--state", type=pathlib.Path, required=True)
parser.add_argument("--slower", type=float, default=1.0)  # of benchmark 3 alone
parser.add_argument("--sd", type=float, default=0.002)
parser.add_argument("--benchmarks", type=int, default=8)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--fault", default="")
parser.add_argument("--at", type=int, default=-1)  # the process of this side that has the fault
parser.add_argument("--records", default="")  # a records file whose first line is the pattern
parser.add_argument("--set", action="append", default=[])  # FIELD=JSON of every record
parser.add_argument("--throttled", default="")
parser.add_argument("--pause", type=float, default=0)
parser.add_argument("--wait-sd", type=float, default=0)  # of what wall time has besides CPU time
parser.add_argument("--suffix", default="")  # of every name, as "/manual_time"
options = parser.parse_args()

side = os.environ["DERATE_GATE_SIDE"]
calls = options.state / "calls"
lines = calls.read_text().splitlines() if calls.exists() else []
count = sum(line.startswith(side + " ") for line in lines)
with calls.open("a") as out:
    out.write(f"{side} {options.filter}\n")
faulty = options.fault and options.at in (-1, count)
time.sleep(options.pause)

if faulty and options.fault == "crash":
    print("about to fall over", file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
if faulty and options.fault == "exit":
    print("no such device\n", file=sys.stderr)
    sys.exit(3)
if faulty and options.fault == "no-device":
    print("there is no GPU", file=sys.stderr)
    sys.exit(77)
if faulty and options.fault == "hang":
    time.sleep(60)
if faulty and options.fault == "nothing":
    sys.exit(0)
if faulty and options.fault == "garbage":
    pathlib.Path(options.out).write_text("Segmentation fault?\n")
    sys.exit(0)

names = {i: f"BM_work/{i}{options.suffix}" for i in range(options.benchmarks)}
if faulty and options.fault == "missing":
    del names[2]
if faulty and options.fault == "renamed":
    names[2] = "BM_labour/2"
if faulty and options.fault == "new":
    names[options.benchmarks] = "BM_work/new"
if options.fault == "cut":  # ends in the middle of its work, on any try
    names = {i: names[i] for i in range(5)}
noise = random.Random(f"{options.seed} {side} {len(lines)}")
drift = math.sin(len(lines) / 7) * 0.01  # slow, and common to neighbours


def seconds(i):
    factor = options.slower if i == 3 else 1
    if faulty and options.fault == "neighbour" and side == "candidate":
        factor *= 1.3  # who took a third of the machine while this process ran
    return 1e-3 * (i + 1) * factor * math.exp(drift + noise.gauss(0, options.sd))


def row(i, name):
    microseconds = seconds(i) * 1e6
    wall = microseconds
    if options.wait_sd > 0:
        wall *= math.exp(abs(noise.gauss(0, options.wait_sd)))
    result = {"name": name, "run_name": name, "run_type": "iteration", "iterations": 10,
              "real_time": wall, "cpu_time": microseconds, "time_unit": "us",
              "items_per_second": 1e6 * 1000 / microseconds}
    if faulty and i == 2:
        if options.fault == "nan":
            result["real_time"] = math.nan
        if options.fault == "error":
            result.update(error_occurred=True, error_message="the library is in a bad mood")
        if options.fault == "unit":
            result["bytes_per_second"] = result.pop("items_per_second")
        if options.fault == "amount":
            result["items_per_second"] *= 2
    return result


def google_benchmark():
    build = "debug" if options.fault == "debug" else "release"
    context = {"date": "2026-01-02T03:04:05+00:00", "host_name": "example", "num_cpus": 8,
               "executable": sys.argv[0], "library_build_type": build, "load_avg": [len(lines)]}
    rows = [row(i, name) for i, name in names.items() if re.search(options.filter, name)]
    return json.dumps({"context": context, "benchmarks": rows}, indent=1)


def records():
    with open(options.records, encoding="utf-8") as pattern:
        record = json.loads(pattern.readline())
    out = []
    for i in names:
        record.update(run=f"{side}-{len(lines)}", workload=f"work{i}", samples_s=[seconds(i)] * 3,
                      clocks_hz=[1.5e9] * 3, waited_shares=[], throttle_reasons=options.throttled,
                      powers_w=[], temperatures_c=[], throttled=[], outcome="passed", message="",
                      peak_per_clock=None)
        for setting in options.set:
            field, value = setting.split("=", 1)
            record[field] = json.loads(value)
        if faulty and options.fault == "rebuilt":
            record["program_id"] = "another"
        if faulty and options.fault == "driver":
            record["driver_version"] = "999"
        if faulty and options.fault == "incorrect" and i == 2:
            record.update(outcome="incorrect", message="c[7] is 1, not 2", samples_s=[],
                          clocks_hz=[])
        name = f"host/{record['workload']}/{record['variant']}/{record['precision']}/"
        if re.search(options.filter, name + record["problem"]):
            out.append(json.dumps(record))
    return "".join(line + "\n" for line in out)


text = records() if options.records else google_benchmark()
if options.out:
    pathlib.Path(options.out).write_text(text, encoding="utf-8")
else:
    print(text)
if options.fault == "cut":
    os.abort()
if faulty and options.fault in ("incorrect", "exit after writing"):
    sys.exit(1)
