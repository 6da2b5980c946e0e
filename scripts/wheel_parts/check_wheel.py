# SPDX-License-Identifier: Apache-2.0
"""check_wheel.py WHEEL BUILD_FOLDER: whether a wheel is what its name and its metadata say, small enough, and
free of the folder that it was built in. Prints one line per result; exit code 1 where one is wrong."""
import io
import pathlib
import re
import sys
import zipfile

from elftools.elf.elffile import ELFFile
from packaging.metadata import Metadata
from packaging.utils import parse_wheel_filename

MOST_BYTES = 60 * 2**20
PROGRAMS = ["derate/bin/derate", "derate/bin/derate_bench"]


def search_paths(content):
    """What the loader is told of where libraries lie."""
    dynamic = ELFFile(io.BytesIO(content)).get_section_by_name(".dynamic")
    tags = dynamic.iter_tags() if dynamic else ()
    return [tag.rpath if tag.entry.d_tag == "DT_RPATH" else tag.runpath for tag in tags
            if tag.entry.d_tag in ("DT_RPATH", "DT_RUNPATH")]


class Check:
    def __init__(self, wheel, build):
        self.path = wheel
        self.build = build
        self.wrong = False
        self.name, self.version, _, self.tags = parse_wheel_filename(wheel.name)
        with zipfile.ZipFile(wheel) as archive:
            self.files = {name: archive.read(name) for name in archive.namelist()}
        self.info = f"{self.name}-{self.version}.dist-info"

    def result(self, what, fault, figure):
        self.wrong = self.wrong or bool(fault)
        print(f"{what}: {'wrong: ' + fault if fault else figure}")

    def size(self):
        size = self.path.stat().st_size
        self.result("size", "" if size <= MOST_BYTES else f"{size / 2**20:.1f} MiB, more than 60",
                    f"{size / 2**20:.1f} MiB")

    def metadata(self):
        """By the rules of the index, all faults at once."""
        try:
            found = Metadata.from_email(self.files[f"{self.info}/METADATA"], validate=True)
        except Exception as error:  # a group of them, which Python 3.10 does not know
            faults = getattr(error, "exceptions", [error])
            return self.result("metadata", "; ".join(map(str, faults)), "")
        fault = "" if found.version == self.version else f"version {found.version}, the file {self.version}"
        needs = ", ".join(map(str, found.requires_dist or ()))
        self.result("metadata", fault, f"{found.name} {found.version} for Python {found.requires_python}, "
                                       f"needs {needs}")

    def tag(self):
        """The file's name, its own list of tags and the module's name agree."""
        inside = set(re.findall(r"(?m)^Tag: (\S+)$", self.files[f"{self.info}/WHEEL"].decode()))
        modules = [name for name in self.files if re.fullmatch(r"derate/_derate\..*so", name)]
        fault = ""
        if inside != set(map(str, self.tags)):
            fault = f"{self.path.name} says {sorted(inside)}"
        elif not all("manylinux_2_" in tag.platform for tag in self.tags):
            fault = f"{self.path.name} is for no manylinux"
        elif len(modules) != 1:
            fault = f"modules: {modules}"
        elif any((tag.abi == "abi3") != (".abi3." in modules[0]) for tag in self.tags):
            fault = f"{modules[0]} in {self.path.name}"
        self.result("tag", fault, " ".join(sorted(map(str, self.tags))))

    def contents(self):
        wanted = [*PROGRAMS, "derate/__init__.py", "derate/py.typed", "derate/_version.py",
                  "derate/licenses/capstone", f"{self.info}/licenses/LICENSE",
                  f"{self.name}-{self.version}.data/scripts/derate",
                  f"{self.name}-{self.version}.data/scripts/derate_bench"]
        missing = [name for name in wanted if name not in self.files]
        libraries = sorted(name.split("/")[1] for name in self.files if re.match("derate.libs/.", name))
        self.result("contents", f"{', '.join(missing)} missing" if missing else "",
                    f"{len(self.files)} entries; libraries {', '.join(libraries)}")

    def binaries(self):
        """Relative search paths only, and nowhere the name of the build's folder."""
        faults = []
        binaries = {name: content for name, content in self.files.items() if content[:4] == b"\x7fELF"}
        for name, content in binaries.items():
            for paths in search_paths(content):
                faults += [f"{name} looks in {path or 'the current folder'}" for path in paths.split(":")
                           if not path.startswith("$ORIGIN")]
        faults += [f"{name} names {self.build}" for name, content in self.files.items()
                   if self.build.encode() in content]
        self.result("binaries", "; ".join(faults), f"{len(binaries)}, that look for libraries beside themselves")


def main():
    check = Check(pathlib.Path(sys.argv[1]), sys.argv[2])
    for part in (check.size, check.metadata, check.tag, check.contents, check.binaries):
        part()
    return int(check.wrong)


if __name__ == "__main__":
    sys.exit(main())
