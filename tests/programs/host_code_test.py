# SPDX-License-Identifier: Apache-2.0
# The machine code of the stages of the host's tiled gemm: the loop over the depth holds as many multiply-adds
# as the tile has, none folded away, and loads no more than the stage leaves in.
import re
import shutil
import subprocess
import unittest

from cli import BENCH

# Of each instruction set: rows of a tile, and the register that its vectors live in.
SETS = {"N_AVX2": (6, "ymm"), "N_AVX3": (12, "zmm")}
PANELS, WINDOW, REGISTERS = range(3)  # as Source has them


def symbols():
    """Of every function of a stage: instruction set, where it loads from, and its name."""
    names = subprocess.run(["nm", BENCH], capture_output=True, text=True, check=True).stdout
    found = {}
    for line in names.splitlines():
        name = line.split()[-1]
        match = re.search(r"(N_[A-Z0-9_]+?)16multiply_ablatedILNS0_6SourceE(\d)ELl(\d+)E", name)
        if match:
            found[match[1], int(match[2]), int(match[3])] = name
    return found


def instructions(symbol):
    """(address, mnemonic, operands) of a function."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", f"--disassemble={symbol}", BENCH],
                          capture_output=True, text=True, check=True).stdout
    lines = re.findall(r"^ +([0-9a-f]+):\t(?:\{\w+\} )?(\w+)[ \t]*([^\n#<]*)", text, re.M)
    return [(int(address, 16), mnemonic, operands.strip()) for address, mnemonic, operands in lines]


def loops(code):
    """The innermost ones: from the target of a jump back to the jump."""
    spans = []
    for address, mnemonic, operands in code:
        if mnemonic.startswith("j") and re.fullmatch(r"[0-9a-f]+", operands):
            target = int(operands, 16)
            if target <= address:
                spans.append((target, address))
    inner = [span for span in spans
             if not any(other != span and span[0] <= other[0] and other[1] <= span[1]
                        for other in spans)]
    return [[each for each in code if begin <= each[0] <= end] for begin, end in inner]


def judge(loop, rows, register, loads_per_step):
    """What is wrong with a loop over the depth; None where it is right."""
    adds = [each for each in loop if each[1].startswith("vfmadd") and register in each[2]]
    if not adds or len(adds) % (2 * rows):
        return f"{len(adds)} multiply-adds, not a multiple of {2 * rows}"
    steps = len(adds) // (2 * rows)
    sums = {re.findall(r"%\w+", operands)[-1] for _, _, operands in adds}
    if len(sums) != 2 * rows:
        return f"{len(sums)} different sums, not {2 * rows}"
    loads = [each for each in loop if "(" in each[2] and not each[1].startswith(("lea", "nop"))]
    if len(loads) != steps * loads_per_step:
        return f"{len(loads)} loads in {steps} steps, not {loads_per_step} in each"
    return None


def largest_loop(symbol):
    return max(loops(instructions(symbol)),
               key=lambda loop: sum(each[1].startswith("vfmadd") for each in loop))


@unittest.skipUnless(shutil.which("objdump") and shutil.which("nm"), "no binutils here")
class HostCode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.symbols = symbols()
        if not any(target in SETS for target, _, _ in cls.symbols):
            raise unittest.SkipTest("no x86-64 code of the stages in this build")

    def of_sets(self, source):
        for (target, place, stride), name in self.symbols.items():
            if target in SETS and place == source:
                yield target, stride, largest_loop(name)

    def test_the_registers_stage_loads_nothing(self):
        for target, stride, loop in self.of_sets(REGISTERS):
            with self.subTest(target=target, stride=stride):
                self.assertIsNone(judge(loop, *SETS[target], 0))

    def test_other_stages_load_two_vectors_and_an_element_of_each_row(self):
        for source in (PANELS, WINDOW):
            for target, stride, loop in self.of_sets(source):
                with self.subTest(target=target, stride=stride, source=source):
                    rows, register = SETS[target]
                    self.assertIsNone(judge(loop, rows, register, rows + 2))

    def test_finds_loads_that_should_not_be_there_and_sums_that_are_missing(self):
        for target, _, loop in self.of_sets(PANELS):
            rows, register = SETS[target]
            self.assertIn("loads", judge(loop, rows, register, 0))
            folded = [each for each in loop if not each[1].startswith("vfmadd")]
            adds = [each for each in loop if each[1].startswith("vfmadd")]
            self.assertIn("multiply-adds", judge(folded + adds[:2 * rows - 2], rows, register, 0))
            same = [(a, m, re.sub(r"%\w+$", "%" + register + "0", o)) for a, m, o in adds]
            self.assertIn("sums", judge(same, rows, register, 0))


if __name__ == "__main__":
    unittest.main()
