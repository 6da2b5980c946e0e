# SPDX-License-Identifier: Apache-2.0
"""try_wheel.py WHEEL FOLDER: installs a wheel in a new virtual environment in FOLDER, and uses it as who
measures and who plans do. Prints one line per result, with the time that it took; exit code 1 at the first
that is wrong. Needs Python alone."""
import json
import os
import pathlib
import subprocess
import sys
import time
import venv

MOST_INSTALLING_S = 15
MOST_IMPORTING_S = 0.15
# Of the project's own variables and of another environment nothing is to help.
LEFT_OUT = ("DERATE_", "PYTHON", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "CONDA_PREFIX")
IMPORT = """import time
began = time.perf_counter()
import derate
print(derate.__version__, time.perf_counter() - began)"""
PEAK = """import derate
peak = derate.peaks("Tesla P40", "f32")
assert peak.value == 1.175808e13, peak
print(f"{peak.value:.7g} {peak.unit}, {peak.source}")"""


class Wrong(Exception):
    """One sentence."""


class Environment:
    def __init__(self, folder):
        self.folder = folder
        self.variables = {name: value for name, value in os.environ.items() if not name.startswith(LEFT_OUT)}
        venv.create(folder / "venv", with_pip=True)

    def run(self, program, *arguments):
        """What it printed and the time it took, started outside of the project's folder."""
        began = time.monotonic()
        done = subprocess.run([self.folder / "venv/bin" / program, *arguments], cwd=self.folder, text=True,
                              capture_output=True, env=self.variables, timeout=250)
        if done.returncode != 0:
            said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-3:]
            raise Wrong(f"{program} {' '.join(map(str, arguments))[:100]} ended with {done.returncode}: "
                        f"{' / '.join(said)}")
        return done.stdout, time.monotonic() - began


def install(environment, wheel):
    _, time_s = environment.run("pip", "install", "--quiet", "--disable-pip-version-check", wheel)
    if time_s > MOST_INSTALLING_S:
        raise Wrong(f"took {time_s:.1f} s, more than {MOST_INSTALLING_S}")
    return f"{time_s:.1f} s"


def versions(environment):
    """Programs and module are of one version, and say so."""
    program = environment.run("derate", "--version")[0].split()
    bench = environment.run("derate_bench", "--version")[0].split()
    module = environment.run("python", "-c", IMPORT)[0].split()
    if not program[1] == bench[0] == module[0]:
        raise Wrong(f"derate says {program}, derate_bench {bench}, the module {module[0]}")
    return " ".join(program)


def importing(environment):
    """The quickest of five in new processes, after one that compiles the package's files."""
    times_s = [float(environment.run("python", "-c", IMPORT)[0].split()[1]) for _ in range(6)][1:]
    if min(times_s) > MOST_IMPORTING_S:
        raise Wrong(f"took {min(times_s):.3f} s, more than {MOST_IMPORTING_S}")
    return f"{min(times_s):.3f} s"


def peak(environment):
    return environment.run("python", "-c", PEAK)[0].strip()


def measuring(environment):
    """Own code, and OpenBLAS from the wheel that came along."""
    _, time_s = environment.run(
        "derate", "run", "--device", "host", "--rounds", "1", "--out", "out",
        "--filter", "fma_chain/simd/f32|gemm/openblas/f32/m:512", "--", "--derate_time_limit=0.3")
    lines = (environment.folder / "out/records.jsonl").read_text(encoding="utf-8").splitlines()
    rows = {record["workload"]: record for record in map(json.loads, lines)}
    for record in rows.values():
        if not record["samples_s"]:
            raise Wrong(f"{record['workload']} {record['outcome']}: {record['message']}")
    library = rows["gemm"]["library"]
    if not library.endswith("(scipy-openblas32)"):
        raise Wrong(f"gemm was measured with {library}")
    return f"{len(rows)} rows with {library} in {time_s:.1f} s"


def starting(environment):
    """The quickest of five, with Python before the program."""
    times_s = [environment.run("derate", "--version")[1] for _ in range(5)]
    environment.run("derate_bench", "--help")
    return f"{min(times_s) * 1e3:.0f} ms, with Python's part"


def main():
    wheel, folder = (pathlib.Path(each).resolve() for each in sys.argv[1:3])
    environment = Environment(folder)
    for what, part in [("pip install", lambda: install(environment, wheel)),
                       ("versions", lambda: versions(environment)),
                       ("import derate", lambda: importing(environment)),
                       ("peak of a Tesla P40", lambda: peak(environment)),
                       ("derate run", lambda: measuring(environment)),
                       ("derate starts in", lambda: starting(environment))]:
        try:
            print(f"{what}: {part()}", flush=True)
        except (Wrong, subprocess.TimeoutExpired) as error:
            print(f"{what}: wrong: {error}", flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
