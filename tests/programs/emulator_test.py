# SPDX-License-Identifier: Apache-2.0
# The programs for Arm under qemu-user: no time there is a measurement, and cores are named by what the kernel
# shows of them, here files of the form that Linux has on a GH200 and on a Graviton 2.
import pathlib
import platform
import subprocess
import unittest

from cli import BENCH, BRIEF, DERATE, FMA, CliTest, bench, derate, devices, read_lines

EMULATED = BENCH.read_bytes()[18] == 183 and platform.machine() != "aarch64"  # e_machine is EM_AARCH64
NOTE = "runs under an emulator (qemu-aarch64), so that no time is a measurement"


def processor(number, part):
    return (f"processor\t: {number}\nBogoMIPS\t: 2000.00\nFeatures\t: fp asimd evtstrm aes sve sve2\n"
            "CPU implementer\t: 0x41\nCPU architecture: 8\nCPU variant\t: 0x0\n"
            f"CPU part\t: {part}\nCPU revision\t: 0\n\n")


@unittest.skipUnless(EMULATED, "these programs run on a real CPU")
class Emulator(CliTest):
    def on(self, part, cpus=8):
        """derate devices where /proc/cpuinfo and /sys/devices/system/cpu are those of such cores."""
        folder = self.folder()
        cpuinfo = folder / "cpuinfo"
        cpuinfo.write_text("".join(processor(i, part) for i in range(cpus)))
        for cpu in range(cpus):
            frequency = folder / f"cpu/cpu{cpu}/cpufreq"
            frequency.mkdir(parents=True)
            (frequency / "cpuinfo_max_freq").write_text("3100000\n")
        command = 'mount --bind "$1" /proc/cpuinfo && mount --bind "$2" /sys/devices/system/cpu && exec "$3" devices'
        return subprocess.run(["unshare", "-m", "bash", "-c", command, "bash", cpuinfo, folder / "cpu", DERATE],
                              capture_output=True, text=True, timeout=100)

    def test_is_a_note_on_the_device(self):
        self.assertIn(NOTE, devices()[0]["remark"])

    def test_names_a_neoverse_v2_and_its_peak(self):
        done = self.on("0xd4f")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Arm Neoverse V2", done.stdout)
        self.assertIn("neoverse_v2", done.stdout)
        self.assertIn("Arm Neoverse V2 Software Optimization Guide (109898), FMLA", done.stdout)

    def test_names_a_core_without_a_rate(self):
        done = self.on("0xd08")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("no rate is known for this kind of core (Arm Cortex-A72)", done.stdout)

    def test_makes_every_row_suspect(self):
        out = self.folder() / "records.jsonl"
        done = bench(f"--benchmark_filter={FMA}", f"--derate_out={out}")
        self.assertEqual(done.returncode, 1, done.stderr)
        (record,) = read_lines(out)
        self.assertEqual(record["outcome"], "suspect")
        self.assertIn("measured under an emulator (qemu-aarch64)", record["message"])

    def test_has_no_calibration(self):
        out = self.folder() / "out"
        done = derate("run", "--device", "host", "--rounds", 1, f"--filter={FMA}", "--out", out, "--", *BRIEF)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("emulator", done.stdout)
        calibration = pathlib.Path(out) / "calibration.json"
        self.assertFalse(calibration.exists())


if __name__ == "__main__":
    unittest.main()
