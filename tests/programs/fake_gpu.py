# SPDX-License-Identifier: Apache-2.0
# Stands for the programs that scripts/gpu_check runs on a machine with a GPU: derate, derate_bench,
# derate_contract_tests, compute-sanitizer and nvidia-smi, each a link to this file. What needs no GPU is
# done by the real programs (reports, devices of this machine, contract tests, which skip what they cannot
# run); rows are those of a real suite, with invented times. Goes wrong in the ways that a test asks for.
#
#   FAKE_GPU   a JSON file: bin (the real programs), suites (written by the contract tests), pattern (a
#              record), log (every command), pids (of what has to be ended), faults ([regex on the
#              command, what goes wrong] each)
import json
import os
import re
import signal
import subprocess
import sys
import time

with open(os.environ["FAKE_GPU"], encoding="utf-8") as file:
    given = json.load(file)
program = os.path.basename(sys.argv[0])
arguments = sys.argv[1:]
command = " ".join([program, *arguments])
real = os.path.join(given["bin"], program)
fault = next((what for pattern, what in given["faults"] if re.search(pattern, command)), "")


def note_pid():
    with open(given["pids"], "a") as out:
        out.write(f"{os.getpid()}\n")


def hang(stubborn=False):
    """For ever; a stubborn one obeys no signal that can be ignored, and has a child that left its group."""
    note_pid()
    if stubborn:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        if os.fork() == 0:
            os.setpgid(0, 0)
            note_pid()
    while True:
        time.sleep(60)


def write_garbage():
    sys.stdout.buffer.write(bytes(range(256)) * 50 + b"\n")
    sys.stdout.flush()


with open(given["log"], "a") as out:
    out.write(json.dumps([program, *arguments]) + "\n")
if fault == "hang":
    hang()
if fault == "stubborn":
    hang(stubborn=True)
if fault == "crash":
    print("about to fall over", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)
if fault == "exit":
    print("something odd", file=sys.stderr)
    sys.exit(9)
if fault == "garbage":
    write_garbage()
    sys.exit(0)
if fault == "endless":
    note_pid()
    while True:
        write_garbage()


def value_of(flag, default=""):
    for i, argument in enumerate(arguments):
        if argument == flag:
            return arguments[i + 1]
        if argument.startswith(flag + "="):
            return argument.split("=", 1)[1]
    return default


def devices():
    """This machine's, with the first as if it were a GPU."""
    answer = subprocess.run([real, *arguments], capture_output=True, text=True, encoding="utf-8")
    text = answer.stdout
    if "json" in arguments:
        table = json.loads(text)
        table[0].update(device="cuda", name=given["device"], compute_units=132,
                        memory_bytes=150e9, driver_version="999.1")
        rows = ",\n".join(json.dumps(row) for row in table)
        text = f"[\n{rows}\n]\n"
    sys.stdout.write(text)


def benchmarks():
    """Those that the flags select, in the order of the suite."""
    suite, problem = value_of("--suite", "quick"), value_of("--problem")
    together = "--side-by-side" in arguments
    seen = set()
    with open(given["suites"], encoding="utf-8") as lines:
        for line in lines:
            each = json.loads(line)
            if each["suite"] != suite or (problem and each["workload"] != "gemm"):
                continue
            if problem:
                each["problem"] = problem.replace(",", "/")
            for data in ["uniform", "zeros"] if together else [each["data"]]:
                name = f"cuda/{each['workload']}/{each['variant']}/{each['precision']}/{each['problem']}"
                name += "/zeros" if data == "zeros" else ""
                if name not in seen and re.search(value_of("--filter", "."), name):
                    seen.add(name)
                    yield {**each, "data": data}


def amounts(each):
    """FLOP, bytes and what the device would do of them in a second."""
    sizes = dict(part.split(":") for part in each["problem"].split("/"))
    if each["workload"] == "gemm":
        rate = {"cublas": 40e12, "multistage": 42e12, "tma_wgmma": 740e12, "mma_sync": 500e12}
        speed = rate.get(each["variant"], 755e12 if each["precision"] == "bf16" else 30e12)
        return 2 * float(sizes["m"]) * float(sizes["n"]) * float(sizes["k"]), 1e9, speed
    if each["bound"] == "memory" and "n" in sizes:
        return 1e9, 4 * float(sizes["n"]), 4.3e12
    return 1e12, 1e12, 60e12


def record(each, pattern, run):
    flops, size, speed = amounts(each)
    time_s = (size if each["bound"] != "compute" else flops) / speed
    if each["data"] == "zeros":
        time_s *= 0.9
    facts = {key: each[key] for key in
             ("workload", "variant", "provider", "precision", "problem", "data", "bound", "units")}
    # What a ceiling claims: 99 % at a clock of 1.5 GHz.
    per_clock = speed / 0.99 / 1.5e9 / (0.9 if each["data"] == "zeros" else 1)
    library = "" if each["provider"] == "derate" else each["provider"] + " 13.1"
    return {**pattern, **facts, "run": run, "device_name": given["device"], "flops": flops, "bytes": size,
            "steps": 1e6, "accumulator": each["precision"], "library": library,
            "algorithm": "a, tuned" if "--tune" in arguments else "",
            "side_by_side": run if "--side-by-side" in arguments else "",
            "mode": value_of("--mode", "burst"), "instruction": "FFMA" if "chain" in each["workload"] else "",
            "peak_per_clock": per_clock if each["bound"] == "compute" else None, "peak_instruction": "",
            "samples_s": [time_s] * 10, "clocks_hz": [1.5e9] * 10, "outcome": "passed", "message": ""}


def spoilt(row, count):
    if fault == "one wrong" and count == 0:
        return {**row, "outcome": "incorrect", "message": "c[7] is 1, not 2 \u2248", "samples_s": [],
                "clocks_hz": []}
    if fault == "one failed" and count == 0 or fault == "all failed":
        return {**row, "outcome": "failed", "message": "out of device memory", "samples_s": [], "clocks_hz": []}
    return row


def run():
    folder = value_of("--out")
    path = os.path.join(folder, "records.jsonl")
    with open(given["pattern"], encoding="utf-8") as line:
        pattern = json.loads(line.readline())
    count = 0
    for turn in range(int(value_of("--rounds", "1"))):
        # One long write, as far as it comes.
        rows = [spoilt(record(each, pattern, f"{os.getpid()}-{turn}"), i)
                for i, each in enumerate(benchmarks())]
        with open(path, "a", encoding="utf-8") as out:
            out.writelines(json.dumps(row) + "\n" for row in rows)
            if fault == "cut within a line":
                out.write('{"schema": 5, "run"')
        count += len(rows)
        if fault in ("rows, then hang", "cut within a line"):
            hang(stubborn=True)
    if value_of("--tuning"):
        with open(value_of("--tuning"), "w", encoding="utf-8") as out:
            out.write("{}\n")
    if count == 0:
        print("derate_bench: no benchmark matches", file=sys.stderr)
        sys.exit(2)
    report = subprocess.run([real, "report", "--format", "markdown", folder], stdout=subprocess.PIPE)
    for name in ("report.md", "calibration.json"):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(report.stdout)
    sys.stdout.buffer.write(report.stdout)
    sys.exit(9 if fault == "rows, then exit" else 0)


if program == "compute-sanitizer":
    if fault == "unsupported":
        print("========= Error: Target application terminated. Device not supported")
        sys.exit(1)
    dirty = fault == "races"
    print("[ RUN      ] Workloads/Contract.a\n[       OK ] Workloads/Contract.a (3 ms)\n[  PASSED  ] 1 test.")
    print(f"========= ERROR SUMMARY: {int(dirty)} errors")
    sys.exit(9 if dirty else 0)
if program == "nvidia-smi":
    print("Driver Version : 999.1")
    sys.exit(0)
if program == "derate_contract_tests" and "stamp" not in command:
    os.execv(real, [real, *arguments])
if program == "derate_contract_tests" and fault == "unseen SMs":
    print("contract_test.cpp:9: Failure\nOnly 131 of 132 SMs left a stamp: the measured clock is theirs.")
    sys.exit(1)
if program == "derate_contract_tests":
    print("[       OK ] Gpu.leaves_a_stamp_on_every_sm (3 ms)")
    sys.exit(0)
if arguments[0] == "devices":
    devices()
elif arguments[0] == "run":
    run()
elif arguments[0] == "noise":
    print("Here the gate finds a slowdown of 1.1 % in 9 of 9 benchmarks")
else:
    os.execv(real, [real, *arguments])
