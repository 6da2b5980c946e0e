# SPDX-License-Identifier: Apache-2.0
# scripts/gpu_check from end to end in a folder as scripts/bundle packs it, on programs that act as if
# there were a GPU (fake_gpu.py) and on the real ones for what needs none: the order, the limits, the
# outcomes and the summary, and steps that hang, crash or answer garbage.
import concurrent.futures
import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

import cli

SCRIPTS = cli.SOURCE / "scripts"
HERE = pathlib.Path(__file__).resolve().parent
STEPS = ["facts", "tests", "side_by_side", "pytorch", "stamps", "memory_sum", "tune", "quick", "sanitizers",
         "shapes", "sustained", "noise"]
MOST_FILES = 12


@functools.cache
def suites():
    """What a GPU would be asked to measure; skips all tests where the build has no kernels for one."""
    path = pathlib.Path(tempfile.mkstemp(prefix="derate-suites-")[1])
    unittest.addModuleCleanup(path.unlink)
    subprocess.run([cli.BIN / "derate_contract_tests", "--gtest_filter=Suites.NameEachBenchmarkOnce"],
                   env={**os.environ, "DERATE_WRITE_SUITES": str(path)}, stdout=subprocess.DEVNULL, check=True)
    return path if path.stat().st_size else None


class Check:
    """One call of gpu_check: its folder, what it says, and which commands it gave."""

    def __init__(self, root, faults=(), scale=1, device="NVIDIA H200", torch="", real=(), extra=None):
        self.root, self.out = root, root / "out"
        bundle, tools = root / "bundle", root / "tools"
        (bundle / "bin").mkdir(parents=True)
        tools.mkdir()
        shutil.copy(SCRIPTS / "gpu_check", bundle)
        (bundle / "gpu_check_parts").symlink_to(SCRIPTS / "gpu_check_parts")
        fake = root / "fake_gpu"
        fake.write_text(f"#!{sys.executable} -SE\n" + (HERE / "fake_gpu.py").read_text(encoding="utf-8"),
                        encoding="utf-8")
        fake.chmod(0o755)
        for name in ("derate", "derate_bench", "derate_contract_tests"):
            (bundle / "bin" / name).symlink_to(cli.BIN / name if name in real else fake)
        for name in ("compute-sanitizer", "nvidia-smi"):
            (tools / name).symlink_to(fake)
        (tools / "python3").symlink_to(sys.executable)
        self.log, self.pids = root / "log", root / "pids"
        self.pids.touch()
        given = {"bin": str(cli.BIN), "suites": str(suites()), "device": device, "faults": list(faults),
                 "pattern": str(cli.SOURCE / "tests/golden/records.jsonl"), "log": str(self.log),
                 "pids": str(self.pids)}
        (root / "given.json").write_text(json.dumps(given), encoding="utf-8")
        self.environment = {
            **os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "FAKE_GPU": str(root / "given.json"),
            "FAKE_TORCH": torch, "PYTHONPATH": str(HERE / "fake_torch"), "CUDA_VISIBLE_DEVICES": "",
            "DERATE_GPU_CHECK_TIME_SCALE": str(scale), **(extra or {})}
        self.began = time.monotonic()
        self.process = subprocess.Popen([bundle / "gpu_check", self.out], env=self.environment, text=True,
                                        encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self):
        try:
            self.stdout, self.stderr = self.process.communicate(timeout=120)
        finally:
            self.process.kill()
            self.left = self.left_running()
            for pid in self.left:
                os.kill(pid, signal.SIGKILL)
        self.time_s = time.monotonic() - self.began
        self.code = self.process.returncode
        return self

    def left_running(self):
        """Of the programs that had to be ended, those that were not."""
        left = []
        for pid in map(int, self.pids.read_text().split()):
            try:
                state = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            except FileNotFoundError:
                continue
            if state != "Z":
                left.append(pid)
        return left

    def outcome(self, step):
        """Its outcome, and its reason with the figures below."""
        text = (self.out / "summary.txt").read_text(encoding="ascii")
        found = re.search(rf"^{step} +(to come|\w+) +(?:\d+ s)?  (.*(?:\n    .*)*)", text, re.MULTILINE)
        return found.groups() if found else (None, text)

    def commands(self):
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]


class GpuCheckTest(cli.CliTest):
    @classmethod
    def setUpClass(cls):
        if not suites():
            raise unittest.SkipTest("this build has no kernels for a GPU")
        holder = tempfile.TemporaryDirectory(prefix="derate-gpu-check-")
        cls.addClassCleanup(holder.cleanup)
        cls.roots = pathlib.Path(holder.name)
        # Most of their time is waiting.
        cls.pool = concurrent.futures.ThreadPoolExecutor(4)
        cls.addClassCleanup(cls.pool.shutdown)
        cls.calls = {name: cls.pool.submit(call, cls.roots / name) for name, call in CALLS.items()}

    def check(self, name):
        return self.calls[name].result()

    def assertOutcome(self, check, step, outcome, *words):
        found, why = check.outcome(step)
        self.assertEqual(found, outcome, f"{step}: {why}\n{check.stderr}")
        for word in words:
            self.assertIn(word, why)

    def assertSummary(self, check):
        """Printed first, short, plain, and with a line of its own for every step."""
        text = (check.out / "summary.txt").read_text(encoding="ascii")
        self.assertTrue(check.stdout.startswith(text), check.stdout)
        self.assertLessEqual(len(text.splitlines()), 40)
        self.assertEqual([line.split()[0] for line in text.splitlines()[2:] if not line.startswith(" ")], STEPS)
        self.assertLessEqual(len(list(check.out.iterdir())), MOST_FILES)
        self.assertEqual(check.left, [], "programs that were to be ended run on")

    def test_all_limits_and_ends_are_within_eight_minutes(self):
        lines = subprocess.run([SCRIPTS / "gpu_check", "--list"], capture_output=True, text=True, check=True).stdout
        rows = [line.split()[:2] for line in lines.splitlines()]
        self.assertEqual([name for name, _ in rows[1:-2]], STEPS)
        ending, most = (int(value.rstrip(":")) for _, value in rows[-2:])
        fixed = [int(limit) for _, limit in rows[1:-2] if "-" not in limit]
        self.assertEqual(len(fixed), 9)
        finding = int(re.search(r"with (\d+) for finding", lines)[1])
        self.assertEqual(most, sum(fixed) + len(fixed) * ending + finding)
        self.assertLessEqual(most, 480)

    def test_a_program_ends_with_its_step_whatever_its_own_limit(self):
        began = time.monotonic()
        script = ("ms_per_second=1000 log=/dev/null; source gpu_check_parts/limits; grace_s=1; now_ms;"
                  "step_end_ms=$((now + 300)); within 60 sleep 50; echo $? $cut")
        result = cli.run("bash", "-c", script, cwd=SCRIPTS)
        self.assertEqual(result.stdout, "124 1\n", result.stderr)
        self.assertLess(time.monotonic() - began, 20)

    def test_a_healthy_gpu_passes_every_step_in_order(self):
        check = self.check("healthy")
        self.assertEqual(check.code, 0, check.stdout + check.stderr)
        self.assertSummary(check)
        for step in STEPS:
            self.assertOutcome(check, step, "passed")
        self.assertEqual([line.split()[1].rstrip(",") for line in check.stderr.splitlines()], STEPS)
        self.assertEqual(sorted(path.name for path in check.out.iterdir()),
                         ["calibration.json", "devices.json", "machine.txt", "pytorch.jsonl", "records.jsonl",
                          "report.md", "run.txt", "sanitizers.txt", "summary.txt", "tests.txt", "tuning.json"])

    def test_key_figures_stand_in_the_summary(self):
        check = self.check("healthy")
        self.assertIn("NVIDIA H200, 132 SMs, driver 999.1", check.stdout.splitlines()[0])
        self.assertOutcome(check, "facts", "passed", "cublas 13.1")
        self.assertOutcome(check, "tests", "passed", "wgmma ", "gemm ", "others ")
        self.assertOutcome(check, "side_by_side", "passed",
                           "bf16 tma_wgmma of cublas_lt: random 98.0 %, 740 TFLOP/s at 1.500 GHz; zeros 98.0 %,"
                           " 822.2 TFLOP/s at 1.500 GHz (expected 95 to 102 % random)",
                           "f32 multistage of cublas: random 105.0 %, 42 TFLOP/s")
        # 2 * 8192^3 FLOP in 1.4 ms, and 16 GB in 2 ms.
        self.assertOutcome(check, "pytorch", "passed", "6 figures",
                           "bf16: random 785.4 TFLOP/s, own 740 TFLOP/s, library 755 TFLOP/s; zeros 872.6",
                           "f32: random 49.98 TFLOP/s, own 42 TFLOP/s, library 40 TFLOP/s",
                           "copy: random 8000 GB/s")
        self.assertOutcome(check, "stamps", "passed", "every SM leaves a stamp", "at 1.500 GHz, 99.0 % of 2NC",
                           "mma_chain bf16 zeros", "(expected at least 97 %)")
        self.assertOutcome(check, "memory_sum", "passed", "GiB: 4300 GB/s", "(expected 4500 to 4700 GB/s)")
        self.assertOutcome(check, "tune", "passed", "multistage f32: 42 TFLOP/s with a, tuned", "mma_sync bf16")
        self.assertOutcome(check, "quick", "passed", "vector_add 4300 GB/s", "wgmma of 2NC at clock", "best gemm: ")
        self.assertOutcome(check, "sanitizers", "passed", "clean: synccheck memcheck synccheck racecheck")

    def test_the_order_is_that_of_the_list(self):
        commands = [" ".join(command) for command in self.check("healthy").commands()]
        wanted = ["derate devices --format json", "derate devices", "nvidia-smi -q", "derate run .*gemm/cublas ",
                  r"derate_contract_tests .*\*cuda\*wgmma", r"derate_contract_tests .*cuda_gemm\*:-",
                  "derate_contract_tests .*:-", "derate run .*--side-by-side .*bf16", "derate run .*--side-by-side .*f32",
                  "derate_contract_tests .*stamp", "derate run .*fma_chain", "derate run .*memory_sum",
                  "derate run .*--tune ", "derate run --device cuda:0 --out [^ ]* --rounds 2$",
                  "compute-sanitizer --tool synccheck .*tma_wgmma", "compute-sanitizer --tool memcheck",
                  "compute-sanitizer --tool synccheck .*multistage.*mma_sync",
                  "compute-sanitizer --tool racecheck .*memory_.*multistage", "derate run .*--suite shapes",
                  "derate run .*--mode sustained", "derate noise"]
        commands = [each for each in commands if not each.startswith(("derate report", "derate --version"))]
        self.assertEqual(len(commands), len(wanted), "\n".join(commands))
        for command, pattern in zip(commands, wanted):
            self.assertRegex(command, "^" + pattern)

    def test_derate_takes_the_flags(self):
        check = self.check("healthy")
        runs = [command for command in check.commands() if command[:2] == ["derate", "run"]]
        for number, command in enumerate(runs):
            command[command.index("--out") + 1] = str(check.root / f"none{number}")
            result = cli.derate(*command[1:], env={**os.environ, "CUDA_VISIBLE_DEVICES": ""})
            self.assertRefused(result, 2, 'no device "cuda:0"')

    def test_what_fails_is_named_and_the_rest_is_measured(self):
        check = self.check("failing")
        self.assertEqual(check.code, 1)
        self.assertSummary(check)
        self.assertOutcome(check, "facts", "partial", "cublas 13.1; ", "1 failed", "out of device memory")
        self.assertOutcome(check, "tests", "failed", "gemm: exit code 139", "others ")
        self.assertOutcome(check, "side_by_side", "failed", "1 wrong", "c[7] is 1, not 2 ???")
        self.assertOutcome(check, "pytorch", "failed", "bf16 product of uniform data is not the product")
        self.assertOutcome(check, "stamps", "partial", "Only 131 of 132 SMs left a stamp; 3 rows")
        self.assertOutcome(check, "memory_sum", "failed", "nothing measured: ")
        self.assertOutcome(check, "tune", "partial", "exit code 9")
        self.assertOutcome(check, "quick", "partial", "1 failed: ")
        self.assertOutcome(check, "sanitizers", "failed", "racecheck: exit code 9", "ERROR SUMMARY: 1 errors")
        self.assertOutcome(check, "shapes", "failed", "nothing measured, exit code 139: about to fall over")
        self.assertOutcome(check, "noise", "failed", "exit code 9", "something odd")
        self.assertGreater((check.out / "records.jsonl").stat().st_size, 0)

    def test_what_does_not_end_is_cut_with_all_its_processes(self):
        check = self.check("hanging")
        self.assertEqual(check.code, 1)
        self.assertSummary(check)
        self.assertOutcome(check, "tests", "partial", "cut wgmma: in nothing", "gemm ")
        self.assertOutcome(check, "pytorch", "partial", "cut off after 30 s; 4 figures", "bf16: random 785.4")
        self.assertOutcome(check, "memory_sum", "partial", "cut off after 30 s; ", "GiB: 4300 GB/s")
        self.assertOutcome(check, "sanitizers", "partial", "cut: racecheck")
        # What was written to the end is there, and what follows a cut line is not lost.
        records = (check.out / "records.jsonl").read_text(encoding="utf-8").splitlines()
        cut = [line for line in records if not line.endswith("}")]
        self.assertLessEqual(len(cut), 1)
        self.assertLess(check.most_said, 40e6)
        for path in check.out.iterdir():
            self.assertLess(path.stat().st_size, 20e6, path)

    def test_asked_to_end_it_still_says_what_it_knows(self):
        check = self.check("stopped")
        self.assertEqual(check.code, 1)
        self.assertSummary(check)
        self.assertIn("ended by SIGTERM", check.stdout.splitlines()[1])
        self.assertOutcome(check, "facts", "partial", "no cuBLAS; ", "out of device memory")
        self.assertOutcome(check, "pytorch", "skipped", "no PyTorch: No module named 'torch'")
        self.assertOutcome(check, "tune", "passed")
        self.assertOutcome(check, "quick", "partial", "ended by SIGTERM; ")
        self.assertOutcome(check, "sanitizers", "skipped", "ended by SIGTERM")
        self.assertOutcome(check, "noise", "skipped", "ended by SIGTERM")

    def test_a_program_that_sigkill_does_not_end_is_left_behind(self):
        check = self.check("stuck")
        self.assertEqual(check.code, 1)
        self.assertEqual(len(check.left), 1, "it was ended, so that nothing is tested")
        self.assertLess(check.time_s, 30)
        self.assertOutcome(check, "facts", "failed", "derate devices gave no answer")
        self.assertOutcome(check, "tests", "skipped", "no device to run it on")

    def test_without_an_answer_about_devices_nothing_is_run(self):
        check = self.check("silent")
        self.assertEqual(check.code, 1)
        self.assertSummary(check)
        self.assertOutcome(check, "facts", "failed", "derate devices named none: ")

    def test_without_a_gpu_it_says_so(self):
        check = self.check("no gpu")
        self.assertEqual(check.code, 77, check.stderr)
        self.assertRegex(check.stdout, r"\Agpu_check: no GPU: no cuda device: .+\n\Z")
        self.assertEqual(list(check.out.iterdir()), [])

    def test_it_takes_one_folder(self):
        for arguments in ([], ["--odd"]):
            result = cli.run(SCRIPTS / "gpu_check", *arguments)
            self.assertEnds(result, 2)
            self.assertIn("usage: gpu_check FOLDER", result.stdout)
        result = cli.run(SCRIPTS / "gpu_check", "/proc/none")
        self.assertEnds(result, 2)
        self.assertIn("cannot write to /proc/none", result.stderr)

    def test_it_follows_no_link(self):
        folder = self.folder()
        bundle = folder / "bundle"  # without programs, so that nothing is built or run
        shutil.copytree(SCRIPTS / "gpu_check_parts", bundle / "gpu_check_parts")
        shutil.copy(SCRIPTS / "gpu_check", bundle)
        (folder / "victim").write_text("precious")
        (folder / "out").mkdir()
        (folder / "out" / "summary.txt").symlink_to(folder / "victim")
        result = cli.run(bundle / "gpu_check", folder / "out")
        self.assertEnds(result, 2)
        self.assertIn("symbolic links", result.stderr)
        self.assertEqual((folder / "victim").read_text(), "precious")


# A process that the driver does not let go: a kill of more than one process ends none.
NOT_KILLED = {"BASH_FUNC_kill%%": '() { [ $# != 2 ] || builtin kill "$@"; }'}


def hanging(root):
    """Steps that do not end; how much was kept of what one says without end."""
    check = Check(root, [
        [r"_tests .*=\*cuda\*wgmma", "stubborn"], ["memory_sum", "cut within a line"],
        ["--tool racecheck", "endless"]], scale=0.08, torch="slow")
    check.most_said = 0
    while check.process.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            check.most_said = max(check.most_said, (check.out / "running.txt").stat().st_size)
        time.sleep(0.05)
    return check.finish()


def stopped(root):
    """Asked to end while the quick suite hangs; without cuBLAS and PyTorch."""
    check = Check(root, [["--rounds 2$", "rows, then hang"], ["gemm/cublas ", "all failed"]], torch="absent")
    deadline = time.monotonic() + 60
    while not (check.out / "records.jsonl").exists() or '"workload": "launch"' not in (
            check.out / "records.jsonl").read_text(encoding="utf-8"):
        if check.process.poll() is not None or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    check.process.send_signal(signal.SIGTERM)
    return check.finish()


CALLS = {
    "hanging": hanging,
    "healthy": lambda root: Check(root).finish(),
    "stopped": stopped,
    "failing": lambda root: Check(root, [
        ["gemm/cublas ", "one failed"], [r"^derate_contract_tests .*cuda_gemm\*:-", "crash"], ["side-by-side .*/bf16", "one wrong"],
        ["stamp", "unseen SMs"], ["memory_sum", "garbage"], ["run .*--tune ", "rows, then exit"],
        ["--rounds 2$", "one failed"], ["--tool racecheck", "races"], ["--suite shapes", "crash"],
        ["noise", "exit"]], torch="wrong").finish(),
    "stuck": lambda root: Check(root, [["devices", "hang"]], scale=0.1, extra=NOT_KILLED).finish(),
    "silent": lambda root: Check(root, [["devices", "crash"]]).finish(),
    # Nor a folder for temporary files, as under a read-only root.
    "no gpu": lambda root: Check(root, real=["derate"], extra={"TMPDIR": "/nonexistent"}).finish(),
}

if __name__ == "__main__":
    unittest.main()
