# SPDX-License-Identifier: Apache-2.0
# The host in control groups of its own, as a container has them: no process is killed for its memory,
# every row says why it was not measured, and a part of a core is a device of that part.
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import unittest

from cli import BENCH, BRIEF, DERATE, CliTest, read_lines

MOUNT = pathlib.Path("/sys/fs/cgroup")
NAME = f"derate-test-{os.getpid()}"
MIB = 1 << 20
# Those that took most, and one that takes next to nothing.
ROWS = "(memory|gemm/tiled|vector_add|fma_chain/simd/f32)"


def folder_of(controller):
    """Where groups of this controller can be made; None where they cannot."""
    v2 = MOUNT / "cgroup.subtree_control"
    if v2.exists() and controller in v2.read_text().split():
        return MOUNT
    v1 = MOUNT / controller
    return v1 if v1.is_dir() and not v2.exists() else None


@contextlib.contextmanager
def group(controller, limits):
    """A group with the first of `limits` whose file is there; gives the file that takes processes."""
    folder = folder_of(controller) / NAME
    folder.mkdir()
    try:
        for file, text in limits.items():
            if (folder / file).exists():
                (folder / file).write_text(text)
                break
        yield folder / "cgroup.procs"
    finally:
        folder.rmdir()


def measured_within(processes, folder, *arguments):
    """Records, and how derate_bench ended, in a group."""
    out = folder / "records.jsonl"
    command = [BENCH, "--derate_device=host", *BRIEF, f"--derate_out={out}", *arguments]
    ended = subprocess.run(["sh", "-c", f'echo $$ > {processes}; exec "$@"', "sh", *command],
                           capture_output=True, text=True, encoding="utf-8", timeout=200)
    return read_lines(out), ended


@unittest.skipUnless(folder_of("memory"), "no control groups of memory can be made here")
class MemoryTest(CliTest):
    def test_no_row_is_killed_in_300_mib(self):
        with group("memory", {"memory.max": str(300 * MIB),
                              "memory.limit_in_bytes": str(300 * MIB)}) as processes:
            for cache in "cold", "hot":
                records, ended = measured_within(processes, self.folder(), f"--derate_cache={cache}",
                                                 f"--benchmark_filter={ROWS}")
                self.assertEqual([r for r in records if r["outcome"] in ("failed", "incorrect")], [])
                self.assertNotIn("ended its process", ended.stderr)
                for record in records:
                    self.assertEqual(record["memory_bytes"], 300 * MIB)
                    if record["outcome"] == "unsupported":
                        self.assertRegex(record["message"], "MiB of memory|MB of memory|leaves")
                passed = [r["workload"] for r in records if r["outcome"] != "unsupported"]
                self.assertIn("fma_chain", passed)
            self.assertIn("gemm", passed)  # hot


@unittest.skipUnless(folder_of("cpu"), "no control groups of CPU time can be made here")
class QuotaTest(CliTest):
    def test_half_a_core_is_half_a_peak(self):
        with group("cpu", {"cpu.max": "50000 100000", "cpu.cfs_quota_us": "50000"}) as processes:
            records, ended = measured_within(processes, self.folder(),
                                             "--benchmark_filter=fma_chain/simd/f32")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        (record,) = records
        self.assertEqual(record["compute_units"], 0.5)
        self.assertIn("quota is 0.5 of one core", record["device_remark"])
        # Samples of five periods see the pauses: without them the chain has all of its core, twice the
        # peak of half of it.
        self.assertNotEqual(record["outcome"], "suspect", record)
        rate = record["flops"] / statistics.median(record["samples_s"])
        peak = record["peak_per_clock"] * statistics.median(record["clocks_hz"])
        self.assertLess(rate / peak, 1.2)


if __name__ == "__main__":
    if os.geteuid() != 0 or not (folder_of("memory") or folder_of("cpu")):
        sys.exit(77)
    unittest.main()
