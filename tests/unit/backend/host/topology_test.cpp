// SPDX-License-Identifier: Apache-2.0
// Which cores a process may use: CPU lists, SMT siblings, cores of several kinds, and a quota.
#include "backend/host/topology.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

namespace derate::host {
namespace {

using Cpus = std::vector<int>;

TEST(CpuList, ReadsRangesAndSingles) {
  EXPECT_EQ(parse_cpu_list("0-3,8\n"), (Cpus{0, 1, 2, 3, 8}));
  EXPECT_EQ(parse_cpu_list("5"), (Cpus{5}));
  EXPECT_EQ(parse_cpu_list("4,2,2"), (Cpus{2, 4}));
}

TEST(CpuList, LeavesOutWhatItCannotRead) {
  EXPECT_EQ(parse_cpu_list(""), (Cpus{}));
  EXPECT_EQ(parse_cpu_list("\n"), (Cpus{}));
  EXPECT_EQ(parse_cpu_list("x,3,-1,1-"), (Cpus{3}));
  EXPECT_EQ(parse_cpu_list("3-1"), (Cpus{}));
  EXPECT_EQ(parse_cpu_list("0-99999999"), (Cpus{}));
}

TEST(Cores, CountSiblingsOnce) {
  const auto pairs = [](int cpu) {
    return std::to_string(cpu % 4) + "," + std::to_string(cpu % 4 + 4);
  };
  EXPECT_EQ(one_cpu_per_core({0, 1, 2, 3, 4, 5, 6, 7}, pairs), (Cpus{0, 1, 2, 3}));
  EXPECT_EQ(one_cpu_per_core({1, 5, 6}, pairs), (Cpus{1, 6}));
}

TEST(Cores, WithoutASiblingListStandAlone) {
  EXPECT_EQ(one_cpu_per_core({0, 1}, [](int) { return ""; }), (Cpus{0, 1}));
}

Cores equal_cores(Cpus cpus) { return fastest_cores({{"", std::move(cpus)}}); }

TEST(Cores, AreCappedByAQuotaRoundedDown) {
  EXPECT_EQ(cap_cores(equal_cores({0, 1, 2, 3}), std::numeric_limits<double>::infinity()).source,
            "affinity mask");
  EXPECT_EQ(cap_cores(equal_cores({0, 1}), 2).source, "affinity mask");
  const Cores capped = cap_cores(equal_cores({0, 1, 2, 3}), 2.5);
  EXPECT_EQ(capped.cpus, (Cpus{0, 1}));
  EXPECT_EQ(capped.units, 2);
  EXPECT_EQ(capped.source, "cgroup quota");
  EXPECT_NE(capped.note, "");
  EXPECT_EQ(cap_cores(equal_cores({0, 1, 2, 3}), 3).note, "");
}

TEST(Cores, AreAShareOfOneWhereTheQuotaIs) {
  const Cores share = cap_cores(equal_cores({0, 1}), 0.25);
  EXPECT_EQ(share.cpus, (Cpus{0}));
  EXPECT_EQ(share.units, 0.25);
  EXPECT_EQ(share.note, "the cgroup's quota is 0.25 of one core, and so is the peak");
}

class Classes : public testing::Test {
 protected:
  Classes() {
    std::string name = (std::filesystem::temp_directory_path() / "derate-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = name;
  }
  ~Classes() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file(root_ + "/sys/devices/" + path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << "\n";
  }
  [[nodiscard]] Cores of(const Cpus& cpus) const {
    return fastest_cores(core_classes(cpus, root_));
  }

  std::string root_;
};

TEST_F(Classes, AreThoseThatTheKernelListsOfIntel) {
  write("cpu_core/cpus", "0-7");
  write("cpu_atom/cpus", "8-15");
  const Cores cores = of({0, 2, 8, 9, 10});
  EXPECT_EQ(cores.cpus, (Cpus{0, 2}));
  EXPECT_EQ(cores.units, 2);
  EXPECT_EQ(cores.note,
            "cores of 2 kinds: only 2 of cpu_core are used, not 3 of cpu_atom (taskset chooses "
            "others)");
  EXPECT_EQ(of({8, 9}).cpus, (Cpus{8, 9}));  // the user's choice
  EXPECT_EQ(of({8, 9}).note, "");
}

TEST_F(Classes, AreToldApartByCapacityOrMaximumClock) {
  for (const int cpu : {0, 1, 2, 3}) {
    write("system/cpu/cpu" + std::to_string(cpu) + "/cpu_capacity", cpu < 2 ? "430" : "1024");
    write("system/cpu/cpu" + std::to_string(cpu + 4) + "/cpufreq/cpuinfo_max_freq",
          cpu < 1 ? "5157000" : "3300000");
  }
  EXPECT_EQ(of({0, 1, 2, 3}).cpus, (Cpus{2, 3}));
  EXPECT_EQ(of({4, 5, 6, 7}).cpus, (Cpus{4}));
  EXPECT_NE(of({4, 5, 6, 7}).note, "");
}

TEST_F(Classes, AreOneWhereOnlyTheBestClocksDiffer) {
  write("system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "5800000");
  write("system/cpu/cpu1/cpufreq/cpuinfo_max_freq", "5500000");
  EXPECT_EQ(of({0, 1}).cpus, (Cpus{0, 1}));
  EXPECT_EQ(of({0, 1}).note, "");
  EXPECT_EQ(of({2, 3}).cpus, (Cpus{2, 3}));  // nothing is known
}

TEST(Cores, OfThisProcessAreInItsMask) {
  const Cores cores = usable_cores();
  ASSERT_FALSE(cores.cpus.empty());
  const Cpus allowed = affinity_cpus();
  for (const int cpu : cores.cpus) EXPECT_TRUE(std::ranges::count(allowed, cpu)) << cpu;
}

}  // namespace
}  // namespace derate::host
