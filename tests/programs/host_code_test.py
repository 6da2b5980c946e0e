# SPDX-License-Identifier: Apache-2.0
# The machine code of the host's kernels, for each instruction set that the program holds, x86-64 or AArch64:
# the loop of fma_chain is its multiply-adds and nothing that takes a vector unit besides; that of the tiled
# gemm's stages holds as many as the tile has, none folded away, and loads no more than the stage leaves in.
import functools
import re
import shutil
import subprocess
import unittest

from cli import BENCH

ARM = BENCH.read_bytes()[18] == 183  # e_machine is EM_AARCH64
TOOLS = "aarch64-linux-gnu-" if ARM and shutil.which("aarch64-linux-gnu-objdump") else ""
# Of each instruction set: rows of a tile, and the register that its vectors live in.
TILES = {"N_AVX2": (6, r"%ymm\d+"), "N_AVX3": (12, r"%zmm\d+"), "N_NEON": (8, r"\bv\d+")}
# Chains, and their registers.
CHAINS = {"N_AVX2": (12, r"%ymm\d+"), "N_AVX3": (12, r"%zmm\d+"), "N_NEON": (24, r"\bv\d+"),
          "N_SVE": (24, r"\bz\d+"), "N_SVE_256": (24, r"\bz\d+"), "N_SVE2": (24, r"\bz\d+"),
          "N_SVE2_128": (24, r"\bz\d+")}
PANELS, WINDOW, REGISTERS = range(3)  # as Source has them


@functools.cache
def functions():
    """The names of all functions."""
    text = subprocess.run([TOOLS + "nm", BENCH], capture_output=True, text=True, check=True).stdout
    return [line.split()[-1] for line in text.splitlines()]


def found(pattern):
    """What the groups of the pattern matched, and the function's name, of every function that it matches."""
    matches = ((re.search(pattern, name), name) for name in functions())
    return [(*match.groups(), name) for match, name in matches if match]


def chains():
    """(instruction set, type, name) of the loops of fma_chain."""
    return found(r"^_ZN6derate9fma_chain\d+(N_[A-Z0-9_]+?)11advance_(f\d\d)E")


def stages():
    """(instruction set, where it loads from, row stride, name) of the stages of the tiled gemm."""
    return [(target, int(source), int(stride), name) for target, source, stride, name in
            found(r"^_ZN.*?(N_[A-Z0-9_]+?)16multiply_ablatedILNS0_6SourceE(\d)ELl(\d+)E")]


def instructions(symbol):
    """(address, mnemonic, operands) of a function."""
    text = subprocess.run([TOOLS + "objdump", "-d", "--no-show-raw-insn", f"--disassemble={symbol}", BENCH],
                          capture_output=True, text=True, check=True).stdout
    lines = re.findall(r"^ +([0-9a-f]+):\t(?:\{\w+\} )?([\w.]+)[ \t]*([^\n#<]*)", text, re.M)
    return [(int(address, 16), mnemonic, operands.strip()) for address, mnemonic, operands in lines]


def target_of(mnemonic, operands):
    """Where a branch goes; None for what is none."""
    if not (mnemonic.startswith(("b.", "cb", "tb")) or mnemonic == "b" if ARM else mnemonic.startswith("j")):
        return None
    match = re.search(r"\b([0-9a-f]+)$", operands)
    return int(match[1], 16) if match else None


def loops(code):
    """The innermost ones: from the target of a jump back to the jump."""
    spans = []
    for address, mnemonic, operands in code:
        target = target_of(mnemonic, operands)
        if target is not None and target <= address:
            spans.append((target, address))
    inner = [span for span in spans
             if not any(other != span and span[0] <= other[0] and other[1] <= span[1]
                        for other in spans)]
    return [[each for each in code if begin <= each[0] <= end] for begin, end in inner]


def is_multiply_add(mnemonic):
    return mnemonic in ("fmla", "fmad") if ARM else mnemonic.startswith("vfmadd")


def multiply_adds(loop, register):
    return [each for each in loop if is_multiply_add(each[1]) and re.search(register, each[2])]


def sums(adds, register):
    """The registers that they write: the first operand on Arm, the last in AT&T's order."""
    return {re.findall(register, operands)[0 if ARM else -1] for _, _, operands in adds}


def loads(loop):
    """How many operands a loop loads."""
    if ARM:
        return sum(2 if mnemonic.startswith("ldp") else 1 for _, mnemonic, _ in loop if mnemonic.startswith("ld"))
    return sum("(" in operands and not mnemonic.startswith(("lea", "nop")) for _, mnemonic, operands in loop)


def stores(loop):
    return sum(mnemonic.startswith("st") for _, mnemonic, _ in loop) if ARM else 0


def largest_loop(symbol):
    return max(loops(instructions(symbol)),
               key=lambda loop: sum(is_multiply_add(mnemonic) for _, mnemonic, _ in loop))


def judge_chain(loop, count, register):
    """What is wrong with a loop of fma_chain; None where it is right."""
    adds = multiply_adds(loop, register)
    if not adds or len(adds) % count:
        return f"{len(adds)} multiply-adds, not a multiple of {count}"
    if len(sums(adds, register)) != count:
        return f"{len(sums(adds, register))} different chains, not {count}"
    others = [mnemonic for _, mnemonic, _ in loop if not is_multiply_add(mnemonic)]
    if len(others) > 3:  # a counter, a comparison and a branch
        return f"besides multiply-adds {' '.join(others)}"
    return None


def judge_stage(loop, rows, register, loads_per_step):
    """What is wrong with a loop over the depth; None where it is right."""
    adds = multiply_adds(loop, register)
    if not adds or len(adds) % (2 * rows):
        return f"{len(adds)} multiply-adds, not a multiple of {2 * rows}"
    steps = len(adds) // (2 * rows)
    if len(sums(adds, register)) != 2 * rows:
        return f"{len(sums(adds, register))} different sums, not {2 * rows}"
    if loads(loop) != steps * loads_per_step:
        return f"{loads(loop)} loads in {steps} steps, not {loads_per_step} in each"
    return "sums are stored" if stores(loop) else None


@unittest.skipUnless(shutil.which(TOOLS + "objdump") and shutil.which(TOOLS + "nm"), "no binutils here")
class HostCode(unittest.TestCase):
    def chains(self):
        return [(target, kind, largest_loop(name)) for target, kind, name in chains() if target in CHAINS]

    def stages(self, *sources):
        return [(target, stride, source, largest_loop(name)) for target, source, stride, name in stages()
                if target in TILES and source in sources]

    def test_every_instruction_set_is_there(self):
        sets = {"N_NEON", "N_SVE", "N_SVE_256", "N_SVE2", "N_SVE2_128"} if ARM else {"N_AVX2", "N_AVX3"}
        self.assertLessEqual({(target, kind) for target in sets for kind in ("f32", "f64")},
                             {(target, kind) for target, kind, _ in chains()})
        self.assertLessEqual({"N_NEON"} if ARM else sets, {target for target, *_ in stages()})

    def test_fma_chain_is_its_multiply_adds_alone(self):
        for target, kind, loop in self.chains():
            with self.subTest(target=target, type=kind):
                self.assertIsNone(judge_chain(loop, *CHAINS[target]))

    def test_the_registers_stage_loads_nothing(self):
        for target, stride, _, loop in self.stages(REGISTERS):
            with self.subTest(target=target, stride=stride):
                self.assertIsNone(judge_stage(loop, *TILES[target], 0))

    def test_other_stages_load_two_vectors_and_an_element_of_each_row(self):
        for target, stride, source, loop in self.stages(PANELS, WINDOW):
            with self.subTest(target=target, stride=stride, source=source):
                rows, register = TILES[target]
                self.assertIsNone(judge_stage(loop, rows, register, rows + 2))

    def test_finds_loads_that_should_not_be_there_and_sums_that_are_missing(self):
        for target, _, _, loop in self.stages(PANELS):
            rows, register = TILES[target]
            self.assertIn("loads", judge_stage(loop, rows, register, 0))
            adds = [each for each in loop if is_multiply_add(each[1])]
            folded = [each for each in loop if not is_multiply_add(each[1])]
            self.assertIn("multiply-adds", judge_stage(folded + adds[:2 * rows - 2], rows, register, 0))
            self.assertIn("sums", judge_stage([adds[0]] * len(adds), rows, register, 0))

    def test_finds_a_chain_that_is_missing_twice_or_shares_its_pipe(self):
        for target, _, loop in self.chains():
            count, register = CHAINS[target]
            adds = [each for each in loop if is_multiply_add(each[1])]
            self.assertIsNone(judge_chain(adds, count, register))
            self.assertIn("multiply-adds", judge_chain(adds[1:], count, register))
            self.assertIn("chains", judge_chain(adds[1:] + adds[1:2], count, register))
            copies = [(0, "mov", "v1.16b, v2.16b")] * 4
            self.assertIn("besides", judge_chain(adds + copies, count, register))


if __name__ == "__main__":
    unittest.main()
