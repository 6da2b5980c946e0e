// SPDX-License-Identifier: Apache-2.0
// What control groups of both generations leave to a process: CPU time and memory.
#include "backend/host/cgroup.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "backend/host/memory_limit.h"
#include "backend/host/quota.h"

namespace derate::host {
namespace {

TEST(Quota, ReadsBothGenerations) {
  EXPECT_EQ(parse_cpu_max("200000 100000"), 2.0);
  EXPECT_EQ(parse_cpu_max("max 100000"), std::nullopt);
  EXPECT_EQ(parse_cpu_max(""), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("150000", "100000"), 1.5);
  EXPECT_EQ(parse_cfs_quota("-1", "100000"), std::nullopt);
  EXPECT_EQ(parse_cfs_quota("", ""), std::nullopt);
  EXPECT_EQ(parse_cpu_max("nan 1"), std::nullopt);
  EXPECT_EQ(parse_cpu_max("2 1e-320"), std::nullopt);
  EXPECT_EQ(parse_cpu_max("2 inf"), std::nullopt);
}

TEST(Cgroup, FindsTheProcessesOwnGroups) {
  const CgroupPaths paths =
      parse_own_cgroup("5:memory:/m\n4:cpu,cpuacct:/docker/1\n3:cpuset:/x\n0::/user.slice\n");
  EXPECT_EQ(paths.memory, "/m");
  EXPECT_EQ(paths.cpu, "/docker/1");
  EXPECT_EQ(paths.unified, "/user.slice");
  EXPECT_EQ(parse_own_cgroup("9:cpuset:/a\nnonsense\n").cpu, std::nullopt);
}

TEST(MemoryLimit, CountsFilesThatCanBeDropped) {
  EXPECT_EQ(parse_reclaimable_bytes("anon 7\ninactive_file 100\nactive_file 20\nfile 500\n"), 120u);
  EXPECT_EQ(parse_reclaimable_bytes("inactive_file 1\ntotal_inactive_file 300\n"), 300u);
  EXPECT_EQ(parse_reclaimable_bytes("inactive_file\nnonsense x\n"), 0u);
}

/// A root with the files of a test.
class CgroupTree : public testing::Test {
 protected:
  CgroupTree() {
    std::string name = (std::filesystem::temp_directory_path() / "derate-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    root_ = name;
  }
  ~CgroupTree() override { std::filesystem::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file(root_ + path);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }

  std::string root_;
};

TEST_F(CgroupTree, TakesTheTightestQuotaOnTheWayUp) {
  write("/proc/self/cgroup", "0::/a/b/c\n");
  write("/sys/fs/cgroup/a/cpu.max", "300000 100000\n");
  write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  write("/sys/fs/cgroup/a/b/c/cpu.max", "600000 100000\n");
  EXPECT_EQ(cpu_quota_cores(root_), 3.0);
}

TEST_F(CgroupTree, ReadsTheMountWhenThePathIsTheHosts) {
  write("/proc/self/cgroup", "2:memory:/docker/0123\n1:cpu,cpuacct:/docker/0123\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000\n");
  write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "1000\n");
  EXPECT_EQ(cpu_quota_cores(root_), 2.5);
  EXPECT_EQ(memory_limit(root_).value().limit_bytes, 1000u);
}

TEST_F(CgroupTree, FindsNoLimitWhereNoneIs) {
  EXPECT_EQ(cpu_quota_cores(root_), std::nullopt);
  write("/proc/self/cgroup", "2:memory:/\n0::/\n");
  write("/sys/fs/cgroup/memory.max", "max\n");
  write("/sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(cpu_quota_cores(root_), std::nullopt);
  EXPECT_FALSE(memory_limit(root_));
}

TEST_F(CgroupTree, LeavesTheMemoryThatTheFullestGroupHasLeft) {
  write("/proc/self/cgroup", "0::/a/b\n");
  write("/sys/fs/cgroup/a/memory.max", "1000\n");
  write("/sys/fs/cgroup/a/memory.current", "900\n");
  write("/sys/fs/cgroup/a/memory.stat", "inactive_file 300\n");
  write("/sys/fs/cgroup/a/b/memory.max", "800\n");
  write("/sys/fs/cgroup/a/b/memory.high", "700\n");
  write("/sys/fs/cgroup/a/b/memory.current", "50\n");
  const MemoryLimit limit = memory_limit(root_).value();
  EXPECT_EQ(limit.limit_bytes, 700u);
  EXPECT_EQ(limit.free_bytes, 400u);
}

TEST_F(CgroupTree, LeavesNothingWhereMoreIsInUseThanAllowed) {
  write("/proc/self/cgroup", "0::/\n");
  write("/sys/fs/cgroup/memory.max", "1000\n");
  write("/sys/fs/cgroup/memory.current", "2000\n");
  EXPECT_EQ(memory_limit(root_).value().free_bytes, 0u);
}

}  // namespace
}  // namespace derate::host
