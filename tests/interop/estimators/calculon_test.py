# SPDX-License-Identifier: Apache-2.0
# calculon itself, given the exported system: it must come to the rates that were measured, and a
# training step must get faster by as much as the products do.
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from exported import BANDWIDTH, ESTIMATORS, PACKAGES, PEAK, export, fast_records, need, records

CALCULON = need(ESTIMATORS / "calculon")
need(PACKAGES)
sys.path[:0] = [str(CALCULON), str(PACKAGES)]
sys.dont_write_bytecode = True
from calculon import System  # noqa: E402


def step_time(system):
    """One batch of Megatron-22B on a single GPU, in seconds, by calculon's own command."""
    execution = {
        "num_procs": 1, "tensor_par": 1, "pipeline_par": 1, "data_par": 1, "tensor_par_net": 0,
        "pipeline_par_net": 0, "data_par_net": 0, "batch_size": 4, "microbatch_size": 4, "datatype": "bfloat16",
        "fused_activation": True, "attention_type": "multihead", "activation_recompute": "none",
        "pipeline_interleaving": 1, "optimizer_sharding": False, "tensor_par_comm_type": "ar",
        "tensor_par_overlap": "none", "seq_par_ag_redo": False, "data_par_overlap": False, "weight_offload": False,
        "activations_offload": False, "optimizer_offload": False, "training": True,
    }
    with tempfile.TemporaryDirectory(prefix="derate-calculon-") as name:
        folder = pathlib.Path(name)
        for which, content in [("system", system), ("execution", execution)]:
            (folder / f"{which}.json").write_text(json.dumps(content))
        stats = folder / "stats.json"
        done = subprocess.run(
            [sys.executable, CALCULON / "bin/calculon", "llm", CALCULON / "models/megatron-126M.json",
             folder / "execution.json", folder / "system.json", stats],
            capture_output=True, text=True, timeout=60,
            env={"PYTHONPATH": f"{CALCULON}:{PACKAGES}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin:/bin"})
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(stats.read_text())["total_time"]


def with_network(text):
    """It wants one, even for a single GPU."""
    system = json.loads(text)
    system["networks"] = json.loads((CALCULON / "systems/h100_80g_nvl8.json").read_text())["networks"]
    return system


class Calculon(unittest.TestCase):
    def test_comes_to_the_measured_rates(self):
        system = System(json.loads(export("calculon", records())[0]))
        system.set_datatype("bfloat16")
        for n, efficiency in [(8192, 0.75), (16384, 0.75), (1024, 0.4), (64, 0.4)]:
            self.assertAlmostEqual(system.get_matrix_throughput(2 * n ** 3) / PEAK, efficiency, places=4)
        for size, efficiency in [(2 ** 30, 0.85), (2 ** 22, 0.5)]:
            self.assertAlmostEqual(system.get_mem1_throughput(size) / BANDWIDTH, efficiency, places=4)
        self.assertEqual(system.mem1.capacity, round(80e9 / 2 ** 30, 4) * 2 ** 30)

    def test_takes_rates_above_the_specified_peak(self):
        system = System(json.loads(export("calculon", fast_records())[0]))
        system.set_datatype("bfloat16")
        self.assertAlmostEqual(system.get_matrix_throughput(2 * 8192 ** 3) / PEAK, 0.75 * 1.4, places=4)

    def test_a_training_step_gets_faster_with_the_products(self):
        slow = step_time(with_network(export("calculon", records(scale=0.5))[0]))
        fast = step_time(with_network(export("calculon", records())[0]))
        # Twice as fast where products bound it, no faster where memory does.
        self.assertGreater(slow / fast, 1.3)
        self.assertLess(slow / fast, 2.0)


if __name__ == "__main__":
    unittest.main()
