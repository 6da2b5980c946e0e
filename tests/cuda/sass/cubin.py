# SPDX-License-Identifier: Apache-2.0
# Reads the machine code of CUDA kernels out of a built program: the program holds fat binaries, a
# fat binary holds one cubin per architecture, and a cubin is an ELF file with one section of code
# per kernel. What is read is what runs; nothing is compiled again.
#
# NVIDIA publishes neither format in full. Offsets are those of cuda's fatbinary_section.h and of
# what nvcc 13.0 writes; whatever does not look like that is refused, never guessed.
import dataclasses
import functools
import pathlib
import re
import shutil
import struct
import subprocess

FATBIN_MAGIC = 0xBA55ED50
FATBIN_VERSION = 1
FATBIN_HEADER = struct.Struct("<IHHQ")  # magic, version, bytes of header, bytes of entries
ENTRY_HEADER = struct.Struct("<HHIQII4xI")  # kind, version, header, payload, compressed, -, sm
CUBIN_ENTRY = 2
EM_CUDA = 190
REGISTER_COUNT = 0x2F04  # in .nv.info: attribute 0x2f of kind 4
SIZED = 4  # attributes of this kind have a size and a value behind them; 1 to 3 a short one


class Unreadable(Exception):
    """The file is not what this reader knows. The message says what to do."""


@dataclasses.dataclass(frozen=True)
class Kernel:
    name: str  # demangled, without parameters and anonymous namespaces
    symbol: str
    architecture: str  # such as sm_90a
    toolkit: str  # such as 13.0.88
    code: bytes
    registers: int  # per thread
    shared_bytes: int  # static, per block


@dataclasses.dataclass(frozen=True)
class Section:
    name: str
    kind: int
    info: int
    bytes: int
    content: bytes  # empty where the file holds none


def kernels_of(path):
    """Every kernel of every architecture in a program, an object file or a cubin."""
    data = pathlib.Path(path).read_bytes()
    cubins = [data] if is_cubin(data) else list(cubins_of(fat_binaries_of(data)))
    found = [kernel for cubin in cubins for kernel in kernels_in_cubin(cubin)]
    if not found:
        raise Unreadable(f"{path} holds no CUDA machine code")
    return found


def is_cubin(data):
    return data[:4] == b"\x7fELF" and struct.unpack_from("<H", data, 18)[0] == EM_CUDA


def fat_binaries_of(data):
    """Elsewhere in a program may stand what looks like one: in the reader of the program itself, say."""
    if data[:4] != b"\x7fELF":
        return data
    return b"".join(section.content for section in sections_of(data) if section.name == ".nv_fatbin")


def cubins_of(data):
    magic = struct.pack("<IHH", FATBIN_MAGIC, FATBIN_VERSION, FATBIN_HEADER.size)
    at = data.find(magic)
    while at >= 0:
        _, _, header, size = FATBIN_HEADER.unpack_from(data, at)
        yield from cubins_of_fatbin(data, at + header, at + header + size)
        at = data.find(magic, at + header + size)


def cubins_of_fatbin(data, at, end):
    while at < end:
        kind, _, header, payload, compressed, _, sm = ENTRY_HEADER.unpack_from(data, at)
        if kind == CUBIN_ENTRY:
            if compressed:
                raise Unreadable(f"the machine code for sm_{sm} is compressed: "
                                 "build with -DCMAKE_CUDA_FLAGS=--no-compress")
            cubin = data[at + header:at + header + payload]
            if not is_cubin(cubin):
                raise Unreadable(f"the entry for sm_{sm} of a fat binary is no cubin")
            yield cubin
        at += header + payload


def kernels_in_cubin(cubin):
    sections = sections_of(cubin)
    content = {section.name: section for section in sections}
    architecture, toolkit = origin_of(content)
    registers = registers_of(content)
    for section in sections:
        if section.name.startswith(".text."):
            symbol = section.name.removeprefix(".text.")
            shared = content.get(".nv.shared." + symbol)
            # The lower bits of sh_info are the kernel's index in the symbol table.
            yield Kernel(demangled(symbol), symbol, architecture, toolkit, section.content,
                         registers[section.info & 0xFFFFFF], shared.bytes if shared else 0)


def sections_of(cubin):
    table, = struct.unpack_from("<Q", cubin, 0x28)
    size, count, names_index = struct.unpack_from("<HHH", cubin, 0x3A)
    headers = [struct.unpack_from("<IIQQQQIIQQ", cubin, table + i * size) for i in range(count)]
    names = headers[names_index][4]
    sections = []
    for name, kind, _, _, offset, length, _, info, _, _ in headers:
        end = cubin.index(b"\0", names + name)
        content = cubin[offset:offset + length] if kind != 8 else b""  # 8: SHT_NOBITS
        sections.append(Section(cubin[names + name:end].decode(), kind, info, length, content))
    return sections


def origin_of(content):
    """Architecture and toolkit, from the note that ptxas leaves: the ELF flags know no suffix."""
    note = content.get(".note.nv.tkinfo")
    text = note.content if note else b""
    architecture = re.search(rb"-arch (sm_\d+[af]?)\b", text)
    toolkit = re.search(rb"release [\d.]+, V([\d.]+)", text)
    if not architecture or not toolkit:
        raise Unreadable("a cubin does not say what made it; those of CUDA 13 do")
    return architecture[1].decode(), toolkit[1].decode()


def registers_of(content):
    counts = {}
    info = content[".nv.info"].content
    at = 0
    while at < len(info):
        head, size = struct.unpack_from("<HH", info, at)
        kind = head & 0xFF
        if not 1 <= kind <= SIZED:
            raise Unreadable(f"attribute {head:#x} of a cubin is of an unknown kind")
        if head == REGISTER_COUNT:
            symbol, count = struct.unpack_from("<II", info, at + 4)
            counts[symbol] = count
        at += 4 + (size if kind == SIZED else 0)
    return counts


@functools.cache
def demangled(symbol):
    """`fma_chain::registers<float>`, a stage of an attribution as `Stage 5`. c++filt is where nvcc is: both need binutils."""
    tool = shutil.which("c++filt")
    if not tool:
        raise Unreadable("c++filt is missing; it comes with the linker")
    text = subprocess.run([tool, symbol], capture_output=True, text=True, check=True).stdout.strip()
    for noise in (r"\(anonymous namespace\)::", r"\bderate::", r"^void "):
        text = re.sub(noise, "", text)
    text = re.sub(r"\(Stage\)(\d+)", r"Stage \1", text)
    return text.split("(")[0]
