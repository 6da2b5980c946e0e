// SPDX-License-Identifier: Apache-2.0
// Collectives on a stand-in for NCCL (fake_nccl.cpp): right on every number of devices, in every
// size and place; and what becomes of a row, and of the next, where something goes wrong in the
// middle.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "backend/cuda/nccl_communicators.h"
#include "backend/cuda/nccl_library.h"
#include "collective/work.h"
#include "cuda/refusal.h"
#include "measure/own_peak.h"
#include "nccl_session.h"

namespace derate::collective {
namespace {

/// Before the library is opened: the fake one, whatever the machine has.
const bool kIsPrepared =
    setenv("HOME", "/nowhere", 1) == 0 &&
    setenv("DERATE_NCCL_FOLDER", (std::string(DERATE_NCCL_TEST_FOLDER) + "/lib").c_str(), 1) == 0;

class Nccl : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(kIsPrepared);
    unsetenv(cuda::kNcclTimeoutVariable);
    fake::box = {};
    go_wrong("");
  }
  void TearDown() override { SetUp(); }

  static void go_wrong(const std::string& how) {
    if (how.empty()) unsetenv("DERATE_FAKE_NCCL");
    if (!how.empty()) setenv("DERATE_FAKE_NCCL", how.c_str(), 1);
  }

  std::unique_ptr<Instance> prepare(std::string_view name, std::string_view variant,
                                    const Problem& problem,
                                    DataPattern data = DataPattern::uniform) {
    return collective_of(name, variant).prepare(problem, {.data = data}, session_);
  }

  FakeSession session_;
};

std::vector<const Workload*> collectives() { return registered_workloads(); }

/// As a round does it: a check after launches, the result spoilt, one launch, and a check.
void expect_right(Instance& instance, const std::string& what) {
  instance.launch(0);
  EXPECT_EQ(instance.check().value_or(""), "") << what;
  instance.launch(0);
  instance.launch(0);
  instance.poison();
  EXPECT_NE(instance.check(), std::nullopt) << "nothing ran since: " << what;
  instance.launch(0);
  EXPECT_EQ(instance.check().value_or(""), "") << what;
}

TEST_F(Nccl, IsRightOnAnyNumberOfDevicesInEverySize) {
  EXPECT_EQ(collectives().size(), 14U) << "five operations in up to three variants";
  for (const int devices : {2, 7, 8}) {
    fake::box.devices = devices;
    for (const Workload* workload : collectives()) {
      const std::int64_t largest = devices == 2 ? 8 << 20 : 1 << 20;  // for the sake of time
      for (std::int64_t bytes = kSmallest_bytes; bytes <= largest; bytes *= 8) {
        const Problem problem = sized(bytes + 4, devices);
        const auto instance = workload->prepare(problem, {}, session_);
        expect_right(*instance, workload->name + "/" + workload->variant + " " + problem.str());
      }
    }
  }
}

TEST_F(Nccl, IsRightInTheLargestSize) {
  const auto instance = prepare("broadcast", "in_place", sized(kLargest_bytes, 2));
  EXPECT_NE(instance->check(), std::nullopt);
  instance->launch(0);
  EXPECT_EQ(instance->check(), std::nullopt);
}

/// Of those that the suites ask for on GPUs of 80 GiB, up to DERATE_ALL_SIZES MiB, for
/// scripts/soak: up to 1024 they take minutes, and 17 GiB.
class NcclSizes : public Nccl, public testing::WithParamInterface<int> {};

std::vector<Problem> sizes_of(const Workload& workload) {
  std::vector<Problem> sizes = workload.problems(fake_gpu());
  for (const Problem& more : workload.more_problems(fake_gpu())) sizes.push_back(more);
  return sizes;
}

TEST_P(NcclSizes, AreAllRight) {
  const char* const asked = std::getenv("DERATE_ALL_SIZES");
  if (asked == nullptr) GTEST_SKIP() << "without DERATE_ALL_SIZES";
  const std::int64_t most_bytes = std::atoll(asked) << 20;
  fake::box.devices = GetParam();
  std::set<std::int64_t> seen;
  for (const Workload* workload : collectives()) {
    for (const Problem& problem : sizes_of(*workload)) {
      if (problem.at("bytes") > most_bytes) continue;
      const std::string what = workload->name + "/" + workload->variant + " " + problem.str();
      const auto instance = workload->prepare(problem, {}, session_);
      EXPECT_NE(instance->check(), std::nullopt) << "nothing ran yet: " << what;
      instance->launch(0);
      EXPECT_EQ(instance->check().value_or(""), "") << what;
      seen.insert(problem.at("bytes"));
    }
  }
  constexpr std::int64_t kKi = 1024;
  std::set<std::int64_t> wanted = {kKi,           8 * kKi,        64 * kKi,        512 * kKi,
                                   4 * kKi * kKi, 32 * kKi * kKi, 256 * kKi * kKi, kKi * kKi * kKi};
  wanted.erase(wanted.upper_bound(most_bytes), wanted.end());
  EXPECT_EQ(seen, wanted);
}
INSTANTIATE_TEST_SUITE_P(Devices, NcclSizes, testing::Values(2, 7, 8));

TEST_F(Nccl, IsRightOnZeros) {
  for (const Workload* workload : collectives()) {
    const auto instance =
        workload->prepare(sized(400'012, 2), {.data = DataPattern::zeros}, session_);
    instance->launch(0);
    EXPECT_EQ(instance->check(), std::nullopt) << workload->name << "/" << workload->variant;
  }
}

TEST_F(Nccl, KeepsTheArraysOfEachDeviceOnIt) {
  fake::box.devices = 8;
  {
    const auto apart = prepare("all_reduce", "out_of_place", sized(1 << 20, 8));
    for (int device = 0; device < 8; ++device) {
      EXPECT_EQ(fake::box.used_bytes[device], 2U << 20) << device;
    }
    EXPECT_EQ(fake::box.streams, 7) << "and the session's";
    EXPECT_EQ(fake::current_device, 0);
    EXPECT_TRUE(apart->host_takes_part());
  }
  EXPECT_EQ(fake::box.streams, 0);
  const auto in_place = prepare("all_gather", "in_place", sized(1 << 20, 8));
  EXPECT_EQ(fake::box.used_bytes[7], 1U << 20);
}

TEST_F(Nccl, AsksForTheBoxOnceAndForAllItsDevices) {
  fake::box.devices = 8;
  const Workload& apart = collective_of("all_reduce", "out_of_place");
  ASSERT_EQ(apart.problems(fake_gpu()).size(), 1U);
  EXPECT_EQ(apart.problems(fake_gpu()).front().str(), "bytes:1073741824/devices:8");
  EXPECT_EQ(apart.more_problems(fake_gpu()).front().str(), "bytes:1024/devices:8");
  EXPECT_EQ(apart.more_problems(fake_gpu()).size(), 7U);
  for (const Workload* workload : collectives()) {
    EXPECT_TRUE(workload->problems(fake_gpu(1)).empty()) << "a row of the first device";
    EXPECT_TRUE(workload->more_problems(fake_gpu(1)).empty());
    EXPECT_EQ(workload->unsupported(fake_gpu()), std::nullopt);
  }
  EXPECT_EQ(collective_of("all_reduce", "small_message").problems(fake_gpu()).front().str(),
            "bytes:1024/devices:8");
  EXPECT_EQ(collective_of("broadcast", "small_message").more_problems(fake_gpu()).size(), 1U);
}

TEST_F(Nccl, SaysInOneRowThatThereIsOneGpu) {
  fake::box.devices = 1;
  std::size_t quick = 0;
  for (const Workload* workload : collectives()) {
    EXPECT_EQ(workload->unsupported(fake_gpu()).value_or(""), "there is no second GPU");
    quick += workload->problems(fake_gpu()).size();
    EXPECT_EQ(workload->problems(fake_gpu()).size() + workload->more_problems(fake_gpu()).size(),
              1U);
  }
  EXPECT_EQ(quick, 1U);
}

TEST_F(Nccl, RefusesWhatTheBoxCannotDo) {
  const Workload& gather = collective_of("all_gather", "out_of_place");
  EXPECT_EQ(gather.refuses(sized(1024, 4), fake_gpu()).value_or(""),
            "devices:4 is more than the 2 GPUs that there are");
  EXPECT_EQ(gather.refuses(sized(1024, 1), fake_gpu()).value_or(""),
            "devices:1 leaves nobody to send to");
  EXPECT_EQ(gather.refuses(sized(7, 2), fake_gpu()).value_or(""),
            "bytes:7 has no f32 for each of the 2 devices");
  EXPECT_EQ(gather.refuses(sized(8, 2), fake_gpu()), std::nullopt);
  fake::box.memory_bytes = 1 << 20;
  EXPECT_TRUE(refusal_of([&] {
                prepare("all_reduce", "out_of_place", sized(1 << 20, 2));
              }).starts_with("unsupported: allocating 1048576 bytes on the device"));
}

TEST_F(Nccl, TellsWhichPairsHaveNoDirectPath) {
  fake::box.devices = 3;
  EXPECT_EQ(prepare("broadcast", "in_place", sized(1024, 3))->algorithm(), "every pair direct");
  fake::box.reach_each_other = false;
  setenv("NCCL_ALGO", "Ring", 1);
  EXPECT_EQ(prepare("broadcast", "in_place", sized(1024, 3))->algorithm(),
            "3 of 3 pairs without a direct path, first cuda:0 and cuda:1; NCCL_ALGO=Ring");
  unsetenv("NCCL_ALGO");
}

/// The peak of all devices of the box, of this architecture.
double peak(const char* name, const char* variant, const char* architecture) {
  Device device = fake_gpu();
  device.architecture = architecture;
  const auto known =
      peak_of_work(collective_of(name, variant), sized(1 << 20, fake::box.devices), device);
  return known ? *known->specified() : 0;
}

TEST_F(Nccl, IsHeldAgainstTheLinksOfADeviceWhereTheyAreKnown) {
  EXPECT_EQ(peak("all_gather", "in_place", "sm_80"), 0) << "no NVLink";
  setenv("DERATE_FAKE_NVLINKS", "1 1 0 1", 1);
  EXPECT_EQ(peak("all_gather", "in_place", "sm_80"), 75e9) << "one of four is not in use";
  EXPECT_EQ(peak("all_gather", "out_of_place", "sm_100"), 150e9);
  EXPECT_EQ(peak("all_reduce", "out_of_place", "sm_80"), 75e9);
  EXPECT_EQ(peak("all_reduce", "out_of_place", "sm_90"), 0) << "the switch may add";
  EXPECT_EQ(peak("all_gather", "out_of_place", "sm_42"), 0) << "of no known generation";
  EXPECT_EQ(peak("all_gather", "small_message", "sm_80"), 0) << "a time has no peak";
  fake::box.reach_each_other = false;
  EXPECT_EQ(peak("all_gather", "in_place", "sm_80"), 0) << "the way is another";
  unsetenv("DERATE_FAKE_NVLINKS");
}

TEST_F(Nccl, NoticesAWrongResult) {
  for (const Workload* workload : collectives()) {
    const auto instance = workload->prepare(sized(4096, 2), {}, session_);
    instance->launch(0);
    ASSERT_EQ(instance->check(), std::nullopt);
    for (const char* how : {"wrong", "short"}) {
      // Messages have no last element here, and what is gathered in place ends with what was there.
      const bool has_all = workload->name == "all_to_all" ||
                           (workload->name == "all_gather" && workload->variant == "in_place");
      if (has_all && how == std::string("short")) continue;
      go_wrong(how);
      instance->poison();
      instance->launch(0);
      go_wrong("");
      const std::string said = instance->check().value_or("");
      EXPECT_NE(said.find(" on cuda:1 is "), std::string::npos)
          << workload->name << "/" << workload->variant << " " << how << ": " << said;
    }
  }
}

TEST_F(Nccl, SaysWhatFailedAndGoesOnWithNewCommunicators) {
  const Problem problem = sized(4096, 2);
  go_wrong("init");
  fake::box.devices = 3;  // others than those that are kept
  EXPECT_TRUE(refusal_of([&] {
                prepare("all_reduce", "out_of_place", sized(4096, 3));
              }).starts_with("ncclCommInitAll failed with unhandled system error (2) at "));
  go_wrong("");
  for (const auto& [how, call] : std::vector<std::pair<std::string, std::string>>{
           {"call", "ncclAllReduce"}, {"end", "ncclGroupEnd"}}) {
    const auto instance = prepare("all_reduce", "out_of_place", problem);
    instance->launch(0);
    go_wrong(how);
    const std::string said = refusal_of([&] { instance->launch(0); });
    EXPECT_TRUE(said.starts_with(call + " failed with unhandled system error (2) at ")) << said;
    go_wrong("");
    EXPECT_EQ(refusal_of([&] { instance->launch(0); }),
              "an earlier call of NCCL failed on these communicators");
    expect_right(*prepare("all_reduce", "out_of_place", problem), "the next row");
  }
}

TEST_F(Nccl, EndsACollectiveWhoseRankNeverComes) {
  const Problem problem = sized(4096, 7);
  fake::box.devices = 7;
  setenv(cuda::kNcclTimeoutVariable, "0.3", 1);
  for (const char* how : {"hang", "block"}) {
    const auto instance = prepare("all_reduce", "out_of_place", problem);
    instance->launch(0);
    go_wrong(how);
    const auto begin = std::chrono::steady_clock::now();
    const std::string said = refusal_of([&] {
      instance->launch(0);
      session_.synchronize();
      static_cast<void>(instance->check());
    });
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    go_wrong("");
    EXPECT_EQ(said,
              "a collective over 7 devices did not end within 0.3 s: a rank never came, or a link "
              "is stuck; the communicators were aborted")
        << how;
    EXPECT_GE(took.count(), 0.3);
    expect_right(*prepare("all_reduce", "out_of_place", problem), "the next row");
  }
}

TEST_F(Nccl, IsDestroyedThoughARankNeverCame) {
  setenv(cuda::kNcclTimeoutVariable, "0.3", 1);
  auto instance = prepare("all_to_all", "out_of_place", sized(4096, 2));
  go_wrong("hang");
  instance->launch(0);
  instance.reset();
  go_wrong("");
  expect_right(*prepare("all_to_all", "out_of_place", sized(4096, 2)), "the next row");
}

TEST_F(Nccl, SaysWhatNcclReportsLater) {
  const auto instance = prepare("all_gather", "in_place", sized(4096, 2));
  instance->launch(0);
  go_wrong("later");
  const std::string said = refusal_of([&] {
    instance->launch(0);
    session_.synchronize();
    static_cast<void>(instance->check());
  });
  go_wrong("");
  EXPECT_EQ(said, "NCCL reports on cuda:0: remote process exited or there was a network error (6)");
  expect_right(*prepare("all_gather", "in_place", sized(4096, 2)), "the next row");
}

TEST_F(Nccl, TakesATimeoutThatIsOne) {
  setenv(cuda::kNcclTimeoutVariable, "soon", 1);
  EXPECT_EQ(refusal_of([&] { prepare("all_reduce", "out_of_place", sized(4096, 2)); }),
            "DERATE_NCCL_TIMEOUT_S is \"soon\", which is no number of seconds above 0");
}

TEST_F(Nccl, NamesItselfAndItsFile) {
  EXPECT_EQ(cuda::nccl_version(), "NCCL 2.28.9");
  EXPECT_EQ(cuda::nccl_origin(),
            "NCCL 2.28.9 is " + std::string(DERATE_NCCL_TEST_FOLDER) + "/lib/libnccl.so.2");
}

}  // namespace
}  // namespace derate::collective
