# SPDX-License-Identifier: Apache-2.0
# Instructions of compute capability 7.0 and later: 16 bytes each, the operation in the low 9 bits,
# the form of the operands (registers, immediate, constant, uniform register) in the next 3. The
# operations and the fields below were compared with NVIDIA's disassembler for sm_75 to sm_90.
import dataclasses

BYTES = 16
OPERATIONS = {
    0x021: "FADD", 0x023: "FFMA", 0x024: "IMAD", 0x026: "IDP", 0x02B: "DFMA", 0x031: "HFMA2",
    0x037: "IMMA", 0x03C: "HMMA", 0x03E: "F2FP", 0x03F: "DMMA", 0x049: "FFMA2",
    0x07A: "QMMA", 0x07F: "OMMA", 0x1F0: "HGMMA", 0x1F1: "IGMMA", 0x1F3: "QGMMA",
    0x1C5: "WARPGROUP", 0x118: "NOP", 0x181: "LDG", 0x186: "STG", 0x183: "LDL", 0x187: "STL",
    0x184: "LDS", 0x03B: "LDSM", 0x1AE: "LDGSTS", 0x1B4: "UTMALDG", 0x11D: "BAR", 0x020: "FMUL",
    0x147: "BRA", 0x149: "BRX", 0x14A: "JMP", 0x14C: "JMX", 0x143: "CALL", 0x144: "CALL",
    0x14D: "EXIT", 0x150: "RET", 0x192: "MEMBAR", 0x1AB: "ERRBAR", 0x1E9: "UTCBAR", 0x1EE: "LDTM",
    0x1A7: "SYNCS",
}
# The multiply-adds of tcgen05 share one number and differ in a field of two bits; those of fp4 have
# that of f16, and an address of scales, which nothing plain has.
TCGEN05 = 0x1EA
TCGEN05_KINDS = {0: "UTCHMMA", 1: "UTCIMMA", 3: "UTCQMMA"}
# Blackwell uses the same number for additions of 64 bits.
UNTIL_90 = {0x035: "HFMA2.MMA"}
BRANCHES = frozenset({"BRA", "BRX", "JMP", "JMX", "CALL", "EXIT", "RET"})
LOCAL_MEMORY = frozenset({"LDL", "STL"})
# They wait until all of the thread's accesses to memory are done.
MEMORY_BARRIERS = frozenset({"MEMBAR", "ERRBAR"})
MULTIPLY_ADDS = frozenset({"FFMA", "DFMA", "HFMA2", "HFMA2.MMA", "IMAD"})
# What chains are made of, or their emulation. Not IMAD, which also computes addresses.
ARITHMETIC = frozenset({"FFMA", "DFMA", "HFMA2", "HFMA2.MMA", "IDP", "FFMA2", "HMMA", "IMMA",
                        "DMMA", "QMMA", "OMMA", "HGMMA", "IGMMA", "QGMMA", "F2FP", "FADD",
                        "UTCHMMA", "UTCIMMA", "UTCQMMA", "UTCOMMA"})
ZERO_REGISTER = 255
ALWAYS = 7  # the predicate that is always true


@dataclasses.dataclass(frozen=True)
class Instruction:
    bits: int

    architecture: str = "sm_75"

    def field(self, low, width):
        return self.bits >> low & (1 << width) - 1

    @property
    def operation(self):
        if self.field(0, 9) == TCGEN05:
            kind = self.field(72, 2)
            has_scales = self.field(48, 8) != ZERO_REGISTER
            return "UTCOMMA" if kind == 0 and has_scales else TCGEN05_KINDS.get(kind, "UTC?MMA")
        names = {**OPERATIONS, **UNTIL_90} if number_of(self.architecture) <= 90 else OPERATIONS
        return names.get(self.field(0, 9), f"{self.field(0, 12):#05x}")

    @property
    def is_predicated(self):
        return self.field(12, 4) != ALWAYS

    @property
    def is_move(self):
        """A multiply-add with nothing to multiply, which compilers use to copy a register."""
        return self.operation in MULTIPLY_ADDS and self.field(24, 8) == ZERO_REGISTER


def instructions_of(kernel):
    assert len(kernel.code) % BYTES == 0, f"{kernel.name}: no whole number of instructions"
    return [Instruction(int.from_bytes(kernel.code[at:at + BYTES], "little"), kernel.architecture)
            for at in range(0, len(kernel.code), BYTES)]


def branch_target(instruction, index):
    """The index of the instruction that a BRA goes to: a signed offset from the one after it."""
    offset = instruction.field(34, 48)
    if number_of(instruction.architecture) >= 90:
        offset = (offset << 8 | instruction.field(16, 8)) & (1 << 56) - 1
        width = 56
    else:
        width = 48
    if offset >> width - 1:
        offset -= 1 << width
    bytes_away = 4 * offset
    assert bytes_away % BYTES == 0, f"a branch by {bytes_away} bytes is none between instructions"
    return index + 1 + bytes_away // BYTES


def number_of(architecture):
    return int(architecture.removeprefix("sm_").rstrip("af"))


def loops_of(kernel):
    """The body of every innermost loop: from the target of a branch backwards to that branch."""
    return [body for body, _ in innermost(all_loops_of(kernel))]


def all_loops_of(kernel):
    """Every loop, with the index of its first instruction."""
    code = instructions_of(kernel)
    loops = []
    for index, instruction in enumerate(code):
        if instruction.operation != "BRA":
            continue
        target = branch_target(instruction, index)
        if not 0 <= target <= len(code):
            raise AssertionError(f"{kernel.name} branches to instruction {target} of {len(code)}")
        if target < index:  # not the branch to itself that ends every kernel
            loops.append((code[target:index + 1], target))
    return loops


def innermost(loops):
    def holds(outer, inner):
        (body, first), (inner_body, inner_first) = outer, inner
        return (outer is not inner and first <= inner_first
                and inner_first + len(inner_body) <= first + len(body))

    return [outer for outer in loops if not any(holds(outer, inner) for inner in loops)]
