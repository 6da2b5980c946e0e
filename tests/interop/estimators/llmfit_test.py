# SPDX-License-Identifier: Apache-2.0
# llmfit itself, given the exported profile: its own validation takes it, and it times decoding by the
# measured bandwidth and prompts by the exported peak.
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from exported import BANDWIDTH, ESTIMATORS, PEAK, export, fast_records, need, records, stream

PROGRAM = need(ESTIMATORS / "llmfit") / "bin/llmfit"
PROMPT_SHARE = 0.35  # of the peak, a constant of llmfit


def of_host(line, memory_bytes=64 * 2 ** 30, rate=40e9):
    return line | {"backend": "host", "device_name": "A CPU", "device_id": "cpu", "memory_bytes": memory_bytes,
                   "peak_per_clock": None, "samples_s": [line["bytes"] / rate] * 12}


def machine(lines):
    """The GPU's records with those of its machine's CPU."""
    return [line | {"host_id": "machine"} for line in [*lines, of_host(stream(2 ** 30, 0.5))]]


class Llmfit(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="derate-llmfit-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_it(self, *arguments):
        # A home of its own: it keeps files there, and reads models that the user added.
        done = subprocess.run([PROGRAM, "--no-dashboard", *arguments], capture_output=True, text=True, timeout=120,
                              cwd=self.folder, env={"PATH": os.environ["PATH"], "HOME": self.folder})
        return done.returncode, done.stdout

    def profile(self, lines, change=lambda text: text):
        text, remarks = export("llmfit", lines)
        name = re.search(r"write it to (\S+\.json)", remarks).group(1)
        (self.folder / name).write_text(change(text))
        return self.folder / name

    def validation(self, path):
        _, said = self.run_it("hardware", "validate", path, "--json")
        return json.loads(said)["results"][0]

    def models(self, path):
        """What it estimates of models, by name and the quantisation that it takes for this machine."""
        code, said = self.run_it("--profile", path, "fit", "-n", "300", "--json")
        self.assertEqual(code, 0, said)
        return {(model["name"], model["best_quant"]): model for model in json.loads(said)["models"]
                if model["run_mode"] == "GPU" and not model["is_moe"]}

    def ratios(self, lines, others, field):
        """Of an estimate by two profiles, for the models that are in both."""
        models, by_others = self.models(self.unified(lines)), self.models(self.unified(others))
        both = set(models) & set(by_others)
        self.assertGreater(len(both), 3)
        return [models[key][field] / by_others[key][field] for key in both]

    def unified(self, lines):
        """A GPU with the host's memory, of which alone a profile says how much there is."""
        return self.profile(line | {"device_architecture": "sm_87"} for line in lines)

    def test_takes_the_profile_of_a_machine(self):
        self.assertEqual(self.validation(self.profile(machine(records()))).get("error"), None)

    def test_takes_the_profile_of_a_cpu(self):
        self.assertEqual(self.validation(self.profile([of_host(stream(2 ** 30, 0.5))])).get("error"), None)

    def test_refuses_a_gpu_alone_until_the_memory_is_filled_in(self):
        self.assertIn("total_ram_gb", self.validation(self.profile(records()))["error"])
        filled = self.profile(records(), lambda text: text.replace('"unified', '"total_ram_gb": 64, "unified'))
        self.assertEqual(self.validation(filled).get("error"), None)

    def test_reads_what_was_written(self):
        path = self.profile(machine(records()))
        _, said = self.run_it("hardware", "show", path, "--json")
        shown = json.loads(said)
        self.assertEqual(shown["profile"], json.loads(path.read_text()))
        self.assertEqual(shown["effective"]["total_ram_gb"], 64)
        self.assertAlmostEqual(shown["effective"]["efficiency"], 0.85, places=3)
        self.assertAlmostEqual(shown["effective"]["gpu_bandwidth_gbps"] * 1e9 / BANDWIDTH, 1, places=4)

    def test_times_prompts_by_the_peak(self):
        for model in self.models(self.unified(records())).values():
            self.assertAlmostEqual(model["estimate_basis"]["efficiency"], 0.85, places=3)
            parameters = model["params_b"] * 1e9
            self.assertAlmostEqual(model["prefill_tps"] / (PROMPT_SHARE * PEAK / (2 * parameters)), 1, places=1)

    def test_takes_rates_above_the_specified_peak(self):
        # 1.5 times the specified clock, at which 1.05 times the specified peak was reached.
        for ratio in self.ratios(fast_records(), records(), "prefill_tps"):
            self.assertAlmostEqual(ratio, 1.5, places=2)

    def test_decodes_as_quickly_as_memory_was_measured(self):
        slow = [stream(2 ** 30, 0.68) if line["workload"] == "vector_add" else line for line in records()]
        for ratio in self.ratios(records(), slow, "estimated_tps"):
            self.assertAlmostEqual(ratio, 0.85 / 0.68, delta=0.05)


if __name__ == "__main__":
    unittest.main()
