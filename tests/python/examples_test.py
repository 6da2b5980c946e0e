# SPDX-License-Identifier: Apache-2.0
# The examples of python/examples, run as their users run them, on the calibration of an invented GPU. What
# imports another program is skipped where scripts/get_estimators could not fetch it.
import csv
import io
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
sys.path.insert(0, str(SOURCE / "tests/interop/estimators"))
sys.path.insert(0, str(SOURCE / "tests/programs"))
from exported import BANDWIDTH, ESTIMATORS, PACKAGES, PEAK, chain, gemm, stream  # noqa: E402
from model_configs import config_of  # noqa: E402

EXAMPLES = SOURCE / "python/examples"
DERATE = pathlib.Path(os.environ["DERATE_BIN"]) / "derate"
CALCULON = ESTIMATORS / "calculon"
FAKE_TORCH = SOURCE / "tests/python/fake_torch"
SHARE, START_S = 0.75, 4e-6


def product(m, n, k):
    """A product of the invented GPU: 4 µs, then 75 % of the peak, less for few rows, or 85 % of the bandwidth if
    that takes longer."""
    flops, size = 2 * m * n * k, 2 * (m * k + k * n + m * n)
    seconds = START_S + max(flops / (SHARE * PEAK * m / (m + 200)), size / (0.85 * BANDWIDTH))
    return gemm(1, 1) | {
        "problem": f"m:{m}/n:{n}/k:{k}", "flops": flops, "bytes": size, "samples_s": [seconds] * 12,
        "size_class": "large" if flops >= 2 * 4096 ** 3 else "small"}


def calibrate(folder):
    draw = random.Random(7)
    shapes = {tuple(round(2 ** draw.uniform(least, 14)) for least in (0, 8, 8)) for _ in range(200)}
    shapes |= {(n, n, n) for n in (512, 1024, 2048, 4096, 8192, 16384)}
    lines = [product(*shape) for shape in sorted(shapes)] + [stream(2 ** 30, 0.85), chain()]
    (folder / "records.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    subprocess.run([DERATE, "calibrate", folder / "records.jsonl", "-o", folder / "calibration.json"], check=True,
                   capture_output=True, timeout=120)
    return folder / "calibration.json"


class Examples(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="derate-examples-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.calibration = calibrate(cls.folder)

    def ask(self, statements, path, **variables):
        """What statements print that import an example."""
        done = self.start_python("-c", statements, path=[EXAMPLES, *path], **variables)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def start(self, name, *arguments, path=(), **variables):
        return self.start_python(EXAMPLES / f"{name}.py", *arguments, path=path, **variables)

    def start_python(self, *arguments, path, **variables):
        environment = os.environ | variables | {
            "PYTHONPATH": os.pathsep.join([os.environ["PYTHONPATH"], *map(str, path)]), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, timeout=120,
                              env=environment, cwd=self.folder)

    def run_example(self, name, *arguments, **settings):
        done = self.start(name, *arguments, **settings)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def refused(self, name, *arguments):
        done = self.start(name, *arguments)
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        return done.stderr

    def test_gemm_table(self):
        rows = list(csv.DictReader(io.StringIO(self.run_example("gemm_table", self.calibration))))
        self.assertEqual(len(rows), 14 * 10 * 10)
        for row in rows[::97]:
            seconds = product(int(row["m"]), int(row["n"]), int(row["k"]))["samples_s"][0]
            self.assertAlmostEqual(float(row["latency"]) / 1e3 / seconds, 1, delta=0.2, msg=row)
            self.assertLess(float(row["latency_low"]), float(row["latency"]))
            self.assertLess(float(row["latency"]), float(row["latency_high"]))

    def test_gemm_table_is_read_as_a_table_of_measurements(self):
        (self.folder / "table.csv").write_text(self.run_example("gemm_table", self.calibration))
        done = subprocess.run([DERATE, "validate", "--gemm-table", self.folder / "table.csv", "--device", "H200",
                               "--precision=bf16", "--format=json"], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_serving_table(self):
        config = self.folder / "config.json"
        config.write_text(json.dumps(config_of("Llama-3-8B")))
        lines = self.run_example("serving_table", config, "--device", "H200", "--most", 48).splitlines()
        self.assertEqual([int(line.split()[0]) for line in lines[1:]], [1, 2, 4, 8, 16, 32, 48])
        rates = [float(line.split()[-1].replace(",", "")) for line in lines[1:]]
        self.assertEqual(rates, sorted(rates))
        self.assertGreater(rates[-1], 20 * rates[0])
        # At batch 1 a token takes at least the reading of 8.03e9 weights of 2 B at 4.8 TB/s and at most twice that.
        each_ms = float(re.search(r"\] +([\d.]+) \[", lines[1]).group(1))
        self.assertGreater(each_ms, 3.0)
        self.assertLess(each_ms, 6.8)

    def test_serving_table_ends_where_the_memory_does(self):
        config = self.folder / "config.json"
        config.write_text(json.dumps(config_of("Llama-3-8B")))
        lines = self.run_example("serving_table", config, "--device", "L4", "--prompt-tokens", 7000).splitlines()
        largest = int(lines[-1].split()[0])
        self.assertLess(largest, 16)
        self.assertGreaterEqual(largest, 1)

    def test_what_derate_refuses_is_a_sentence(self):
        for name, *arguments in [("gemm_table", self.calibration, "--precision=f16"), ("gemm_table", "nothing.json"),
                                 ("serving_table", self.folder / "records.jsonl", "--device=H200")]:
            with self.subTest(name=name):
                said = self.refused(name, *arguments)
                self.assertEqual(said.count("\n"), 1, said)
                self.assertRegex(said, "f16|nothing.json|records.jsonl")

    def mfu(self, device):
        return self.run_example("mfu_meter", "--steps", 20, path=[FAKE_TORCH], FAKE_TORCH_DEVICE=device).splitlines()

    def test_functions_of_the_meter(self):
        said = self.ask("""
from mfu_meter import MfuMeter, get_peak_flops
print(get_peak_flops("NVIDIA Imaginary 9000"), MfuMeter(6e9, "NVIDIA Imaginary 9000").mfu(1e4))
print(get_peak_flops("Tesla P40", "f32"), MfuMeter(6e9, "Tesla P40", "f32", devices=2).mfu(1e4))
""", [FAKE_TORCH]).split()
        self.assertEqual(said[:3], ["None", "None", "11758080000000.0"])
        self.assertAlmostEqual(float(said[3]), 6e13 / (2 * 11.75808e12), places=6)

    def test_mfu_is_of_the_right_peak(self):
        for device, tflops in [("NVIDIA H100 80GB HBM3", 989.4), ("NVIDIA A100-SXM4-80GB", 311.9),
                               ("NVIDIA H100 PCIe", 756.5)]:
            with self.subTest(device=device):
                lines = self.mfu(device)
                self.assertEqual(len(lines), 2)
                rate, share, peak = (float(number.replace(",", "")) for number in re.fullmatch(
                    r"step 20: ([\d,]+) tokens/s, MFU ([\d.]+) % of ([\d.]+) TFLOP/s", lines[1]).groups())
                self.assertAlmostEqual(peak / tflops, 1, delta=0.002)
                self.assertAlmostEqual(share / (100 * rate * 6 * 8 * 1024 ** 2 / (peak * 1e12)), 1, delta=0.2)
                # A step takes 5 ms, which the host sees only when it waits for the GPU.
                self.assertLess(rate, 8192 / 0.005)
                self.assertGreater(rate, 8192 / 0.05)

    def test_mfu_of_an_unknown_gpu_is_unknown(self):
        for line in self.mfu("NVIDIA Imaginary 9000"):
            self.assertRegex(line, r"tokens/s, MFU unknown: .*Imaginary 9000")
            self.assertNotIn("312", line)

    def test_llm_analysis(self):
        if not PACKAGES.exists():
            self.skipTest("scripts/get_estimators fetches llm-analysis")
        said = self.run_example("llm_analysis_gpu", self.calibration, "--memory-gb", 80, "--tokens", "2.5e9",
                                path=[PACKAGES])
        hours, least, most = map(float, re.search(r": ([\d.]+) h \[([\d.]+), ([\d.]+)\]", said).groups())
        self.assertLessEqual(least, hours)
        self.assertLessEqual(hours, most)
        # 6 FLOP of each of 124 M parameters and token, at 75 % of the peak, and what it counts besides.
        bound = 6 * 124e6 * 2.5e9 / (SHARE * PEAK) / 3600
        self.assertGreater(least, bound)
        self.assertLess(most, 2 * bound)

    def test_calculon(self):
        if not CALCULON.exists() or not PACKAGES.exists():
            self.skipTest("scripts/get_estimators fetches calculon")
        execution = json.loads((CALCULON / "examples/3072_t4_p64_d12_mbs4_full.json").read_text()) | {
            "num_procs": 1, "tensor_par": 1, "pipeline_par": 1, "data_par": 1, "tensor_par_net": 0,
            "pipeline_par_net": 0, "data_par_net": 0, "batch_size": 4, "datatype": "bfloat16",
            "optimizer_sharding": False, "tensor_par_comm_type": "ar", "activation_recompute": "none"}
        (self.folder / "execution.json").write_text(json.dumps(execution))
        said = self.run_example("calculon_system", self.calibration, CALCULON / "systems/h100_80g_nvl8.json",
                                CALCULON / "models/megatron-126M.json", "execution.json", path=[CALCULON, PACKAGES])
        guessed, measured = (float(number) for number in re.findall(r": +([\d.]+) s", said))
        # 400 TFLOP/s at 75 % take longer than the 1,000 TFLOP/s that calculon's file says.
        self.assertGreater(measured, 1.3 * guessed)
        self.assertLess(measured, 5 * guessed)
        rates = self.ask(f"""
import calculon, derate, json
from calculon_system import measured, with_datatype
system = with_datatype(json.load(open({str(CALCULON / "systems/h100_80g_nvl8.json")!r})), "bfloat16")
system = calculon.System(measured(system, derate.Calibration.load({str(self.calibration)!r}), "bfloat16"))
system.set_datatype("bfloat16")
print(system.get_matrix_throughput(2 * 8192 ** 3), system.get_mem1_throughput(2 ** 30))
""", [CALCULON, PACKAGES]).split()
        seconds = product(8192, 8192, 8192)["samples_s"][0]
        self.assertAlmostEqual(float(rates[0]) / (2 * 8192 ** 3 / seconds), 1, delta=0.02)
        self.assertAlmostEqual(float(rates[1]) / (0.85 * BANDWIDTH), 1, places=3)


if __name__ == "__main__":
    unittest.main()
