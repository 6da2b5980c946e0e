# SPDX-License-Identifier: Apache-2.0
# Installs the build into an empty prefix, builds the project of docs/adding-a-kernel.md against it,
# and measures its workload; then builds a program that asks a calibration.
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

BUILD = pathlib.Path(os.environ["DERATE_BUILD"])
SOURCE = pathlib.Path(os.environ["DERATE_SOURCE"])
PLANNER = SOURCE / "tests" / "package" / "consumer" / "planner"
GOLDEN = SOURCE / "tests" / "golden"
PROJECT = SOURCE / "tests" / "package" / "consumer" / "project"
GUIDE = SOURCE / "docs" / "adding-a-kernel.md"
CMAKE = os.environ["DERATE_CMAKE"]
BRIEF = ["--derate_time_limit=0.1", "--derate_half_width=1"]  # noise is no matter here

SUBDIRECTORY = """
cmake_minimum_required(VERSION 3.22)
project(around LANGUAGES CXX)
set(DERATE_CUDA OFF)
add_subdirectory({source} derate)
add_executable(my_bench {project}/dot/serial.cpp)
target_include_directories(my_bench PRIVATE {project})
target_link_libraries(my_bench PRIVATE derate::bench_main)
"""


# Outside, every installed header alone, and a workload of the tree as it stands there.
OUTSIDE = """
cmake_minimum_required(VERSION 3.22)
project(outside LANGUAGES CXX)
find_package(derate REQUIRED)
find_package(hwy REQUIRED)  # for the vectors of the host's kernel
if(derate_WITH_CUDA)
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_ARCHITECTURES 80-real)
  enable_language(CUDA)
endif()
add_library(headers OBJECT {headers})
target_link_libraries(headers PRIVATE derate::backends)
add_executable(outside_bench {kernels}/vector_add/host.cpp
  {kernels}/memory/host_streams.cpp)
target_include_directories(outside_bench PRIVATE {kernels})
target_link_libraries(outside_bench PRIVATE derate::bench_main hwy)
if(derate_WITH_CUDA)
  add_library(cuda_headers OBJECT {cuda_headers})
  target_link_libraries(cuda_headers PRIVATE derate::backends)
  target_sources(outside_bench PRIVATE {kernels}/vector_add/vectorized.cu
    {kernels}/memory/streams.cu)
  # As the tree compiles its kernels.
  target_compile_options(outside_bench PRIVATE $<$<COMPILE_LANGUAGE:CUDA>:--expt-relaxed-constexpr>)
endif()
"""


def run(*command, ends=0):
    result = subprocess.run(list(map(str, command)), capture_output=True, text=True,
                            encoding="utf-8", timeout=280)
    assert result.returncode == ends, f"{command}:\n{result.stdout}\n{result.stderr}"
    return result


def cached(*names):
    """Settings of the build under test, so that the project is built alike."""
    cache = (BUILD / "CMakeCache.txt").read_text()
    found = {name: re.search(rf"(?m)^{name}:\w+=(.+)$", cache) for name in names}
    return [f"-D{name}={match[1]}" for name, match in found.items() if match]


def configure(source, build, *flags, ends=0):
    return run(CMAKE, "-S", source, "-B", build, "-G", os.environ["DERATE_GENERATOR"],
               *cached("CMAKE_CXX_COMPILER", "CMAKE_BUILD_TYPE", "CMAKE_CXX_FLAGS",
                       "CMAKE_EXE_LINKER_FLAGS"), *flags, ends=ends)


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory(prefix="derate-consumer-")
        cls.addClassCleanup(holder.cleanup)
        cls.folder = pathlib.Path(holder.name)
        cls.prefix = cls.folder / "prefix"
        run(CMAKE, "--install", BUILD, "--prefix", cls.prefix)
        cls.build = cls.folder / "build"
        configure(PROJECT, cls.build, f"-DCMAKE_PREFIX_PATH={cls.prefix}")
        run(CMAKE, "--build", cls.build)

    def bench(self, *flags, ends=0):
        return run(self.build / "my_bench", "--derate_device=host", *flags, ends=ends)

    def test_holds_the_programs_and_every_public_header(self):
        for program in ["derate", "derate_bench"]:
            run(self.prefix / "bin" / program, "--version")
        headers = {path.name for path in (self.prefix / "include/derate").glob("*.h")}
        self.assertEqual(headers, {path.name for path in (SOURCE / "include/derate").glob("*.h")})

    def test_headers_and_a_workload_of_the_tree_compile_outside(self):
        folder = self.folder / "outside"
        folder.mkdir()
        sources = {"cpp": [], "cu": []}
        for header in sorted((self.prefix / "include/derate").rglob("*.h")):
            name = header.relative_to(self.prefix / "include")
            kind = "cu" if name.parts[1] == "cuda" else "cpp"
            source = folder / f"{'_'.join(name.with_suffix('').parts)}.{kind}"
            source.write_text(f'#include "{name}"\n' * 2)  # it guards itself
            sources[kind].append(str(source))
        self.assertGreater(len(sources["cpp"]), 17)
        (folder / "CMakeLists.txt").write_text(OUTSIDE.format(
            headers=" ".join(sources["cpp"]), cuda_headers=" ".join(sources["cu"]),
            kernels=SOURCE / "kernels"))
        build = self.folder / "outside-build"
        configure(folder, build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
                  *cached("CMAKE_CUDA_COMPILER"))
        run(CMAKE, "--build", build)
        listed = run(build / "outside_bench", "--derate_device=host", "--benchmark_list_tests").stdout
        self.assertIn("host/vector_add/simd/f32/n:1048576", listed)

    def test_needs_neither_source_nor_build_tree(self):
        for path in self.prefix.rglob("*.cmake"):
            text = path.read_text()
            self.assertNotIn(str(SOURCE), text, path)
            self.assertNotIn(str(BUILD), text, path)

    def test_another_version_is_not_taken(self):
        asks = self.folder / "asks"
        asks.mkdir()
        (asks / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.22)\nproject(asks LANGUAGES CXX)\n"
            "find_package(derate 99 REQUIRED)\n")
        refused = configure(asks, self.folder / "asks-build",
                            f"-DCMAKE_PREFIX_PATH={self.prefix}", ends=1)
        self.assertIn("derate", refused.stderr)

    def test_lists_its_own_workloads_and_no_others(self):
        listed = self.bench("--benchmark_list_tests").stdout.splitlines()
        self.assertEqual([name.rsplit("/iterations", 1)[0] for name in listed],
                         [f"host/dot/{variant}/f64/n:{n}"
                          for variant in ["serial", "unrolled"] for n in [1 << 14, 1 << 20]])

    def test_measures_and_reports_them(self):
        out = self.folder / "records.jsonl"
        self.bench(*BRIEF, f"--derate_out={out}")
        records = [json.loads(line) for line in out.read_text().splitlines()]
        self.assertEqual([record["variant"] for record in records],
                         ["serial"] * 2 + ["unrolled"] * 2)
        for record, n in zip(records, [1 << 14, 1 << 20] * 2):
            self.assertEqual((record["problem"], record["flops"], record["bytes"]),
                             (f"n:{n}", 2 * n, 16 * n))
            self.assertIn(record["outcome"], ["passed", "unstable"])  # as the machine has it
            self.assertTrue(record["samples_s"])
        rows = run(self.prefix / "bin" / "derate", "report", out).stdout
        for variant in ["serial", "unrolled"]:
            self.assertRegex(rows, rf"(?m)^dot +{variant} +f64 +n:16384 ")

    def test_is_run_by_derate_run(self):
        out = self.folder / "out"
        run(self.prefix / "bin" / "derate", "run", "--bench", self.build / "my_bench", "--device",
            "host", "--rounds", 1, "--out", out, "--", *BRIEF)
        factors = json.loads((out / "calibration.json").read_text())["factors"]
        self.assertEqual({(factor["workload"], factor["provider"]) for factor in factors},
                         {("dot", "my_kernels")})

    def test_predicts_from_a_calibration(self):
        build = self.folder / "planner"
        configure(PLANNER, build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run(CMAKE, "--build", build)
        shape = [1000, 4096, 4096]
        said = run(build / "my_planner", GOLDEN / "calibration_shapes.json", *shape).stdout
        (eta, *ends), (time_s, low, high) = ([float(word) for word in line.split()[1:]]
                                             for line in said.splitlines())
        self.assertEqual((eta, ends), (0.839, [0.808, 0.869]))  # of tests/golden/calibration.txt
        self.assertAlmostEqual(time_s / 1.06e-3, 1, delta=0.02)  # of a sample that it holds
        self.assertTrue(low < time_s < high)
        none = run(build / "my_planner", GOLDEN / "calibration.json", *shape, ends=3)
        self.assertIn("no GEMM model for f32", none.stderr)


class Subdirectory(unittest.TestCase):
    def test_of_another_project_brings_no_tests_and_no_install_rules(self):
        with tempfile.TemporaryDirectory(prefix="derate-consumer-") as name:
            folder = pathlib.Path(name)
            (folder / "CMakeLists.txt").write_text(
                SUBDIRECTORY.format(source=SOURCE, project=PROJECT))
            configure(folder, folder / "build")
            cache = (folder / "build" / "CMakeCache.txt").read_text()
            self.assertRegex(cache, r"(?m)^DERATE_BUILD_TESTS:BOOL=OFF$")
            run(CMAKE, "--install", folder / "build", "--prefix", folder / "prefix")
            self.assertFalse((folder / "prefix").exists())


class Guide(unittest.TestCase):
    def test_shows_the_code_that_was_built(self):
        """A block of the guide that begins with a file's name is that file, without its licence."""
        if not GUIDE.exists():
            self.skipTest("there is no guide")
        shown = re.findall(r"`tests/package/consumer/project/(\S+)`:\n\n```\w+\n(.*?)```",
                           GUIDE.read_text(encoding="utf-8"), re.DOTALL)
        self.assertGreaterEqual({name for name, _ in shown},
                                {"CMakeLists.txt", "dot/work.h", "dot/unrolled.cpp"})
        for name, block in shown:
            text = (PROJECT / name).read_text(encoding="utf-8")
            self.assertEqual(block, text.replace("// SPDX-License-Identifier: Apache-2.0\n", ""),
                             name)


if __name__ == "__main__":
    unittest.main()
