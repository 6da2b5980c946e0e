# SPDX-License-Identifier: Apache-2.0
# derate estimate layout: published step times and memory, layouts that cannot be, and --fit.
import csv
import json
import unittest

from cli import SOURCE, CliTest, derate
from model_configs import config_of

SHARED = SOURCE.parent / "shared/data"
TABLE = SHARED / "gemm_bf16_a100_trtllm_1.0.0.csv"
DOES_NOT_FIT = 7
GIB = 2**30

# Of Korthikanti et al., arXiv 2205.05198: layers, width, heads; the vocabulary is 51,200 words.
MEGATRON = {"22B": (48, 6144, 64), "175B": (96, 12288, 96), "530B": (105, 20480, 128), "1T": (128, 25600, 160)}
# Layouts of its table 4: tensor, pipeline, interleaving, sequences of a step, micro-batch.
LAYOUTS = {"22B": (8, 1, 1, 4, 4), "175B": (8, 8, 3, 64, 1), "530B": (8, 35, 3, 280, 1), "1T": (8, 64, 1, 512, 1)}
# GiB of one device by calculon (caa4b11, system a100_80e), run on its validation/seqsel/fig1: weights,
# gradients and optimiser of the layers; activations with nothing and with attention alone computed again.
CALCULON = {"22B": (5.0647 + 5.1702 + 30.3882, 59.4375, 10.3984), "175B": (5.0636 + 5.4856 + 30.3816, 66.9375, 12.6914),
            "530B": (3.5161 + 4.6881 + 21.0965, 114.1797, 23.5645), "1T": (3.6625 + 5.4937 + 21.9749, 131.4453, 27.1729)}
# Seconds of a step of table 5: everything computed again, and attention alone with sequence parallelism.
PUBLISHED_S = {"22B": (1.42, 1.10), "175B": (18.13, 13.75)}


def links():
    text = (SOURCE / "data/links.csv").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    ranges = []
    for row in csv.DictReader(lines):
        rate = float(row["bytes_per_s"])
        ranges.append(f"{rate * float(row['share_low'])}..{rate * float(row['share_high'])}")
    return ["--link-bytes-per-s", ranges[0], "--node-link-bytes-per-s", ranges[1]]


class LayoutTest(CliTest):
    def megatron(self, name):
        layers, width, heads = MEGATRON[name]
        path = self.folder() / f"{name}.json"
        path.write_text(json.dumps({"name": name, "layers": layers, "width": width, "heads": heads, "sequence": 2048,
                                    "vocabulary": 51200, "batch": LAYOUTS[name][3], "precision": "bf16",
                                    "dropout": True}))
        return path

    def layout(self, name, *arguments, code=0):
        tensor, pipeline, interleaving, _, micro_batch = LAYOUTS[name]
        result = derate("estimate", "layout", self.megatron(name), "--tensor-parallel", tensor, "--pipeline-parallel",
                        pipeline, "--interleaving", interleaving, "--micro-batch", micro_batch, "--attention", "unfused",
                        *links(), *arguments, "--format", "json")
        self.assertEnds(result, code)
        return json.loads(result.stdout)["layouts"][0]

    def written(self, model):
        path = self.folder() / "model.json"
        path.write_text(json.dumps(model), encoding="utf-8")
        return path

    def measured(self, *links):
        """The layout of GPT-2 on two of a calibrated device, with the link that was measured."""
        calibration = json.loads((SOURCE / "tests/golden/calibration_shapes.json").read_text(encoding="utf-8"))
        achieved = {"value": 1e10, "low": 8e9, "high": 1.25e10}
        calibration["factors"].append(calibration["factors"][0] | {
            "workload": "transfer", "variant": "peer", "bound": "link_to_peer", "size_class": "direct",
            "achieved": achieved})
        path = self.folder() / "calibration.json"
        path.write_text(json.dumps(calibration), encoding="utf-8")
        model = json.loads((SOURCE / "docs/examples/gpt2.json").read_text(encoding="utf-8")) | {"precision": "f32"}
        return derate("estimate", "layout", self.written(model), "--calibration", path,
                      "--devices", 2, "--batch-sequences", 8, *links)

    def llama(self, *arguments):
        path = self.folder() / "config.json"
        path.write_text(json.dumps(config_of("Llama-3-8B")))
        return derate("estimate", "layout", path, "--device", "H100 SXM", "--batch-sequences", 64, "--context", 4096,
                      *links(), *arguments)


class Published(LayoutTest):
    @unittest.skipUnless(TABLE.exists(), "needs a public table of an A100's matrix products")
    def test_step_times(self):
        errors = {}
        for name, published in PUBLISHED_S.items():
            for recompute, seconds in zip(["full", "selective"], published):
                parallel = ["--sequence-parallel"] if recompute == "selective" else []
                found = self.layout(name, "--recompute", recompute, *parallel, "--gemm-table", TABLE,
                                    "--device", "A100 SXM 80GB", "--set-aside", 0)
                errors[name, recompute] = found["step_s"]["value"] / seconds - 1
        for case, error in errors.items():
            self.assertLess(abs(error), 0.10, case)
        self.assertLess(sum(map(abs, errors.values())) / len(errors), 0.06)

    def test_memory(self):
        for name, (states, everything, without_attention) in CALCULON.items():
            for recompute, activations in [("none", everything), ("selective", without_attention)]:
                with self.subTest(name, recompute=recompute):
                    parallel = ["--sequence-parallel"] if recompute == "selective" else []
                    fits = states + activations < 80
                    memory = self.layout(name, "--recompute", recompute, *parallel, "--device", "A100 SXM 80GB",
                                         "--set-aside", 0, code=0 if fits else DOES_NOT_FIT)["memory"]
                    self.assertAlmostEqual(memory["total_bytes"] / GIB / (states + activations), 1, delta=0.10)


class Refusals(LayoutTest):
    def test_layouts_that_do_not_divide(self):
        for arguments, words in [(["--tensor-parallel", 3], ["--tensor-parallel", "32 heads"]),
                                 (["--pipeline-parallel", 5], ["--pipeline-parallel", "32 layers"]),
                                 (["--pipeline-parallel", 2, "--interleaving", 3], ["32 layers"]),
                                 (["--interleaving", 2], ["--interleaving"]),
                                 (["--context-parallel", 3], ["--context-parallel", "4096"]),
                                 (["--devices", 48], ["64", "--batch-sequences"]),
                                 (["--devices", 6, "--tensor-parallel", 4], ["--devices", "no multiple of the 4"]),
                                 (["--expert-parallel", 2, "--devices", 2], ["no experts"]),
                                 (["--sequence-parallel"], ["--sequence-parallel"]),
                                 (["--trainable", "some"], ["--trainable", "lora:RANK"]),
                                 (["--trainable", "lora:0"], ["--trainable"]),
                                 (["--expert-parallel", 2, "--trainable", "lora:8", "--devices", 2],
                                  ["--trainable", "--expert-parallel"]),
                                 (["--fit"], ["--devices"]),
                                 (["--fit", "--devices", 7], ["--devices", "no layout of 7 devices"]),
                                 (["--fit", "--devices", 8, "--zero", 3], ["--fit", "--zero"])]:
            with self.subTest(arguments):
                self.assertRefused(self.llama(*arguments), 2, *words)

    def test_adapters_of_latent_attention(self):
        model = json.loads((SOURCE / "docs/examples/gpt2.json").read_text(encoding="utf-8"))
        model["latent"] = {"key_value_rank": 64, "rope_width": 16, "value_width": 64}
        self.assertRefused(derate("estimate", "layout", self.written(model), "--device", "H200",
                                  "--trainable", "lora:8"), 2, "--trainable", "latent")

    def test_a_context_beyond_the_model(self):
        path = self.folder() / "config.json"
        path.write_text(json.dumps(config_of("Llama-3-8B")))
        self.assertRefused(derate("estimate", "layout", path, "--device", "L4", "--batch-sequences", 1, "--context", 9000),
                           2, "--context", "8192")
        self.assertRefused(derate("estimate", "layout", path, "--device", "L4", "--batch-sequences", 2, "--context", 90,
                                  "--devices", 2), 2, "--link-bytes-per-s")


class Layouts(LayoutTest):
    def json(self, *arguments, code=0):
        result = self.llama(*arguments, "--format", "json")
        self.assertEnds(result, code)
        return json.loads(result.stdout)

    def test_a_measured_link_stands_in_for_the_option(self):
        measured = self.measured()
        self.assertEnds(measured, 0)
        self.assertIn("link inside a node: measured: transfer/peer", " ".join(measured.stdout.split()))
        given = self.measured("--link-bytes-per-s", "8e9..1.25e10")
        self.assertNotIn("transfer/peer", given.stdout)
        slow = json.loads(self.measured("--link-bytes-per-s", "1e9", "--format", "json").stdout)
        quick = json.loads(self.measured("--format", "json").stdout)
        self.assertGreater(slow["layouts"][0]["step_s"]["value"], quick["layouts"][0]["step_s"]["value"])

    def test_stages_lie_farthest_apart(self):
        # Four stages of eight devices, a node each: all between them goes over the slow link.
        layout = [self.written(json.loads((SOURCE / "docs/examples/gpt2.json").read_text(encoding="utf-8"))),
                  "--device", "H200", "--devices", 32, "--tensor-parallel", 2, "--pipeline-parallel", 4,
                  "--batch-sequences", 32, "--link-bytes-per-s", "450e9", "--format", "json"]
        step = {rate: json.loads(derate("estimate", "layout", *layout, "--node-link-bytes-per-s", rate).stdout)
                for rate in (1000, 2000)}
        slow, quick = (step[rate]["layouts"][0]["pipeline_s"]["value"] for rate in (1000, 2000))
        self.assertAlmostEqual(slow / quick, 2, places=3)

    def test_gathered_weights_of_four_bits_are_fewer_bytes(self):
        def gathered(trainable):
            result = self.llama("--devices", 64, "--zero", 3, "--trainable", trainable, "--format", "json")
            self.assertEnds(result, 0)
            return json.loads(result.stdout)["layouts"][0]["data_s"]["high"]
        self.assertLess(gathered("qlora:16"), 0.5 * gathered("lora:16"))

    def test_a_csv_is_a_table_alone(self):
        for arguments in ([], ["--fit"]):
            parallel = ["--devices", 8, *arguments] if arguments else ["--devices", 8, "--zero", 3]
            text = self.llama(*parallel, "--format", "csv").stdout
            rows = list(csv.reader(text.splitlines()))
            self.assertGreater(len(rows), 2)
            self.assertEqual({len(row) for row in rows}, {len(rows[0])}, text)

    def test_its_parts_add_up(self):
        layout = self.json("--devices", 64, "--tensor-parallel", 4, "--pipeline-parallel", 4, "--zero", 1)["layouts"][0]
        parts = sum(layout[f"{part}_s"]["value"]
                    for part in ["compute", "recompute", "tensor", "bubble", "pipeline", "data", "update"])
        self.assertAlmostEqual(parts, layout["step_s"]["value"])
        self.assertEqual(layout["data_parallel"], 4)
        self.assertLess(layout["mfu"], 1)

    def test_what_does_not_fit_is_not_timed(self):
        found = self.json("--devices", 1, code=DOES_NOT_FIT)["layouts"][0]
        self.assertFalse(found["memory"]["fits"])
        self.assertNotIn("step_s", found)
        self.assertIn("does not fit", self.llama("--devices", 1).stdout)

    def test_experts_are_shared_by_fewer_devices(self):
        path = self.folder() / "config.json"
        path.write_text(json.dumps(config_of("Mixtral-8x7B")))
        found = {}
        for experts in [1, 8]:
            result = derate("estimate", "layout", path, "--device", "H200", "--devices", 64, "--expert-parallel", experts,
                            "--zero", 2, "--batch-sequences", 64, "--context", 4096, "--recompute", "full", *links(),
                            "--format", "json")
            found[experts] = json.loads(result.stdout)["layouts"][0]["memory"]
        self.assertLess(found[8]["weights_bytes"], found[1]["weights_bytes"] / 5)
        self.assertAlmostEqual(found[8]["optimizer_bytes"] / found[1]["optimizer_bytes"], 1, places=6)

    def test_adapters_need_little_memory(self):
        whole = self.json("--devices", 1, code=DOES_NOT_FIT)["layouts"][0]["memory"]
        adapters = self.json("--devices", 1, "--trainable", "qlora:16", "--recompute", "full")["layouts"][0]["memory"]
        self.assertLess(adapters["optimizer_bytes"], whole["optimizer_bytes"] / 100)
        self.assertLess(adapters["weights_bytes"], whole["weights_bytes"] / 3)

    def test_the_quickest_layout_comes_first(self):
        layouts = self.json("--devices", 64, "--fit", "--tokens", "1T")["layouts"]
        self.assertEqual(len(layouts), 10)
        times = [layout["step_s"]["value"] for layout in layouts]
        self.assertEqual(times, sorted(times))
        self.assertTrue(all(layout["memory"]["fits"] and layout["devices"] == 64 for layout in layouts))
        naive = self.json("--devices", 64, "--tensor-parallel", 8, "--recompute", "full")["layouts"][0]
        self.assertLess(times[0], naive["step_s"]["value"])
        self.assertIn("device hours", self.llama("--devices", 64, "--fit", "--tokens", "1T").stdout)

    def test_nothing_fits(self):
        path = self.folder() / "config.json"
        path.write_text(json.dumps(config_of("Llama-3.1-405B")))
        result = derate("estimate", "layout", path, "--device", "L4", "--batch-sequences", 8, "--context", 4096,
                        "--devices", 8, "--fit", *links())
        self.assertEnds(result, DOES_NOT_FIT)
        self.assertIn("No layout", result.stdout)


if __name__ == "__main__":
    unittest.main()
