# SPDX-License-Identifier: Apache-2.0
# A function of Python's through the sampler: figures, outcomes, records that the program reads, Ctrl-C.
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import numpy

import derate

PROGRAM = os.path.join(os.environ["DERATE_BIN"], "derate")
BRIEF = {"flops": 1e6, "time_limit_s": 0.05}


def product(size=256):
    a = numpy.random.default_rng(1).random((size, size), dtype=numpy.float32)
    b = numpy.random.default_rng(2).random((size, size), dtype=numpy.float32)
    out = numpy.empty_like(a)
    expected = a.astype(numpy.float64) @ b
    return (lambda: numpy.matmul(a, b, out=out)), (lambda c: numpy.testing.assert_allclose(c, expected, rtol=1e-4))


class Figures(unittest.TestCase):
    def test_a_product_of_numpy_gets_a_part_of_the_peak(self):
        size = 512
        multiply, check = product(size)
        row = derate.measure(multiply, flops=2 * size**3, check=check, name="product", precision="f32",
                             problem={"m": size, "n": size, "k": size})
        self.assertIn(row.outcome, ("passed", "unstable"), row)  # as the machine has it
        record = row.record
        self.assertEqual((record["workload"], record["variant"], record["provider"], record["precision"]),
                         ("product", "numpy", "numpy", "f32"))
        self.assertEqual(record["library"], f"NumPy {numpy.__version__}")
        self.assertEqual((record["problem"], record["flops"], record["cache"]), ("m:512/n:512/k:512", 2**28, "hot"))
        self.assertGreaterEqual(len(row.samples_s), 10)
        self.assertAlmostEqual(row.time_s / statistics.median(row.samples_s), 1, places=8)
        self.assertAlmostEqual(row.achieved * row.time_s, 2**28, delta=2**10)
        if row.peak is None:
            self.skipTest("no peak is known of this CPU")
        self.assertGreater(row.eta_at_clock, 0)
        self.assertLess(row.eta_at_clock, 1.05)
        self.assertAlmostEqual(row.eta, row.achieved / row.peak, places=9)
        self.assertLessEqual(row.interval[0], row.eta)
        self.assertGreaterEqual(row.interval[1], row.eta)

    def test_a_known_time_comes_out(self):
        """Sample by sample what the calls themselves say that they took, however busy the machine is."""
        for duration_s in (2e-3, 30e-3):
            with self.subTest(duration_s=duration_s):
                took_s = []

                def sleep():
                    begin = time.perf_counter()
                    time.sleep(duration_s)
                    took_s.append(time.perf_counter() - begin)

                row = derate.measure(sleep, flops=1e6, time_limit_s=0.5)
                launches = row.record["launches_per_sample"]
                last = took_s[-1 - launches * len(row.samples_s):-1]  # behind them is the call that is checked
                known_s = [sum(last[i:i + launches]) / launches for i in range(0, len(last), launches)]
                self.assertEqual(len(known_s), len(row.samples_s))
                for known, measured in zip(known_s, row.samples_s):
                    self.assertGreaterEqual(measured, known)
                self.assertAlmostEqual(statistics.median(row.samples_s) / statistics.median(known_s), 1, delta=0.02)
                self.assertAlmostEqual(row.time_s / statistics.median(row.samples_s), 1, places=8)
                self.assertGreaterEqual(row.time_s, duration_s)
                self.assertAlmostEqual(row.achieved, 1e6 / row.time_s, places=3)

    def test_short_calls_are_taken_together(self):
        calls = 0

        def count():
            nonlocal calls
            calls += 1

        row = derate.measure(count, **BRIEF)
        self.assertGreater(row.record["launches_per_sample"], 1000)
        self.assertLess(row.time_s, 5e-6)
        self.assertGreaterEqual(calls, row.record["launches_per_sample"] * len(row.samples_s))

    def test_the_bound_is_the_one_that_takes_longer_at_its_peak_or_the_users(self):
        memory = derate.measure(lambda: None, bytes=8, time_limit_s=0.05)
        self.assertEqual((memory.bound, memory.record["bytes"], memory.record["flops"]), ("memory", 8, 0))
        self.assertAlmostEqual(memory.achieved * memory.time_s, 8, places=6)
        both = derate.measure(lambda: None, flops=1e9, bytes=8, bound="memory", time_limit_s=0.05)
        self.assertEqual((both.bound, both.record["flops"]), ("memory", 1e9))
        self.assertEqual(derate.measure(lambda: None, flops=1, bytes=8, time_limit_s=0.05).bound, "compute",
                         "no peak of a host's memory is known")

    def test_rounds_make_one_row(self):
        row = derate.measure(lambda: time.sleep(1e-3), rounds=3, run="mine", **BRIEF)
        self.assertEqual([record["run"] for record in row.records], ["mine"] * 3)
        self.assertEqual(len(row.samples_s), sum(len(record["samples_s"]) for record in row.records))

    def test_other_threads_run_meanwhile(self):
        """Although the function never lets go of the interpreter's lock itself."""
        ran, ended = [], threading.Event()

        def run():
            while not ended.wait(1e-3):
                ran.append(None)

        thread = threading.Thread(target=run)
        thread.start()
        before = len(ran)
        derate.measure("abc".upper, flops=1, rounds=3)
        while_measuring = len(ran) - before
        ended.set()
        thread.join()
        self.assertGreater(while_measuring, 10)


class Outcomes(unittest.TestCase):
    def test_a_wrong_result_is_never_timed(self):
        def refuse(_):
            raise AssertionError("element 3\n  is 4")

        for check, message in ((lambda _: False, "check returned False"),
                               (lambda _: "element 7 is NaN", "element 7 is NaN"),
                               (refuse, "AssertionError: element 3 is 4"), (lambda c: c == 4, "check returned False"),
                               (lambda _: numpy.bool_(False), "check returned False")):
            with self.subTest(message=message):
                row = derate.measure(lambda: 3, check=check, **BRIEF)
                self.assertEqual((row.outcome, row.message), ("incorrect", "wrong result before timing: " + message))
                self.assertEqual((row.samples_s, row.eta, row.achieved, row.time_s), ([], None, None, None))

    def test_a_result_that_goes_wrong_meanwhile_is_found(self):
        calls = []

        def drift():
            calls.append(None)
            return len(calls) < 100

        row = derate.measure(drift, check=lambda right: right, **BRIEF)
        self.assertEqual((row.outcome, row.message), ("incorrect", "wrong result after timing: check returned False"))
        self.assertEqual(row.samples_s, [])

    def test_what_is_right_may_be_said_in_several_ways(self):
        for right in (None, True, numpy.bool_(True), "", 1):
            with self.subTest(right=right):
                row = derate.measure(lambda: None, check=lambda _: right, **BRIEF | {"flops": 1})
                self.assertIn(row.outcome, ("passed", "unstable"))

    def test_a_product_that_is_wrong_in_one_element_is_incorrect(self):
        multiply, check = product()

        def spoilt():
            c = multiply()
            c[17, 3] += 1
            return c

        row = derate.measure(spoilt, check=check, **BRIEF)
        self.assertEqual(row.outcome, "incorrect")
        self.assertIn("Mismatched elements: 1 / 65536", row.message)

    def test_an_exception_is_a_failure_with_its_text(self):
        calls = []

        def refuse():
            calls.append(None)
            raise ValueError("shapes (2,3) and (4,5)\n do not fit \udc80")

        row = derate.measure(refuse, name="fails", **BRIEF)
        self.assertEqual((row.outcome, row.message),
                         ("failed", "ValueError: shapes (2,3) and (4,5) do not fit \\udc80"))
        self.assertIsInstance(row.error, ValueError)
        self.assertEqual(len(calls), 1, "who failed is called again")
        self.assertEqual(repr(row), f"<fails: failed: {row.message}>")

    def test_an_exception_of_a_later_call_fails_too(self):
        calls = []

        def soon():
            calls.append(None)
            if len(calls) > 50:
                raise MemoryError

        row = derate.measure(soon, **BRIEF)
        self.assertEqual((row.outcome, row.message, row.samples_s), ("failed", "MemoryError", []))

    def test_more_than_the_peak_is_suspect(self):
        row = derate.measure(lambda: None, flops=1e15, time_limit_s=0.05)
        if row.peak is None:
            self.skipTest("no peak is known of this CPU")
        self.assertEqual((row.outcome, row.message), ("suspect", "faster than its peak at the measured clock"))

    def test_without_a_check_the_record_says_so(self):
        unchecked = derate.measure(lambda: time.sleep(1e-3), **BRIEF)
        checked = derate.measure(lambda: time.sleep(1e-3), check=lambda _: True, **BRIEF)
        self.assertIn("was not checked", unchecked.record["message"])
        self.assertNotIn("was not checked", checked.record["message"])

    def test_is_shown_on_one_line(self):
        text = repr(derate.measure(lambda: time.sleep(1e-3), name="sleep", **BRIEF))
        self.assertRegex(text, r"^<sleep: [0-9.]+ .?FLOP/s, .*(passed|unstable)[^\n]*>$")


class Files(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.out = pathlib.Path(holder.name) / "records.jsonl"

    def program(self, *words):
        return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=60, check=False)

    def test_records_are_appended_and_the_report_agrees(self):
        rows = [derate.measure(lambda: time.sleep(1e-3), name="sleep", out=self.out, flops=1e6, problem={"ms": 1}),
                derate.measure(lambda: 1, check=lambda _: "no", name="wrong", out=str(self.out), **BRIEF)]
        kept = [json.loads(line) for line in self.out.read_text().splitlines()]
        self.assertEqual(kept, [row.record for row in rows])
        shown = self.program("report", str(self.out), "--format", "json")
        self.assertEqual(shown.returncode, 1, shown.stderr)  # a row is wrong
        by_name = {row["workload"]: row for row in json.loads(shown.stdout)["rows"]}
        for row in rows:
            self.assertEqual(by_name[row.name]["outcome"], row.outcome)
        self.assertAlmostEqual(by_name["sleep"]["eta"] / rows[0].eta, 1, places=8)  # ten digits are printed
        self.assertEqual(by_name["wrong"]["message"], rows[1].message)

    def test_a_calibration_takes_them(self):
        row = derate.measure(lambda: time.sleep(1e-3), name="sleep", out=self.out, check=lambda _: True, flops=1e6)
        to = self.out.with_name("calibration.json")
        made = self.program("calibrate", str(self.out), "--output", str(to))
        self.assertEqual(made.returncode, 0, made.stderr)
        factor, = json.loads(to.read_text())["factors"]
        self.assertEqual((factor["workload"], factor["provider"]), ("sleep", "user"))
        self.assertAlmostEqual(factor["achieved"]["value"] / row.achieved, 1, places=8)

    def test_a_file_that_cannot_be_written_is_refused_before_measuring(self):
        calls = []
        with self.assertRaises(derate.OutputError) as refused:
            derate.measure(lambda: calls.append(None), out=self.out / "in" / "no folder", **BRIEF)
        self.assertIn("no folder", str(refused.exception))
        self.assertEqual(len(calls), 1)


class Interrupts(unittest.TestCase):
    def interrupted(self, function):
        script = f"import derate, time\ntry:\n  derate.measure({function}, flops=1, rounds=1000)\n" \
                 "except KeyboardInterrupt: print('interrupted', flush=True)\n"
        script = script.replace("derate.measure", "print('began', flush=True); derate.measure")
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
            self.assertEqual(process.stdout.readline(), "began\n")
            time.sleep(1)
            process.send_signal(signal.SIGINT)
            try:
                said, _ = process.communicate(timeout=20)
            finally:
                process.kill()
        return said

    def test_ctrl_c_within_the_function_and_between_samples(self):
        # The second never looks for signals itself.
        for function in ("lambda: time.sleep(0.01)", "'abc'.upper"):
            with self.subTest(function=function):
                self.assertEqual(self.interrupted(function), "interrupted\n")


if __name__ == "__main__":
    unittest.main()
