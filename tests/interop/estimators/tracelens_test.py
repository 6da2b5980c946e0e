# SPDX-License-Identifier: Apache-2.0
# TraceLens' own source, given the exported architecture: its loader finds it, the names are those that
# its own benchmark writes, and its roofline finds the measured rates.
#
# TraceLens as a whole imports 300 MB of packages; what is asked here needs none, and is taken from its files.
import ast
import importlib
import json
import os
import pathlib
import sys
import tempfile
import types
import unittest

from exported import BANDWIDTH, ESTIMATORS, PEAK, export, need, records

SOURCE = need(ESTIMATORS / "TraceLens") / "TraceLens"
sys.path.insert(0, str(SOURCE / "Agent/Analysis/utils"))
arch_utils = importlib.import_module("arch_utils")


def definitions(path, *names):
    """Functions and constants of a file, without what the file imports."""
    tree = ast.parse((SOURCE / path).read_text())
    wanted = [node for node in tree.body
              if getattr(node, "name", None) in names
              or isinstance(node, ast.AnnAssign) and getattr(node.target, "id", None) in names]
    for node in wanted:
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(value="")
    scope = {}
    exec(compile(ast.fix_missing_locations(ast.Module(wanted, [])), path, "exec"), scope)
    assert set(names) <= set(scope), names
    return types.SimpleNamespace(**scope)


TREE = definitions("TreePerf/tree_perf.py", "get_compute_spec", "get_max_achievable_tflops")
KEYS = definitions("PerfModel/benchmarking/microbench.py", "ARCH_TLOPS_KEYS").ARCH_TLOPS_KEYS


class Operation:
    """A kernel of a trace, as its performance models are."""

    def __init__(self, kind, precision):
        self.kind, self.precision = kind, precision

    def get_maf_type(self):
        return self.kind

    def get_compute_precision(self):
        return self.precision


class TraceLens(unittest.TestCase):
    def arch(self, lines):
        """As it loads a platform of a package that $TL_EXTENSION names."""
        folder = tempfile.TemporaryDirectory(prefix="derate-tracelens-")
        self.addCleanup(folder.cleanup)
        place = pathlib.Path(folder.name) / "ours/Agent/Analysis/utils/arch"
        place.mkdir(parents=True)
        (pathlib.Path(folder.name) / "ours/__init__.py").write_text("")
        (place / "MINE.json").write_text(export("tracelens", lines)[0])
        sys.modules.pop("ours", None)
        sys.path.insert(0, folder.name)
        self.addCleanup(sys.path.remove, folder.name)
        os.environ["TL_EXTENSION"] = "ours"
        importlib.invalidate_caches()
        return arch_utils.load_arch("MINE")

    def test_the_fields_are_those_of_its_own_files(self):
        own = json.loads((SOURCE / "Agent/Analysis/utils/arch/MI300X.json").read_text())
        arch = self.arch(records())
        self.assertEqual(set(own), set(arch) - {"_reference"})
        self.assertLessEqual(set(arch["max_achievable_tflops"]), set(KEYS))
        for name in ("mem_bw_gbps", "memory_gb"):
            self.assertIsInstance(arch[name], (int, float))

    def test_finds_the_measured_rates(self):
        arch = self.arch(records())
        self.assertAlmostEqual(arch["mem_bw_gbps"] * 1e9 / BANDWIDTH, 0.85, places=4)
        self.assertAlmostEqual(arch["memory_gb"] * 2 ** 30 / 80e9, 1, places=4)
        rate = TREE.get_max_achievable_tflops(Operation("matrix", "bf16"), arch)
        self.assertAlmostEqual(rate * 1e12 / PEAK, 0.75, places=4)
        self.assertAlmostEqual(TREE.get_max_achievable_tflops(Operation("vector", "fp32"), arch), 45, places=3)

    def test_what_was_not_measured_has_no_roofline(self):
        self.assertIsNone(TREE.get_max_achievable_tflops(Operation("matrix", "fp8"), self.arch(records())))


if __name__ == "__main__":
    unittest.main()
