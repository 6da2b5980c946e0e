// SPDX-License-Identifier: Apache-2.0
// What the suites ask of a GPU that is not there, and of a host: how long they take by the
// announcement's own arithmetic, and that a model can be fitted to the shapes.
#include "bench/suites.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gemm/shapes.h"
#include "hardware/peak.h"
#include "hardware/product.h"

namespace derate::bench {
namespace {

constexpr int kRounds = 5;  // of derate run

/// The figures that decide sizes are an H200's (data sheet, CUDA's deviceQuery), the rest is
/// invented.
Device h200() {
  Device device;
  device.backend = "cuda";
  device.name = "an invented H200";
  device.architecture = "sm_90";
  device.compute_units = 132;
  device.clock_specified_hz = {1.98e9, "invented"};
  device.memory_bytes = 140'000'000'000;
  device.last_level_cache_bytes = 60 << 20;
  return device;
}

/// Likewise a B200's.
Device b200() {
  Device device = h200();
  device.name = "an invented B200";
  device.architecture = "sm_100";
  device.compute_units = 148;
  device.memory_bytes = 180'000'000'000;
  device.last_level_cache_bytes = 126 << 20;
  return device;
}

Device host() {
  Device device;
  device.backend = "host";
  device.architecture = "zen5";
  device.compute_units = 2;
  device.clock_specified_hz = {2.6e9, "invented"};
  device.memory_bytes = 16'000'000'000;
  device.last_level_cache_bytes = 32 << 20;
  return device;
}

struct Asked {
  const Workload* workload;
  Problem problem;
  DataPattern data;
};

/// What can run; nothing where this build has no such backend.
std::vector<Asked> asked(const Device& device, Suite suite) {
  std::vector<Asked> all;
  for (const Workload* workload : registered_workloads()) {
    if (workload->backend != device.backend) continue;
    for (const Problem& problem : covered(*workload, device, suite)) {
      if (why_not(*workload, problem, device)) continue;
      for (const DataPattern data : workload->data) all.push_back({workload, problem, data});
    }
  }
  return all;
}

double most_s(std::size_t rows, int rounds, Suite suite) {
  return static_cast<double>(rows) * rounds * time_of_a_round_s(plan_of(suite, {})).most;
}

/// A line of JSON; no name holds what would have to be escaped.
void write_benchmark(std::ostream& out, const std::string& suite, const Asked& asked) {
  const Workload& workload = *asked.workload;
  out << R"({"suite": ")" << suite << R"(", "workload": ")" << workload.name << R"(", "variant": ")"
      << workload.variant << R"(", "provider": ")" << workload.provider << R"(", "precision": ")"
      << to_string(workload.precision) << R"(", "problem": ")" << asked.problem.str()
      << R"(", "data": ")" << to_string(asked.data) << R"(", "bound": ")"
      << to_string(workload.bound) << R"(", "units": ")" << to_string(workload.units) << "\"}\n";
}

// tests/programs/gpu_check_test.py has them written, to stand for what a GPU would measure.
TEST(Suites, NameEachBenchmarkOnce) {
  const char* const file = std::getenv("DERATE_WRITE_SUITES");
  std::ofstream out(file == nullptr ? "/dev/null" : file);
  const std::vector<std::pair<std::string, Suite>> suites = {
      {"quick", Suite::quick}, {"full", Suite::full}, {"shapes", Suite::shapes}};
  for (const auto& [name, suite] : suites) {
    std::set<std::string> names;
    for (const Asked& each : asked(h200(), suite)) {
      write_benchmark(out, name, each);
      const std::string benchmark = each.workload->benchmark_name("cuda", each.problem, each.data);
      EXPECT_TRUE(names.insert(benchmark).second) << benchmark << " is there twice";
    }
  }
}

TEST(QuickSuite, EndsWithinAMinute) {
  for (const Device& device : {h200(), b200(), host()}) {
    const std::size_t rows = asked(device, Suite::quick).size();
    EXPECT_LE(most_s(rows, kRounds, Suite::quick), 60) << rows << " rows on " << device.backend;
  }
}

/// What a launch touches; memory_read may go through its working set more than once.
double touched_bytes(const Workload& workload, const Problem& problem) {
  const std::optional<std::int64_t> working_set = problem.find("bytes");
  return working_set ? static_cast<double>(*working_set) : workload.work(problem).bytes;
}

/// The GPUs of the catalogue, each with its L2, or with the largest of all where that is not known.
std::vector<Device> gpus_of_the_catalogue() {
  std::vector<Device> gpus;
  std::uint64_t largest = 0;
  for (const Product& product : products()) {
    Device device = device_of(product);
    if (device.backend != "cuda" || device.memory_bytes == 0) continue;
    largest = std::max(largest, device.last_level_cache_bytes);
    gpus.push_back(std::move(device));
  }
  for (Device& gpu : gpus) {
    if (gpu.last_level_cache_bytes == 0) gpu.last_level_cache_bytes = largest;
  }
  return gpus;
}

TEST(QuickSuite, StreamsThrough40TimesTheL2OfEveryProductWhereTheMemoryAllows) {
  std::set<std::string> streams;
  const std::vector<Device> gpus = gpus_of_the_catalogue();
  EXPECT_GE(gpus.size(), 30U);
  for (const Device& device : gpus) {
    const auto l2 = static_cast<double>(device.last_level_cache_bytes);
    const double most = 0.6 * static_cast<double>(device.memory_bytes);
    for (const Workload* workload : registered_workloads()) {
      if (workload->backend != "cuda" || workload->bound != Bound::memory) continue;
      for (const Problem& problem : workload->problems(device)) {
        SCOPED_TRACE(device.name + ": " + workload->name + " " + problem.str());
        const double bytes = touched_bytes(*workload, problem);
        EXPECT_LE(bytes, most);
        const bool is_all_the_memory_allows = 2 * bytes > most;
        EXPECT_TRUE((bytes >= 40 * l2 && bytes >= 0x1p32) || is_all_the_memory_allows)
            << bytes / l2 << " times the L2";
        streams.insert(workload->name);
      }
    }
  }
  if (streams.empty()) GTEST_SKIP() << "this build has no CUDA";
  EXPECT_EQ(streams, (std::set<std::string>{"memory_copy", "memory_fill", "memory_read",
                                            "memory_sum", "memory_triad", "vector_add"}));
}

TEST(FullSuite, SumsInThreeSizesToBeCompared) {
  std::vector<std::string> sizes;
  for (const Asked& each : asked(h200(), Suite::full)) {
    if (each.workload->name == "memory_sum") sizes.push_back(each.problem.str());
  }
  if (sizes.empty()) GTEST_SKIP() << "this build has no CUDA";
  EXPECT_EQ(sizes, (std::vector<std::string>{"n:1073741824", "n:268435456", "n:4294967296"}));
}

TEST(QuickSuite, HasEveryProviderOfEveryWorkload) {
  const Device device = h200();
  std::set<std::string> quick;
  for (const Asked& each : asked(device, Suite::quick)) {
    quick.insert(each.workload->name + "/" + each.workload->provider);
  }
  for (const Asked& each : asked(device, Suite::full)) {
    EXPECT_TRUE(quick.contains(each.workload->name + "/" + each.workload->provider))
        << each.workload->name << " " << each.workload->provider;
  }
}

TEST(QuickSuite, AsksForLessThanTheFullOne) {
  for (const Device& device : {h200(), host()}) {
    const std::size_t full = asked(device, Suite::full).size();
    if (full == 0) continue;  // no such backend in this build
    EXPECT_LT(asked(device, Suite::quick).size(), full * 2 / 3) << device.backend;
  }
}

TEST(NamedSizes, AreRefusedWhereOperandsOf8BitsDoNotAllowThem) {
  const Problem even = {{"m", 160}, {"n", 48}, {"k", 16}};
  const Problem odd = {{"m", 160}, {"n", 48}, {"k", 17}};
  for (const Workload* workload : registered_workloads()) {
    if (workload->variant != "cublas_lt") continue;
    const bool is_8_bit = bytes_per_element(workload->precision) == 1;
    EXPECT_EQ(why_not(*workload, even, h200()), std::nullopt) << to_string(workload->precision);
    EXPECT_EQ(why_not(*workload, odd, h200()).value_or(""),
              is_8_bit ? "cuBLASLt multiplies 8-bit operands where k is a multiple of 16" : "");
  }
}

TEST(Shapes, AreEnoughForAFitAndNoMoreThanFiveMinutes) {
  const auto shapes_of = [](const std::string& provider, const Device& device,
                            Precision precision) {
    std::size_t count = 0;
    for (const Asked& each : asked(device, Suite::shapes)) {
      const Workload& workload = *each.workload;
      if (workload.provider == provider && workload.precision == precision) ++count;
    }
    return count;
  };
  const std::size_t on_host = shapes_of("openblas", host(), Precision::f32);
  EXPECT_GE(on_host, 300U);
  EXPECT_LE(most_s(on_host, 1, Suite::shapes), 300);  // the suite's own number of rounds
  const std::size_t f32 = shapes_of("cublas", h200(), Precision::f32);
  const std::size_t bf16 = shapes_of("cublas", h200(), Precision::bf16);
  if (f32 + bf16 == 0) GTEST_SKIP() << "this build has no CUDA";
  EXPECT_GE(f32, 300U);
  EXPECT_GE(bf16, 300U);
  EXPECT_LE(most_s(f32 + bf16, 1, Suite::shapes), 300);
}

TEST(Shapes, OfEveryGemmFitTheDeviceAndTakeAsLongAsAFewSamples) {
  for (const Device& device : {h200(), b200(), host()}) {
    for (const Workload* workload : registered_workloads()) {
      if (workload->backend != device.backend || workload->name != "gemm") continue;
      if (workload->unsupported && workload->unsupported(device)) continue;
      SCOPED_TRACE(device.architecture + " " + workload->variant + " " +
                   std::string(to_string(workload->precision)));
      if (workload->variant == "cublas_pedantic") continue;  // beside cublas, which has shapes
      const std::vector<Problem> problems = covered(*workload, device, Suite::shapes);
      EXPECT_GE(problems.size(), 20U);
      const auto peak =
          peak_of(device, Bound::compute, workload->precision, workload->units).value();
      for (const Problem& problem : problems) {
        const Work work = workload->work(problem);
        EXPECT_LE(work.flops, 0.02 * *peak.specified()) << problem.str();
        EXPECT_LE(work.bytes, 0.3 * static_cast<double>(device.memory_bytes)) << problem.str();
        EXPECT_EQ(why_not(*workload, problem, device), std::nullopt) << problem.str();
      }
    }
  }
}

}  // namespace
}  // namespace derate::bench
