// SPDX-License-Identifier: Apache-2.0
// Which cores a process may use: CPU lists, SMT siblings and control groups' quotas.
#include "backend/host/topology.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>

#include "backend/host/quota.h"

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

TEST(Cores, AreCappedByAQuotaRoundedDown) {
  EXPECT_EQ(cap_cores({0, 1, 2, 3}, std::numeric_limits<double>::infinity()).source,
            "affinity mask");
  EXPECT_EQ(cap_cores({0, 1}, 2).source, "affinity mask");
  const Cores capped = cap_cores({0, 1, 2, 3}, 2.5);
  EXPECT_EQ(capped.cpus, (Cpus{0, 1}));
  EXPECT_EQ(capped.source, "cgroup quota");
  EXPECT_NE(capped.note, "");
  EXPECT_EQ(cap_cores({0, 1, 2, 3}, 3).note, "");
  EXPECT_EQ(cap_cores({0, 1}, 0.5).cpus, (Cpus{0}));
}

TEST(Cores, OfThisProcessAreInItsMask) {
  const Cores cores = usable_cores();
  ASSERT_FALSE(cores.cpus.empty());
  const Cpus allowed = affinity_cpus();
  for (const int cpu : cores.cpus) EXPECT_TRUE(std::ranges::count(allowed, cpu)) << cpu;
}

TEST(Quota, ReadsBothGenerations) {
  EXPECT_EQ(parse_cpu_max("200000 100000"), 2.0);
  EXPECT_EQ(parse_cpu_max("max 100000"), std::nullopt);
  EXPECT_EQ(parse_cpu_max(""), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("150000", "100000"), 1.5);
  EXPECT_EQ(parse_cfs_quota("-1", "100000"), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("", ""), std::nullopt);
}

TEST(Quota, FindsTheProcessesOwnGroups) {
  const CgroupPaths paths =
      parse_own_cgroup("4:cpu,cpuacct:/docker/1\n3:cpuset:/x\n0::/user.slice\n");
  EXPECT_EQ(paths.cpu, "/docker/1");
  EXPECT_EQ(paths.unified, "/user.slice");
  EXPECT_EQ(parse_own_cgroup("9:cpuset:/a\nnonsense\n").cpu, std::nullopt);
}

class QuotaTree : public testing::Test {
 protected:
  QuotaTree() {
    std::string name = (std::filesystem::temp_directory_path() / "derate-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = name;
  }
  ~QuotaTree() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file(root_ + path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::string root_;
};

TEST_F(QuotaTree, TakesTheTightestLimitOnTheWayUp) {
  write("/proc/self/cgroup", "0::/a/b/c\n");
  write("/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/a/b/c/cpu.max", "600000 100000\n");
  EXPECT_EQ(cpu_quota_cores(root_), 3.0);
}

TEST_F(QuotaTree, ReadsTheMountWhenThePathIsTheHosts) {
  write("/proc/self/cgroup", "1:cpu,cpuacct:/docker/0123\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpu_quota_cores(root_), 2.5);
}

TEST_F(QuotaTree, FindsNoneWhereNoneIs) {
  EXPECT_EQ(cpu_quota_cores(root_), std::nullopt);
  write("/proc/self/cgroup", "0::/\n");
  EXPECT_EQ(cpu_quota_cores(root_), std::nullopt);
}

}  // namespace
}  // namespace derate::host
