// SPDX-License-Identifier: Apache-2.0
// Transfers and launches on a machine that lacks what they ask for: no second GPU, none that can be
// reached, no pinned memory; and on one that does not do what it should.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/insufficient_memory.h"
#include "derate/error.h"
#include "derate/workload.h"
#include "session.h"

namespace derate::emulation {
namespace {

const Workload& workload_of(std::string_view name, std::string_view variant) {
  for (const Workload* workload : registered_workloads()) {
    if (workload->name == name && workload->variant == variant) return *workload;
  }
  throw std::out_of_range(std::string(name) + "/" + std::string(variant));
}

class Links : public testing::Test {
 protected:
  void SetUp() override { machine = {}; }
  void TearDown() override { machine = {}; }

  std::unique_ptr<Instance> prepare(const std::string& variant) {
    const Workload& workload = workload_of("transfer", variant);
    return workload.prepare(workload.test_problem(), {.cache = CachePolicy::hot}, session_);
  }

  EmulatedSession session_;
};

constexpr const char* kPinned[] = {"pinned_to_device", "pinned_to_host", "pinned_both_ways"};
constexpr const char* kPageable[] = {"pageable_to_device", "pageable_to_host",
                                     "pageable_both_ways"};

TEST_F(Links, SaysThatNoMemoryCanBePinnedAndGoesOnWithPageable) {
  machine.pins_memory = false;
  for (const char* variant : kPinned) {
    try {
      (void)prepare(variant);
      FAIL() << variant;
    } catch (const DeviceError& error) {
      EXPECT_FALSE(error.lost());
      const std::string sentence = error.what();
      EXPECT_EQ(sentence.find("pinning 400012 bytes of host memory failed with "
                              "cudaErrorMemoryAllocation (out of memory)"),
                0u)
          << sentence;
    }
  }
  for (const char* variant : kPageable) {
    const auto instance = prepare(variant);
    instance->launch(0);
    EXPECT_EQ(instance->check(), std::nullopt) << variant;
  }
}

TEST_F(Links, SaysHowMuchDeviceMemoryThereIsNot) {
  const Workload& copy = workload_of("memory_copy", "vectorized");
  largest_block_bytes = 4000;
  for (const std::int64_t n : {1000, 1001}) {
    std::string sentence;
    try {
      (void)copy.prepare({{"n", n}}, {.cache = CachePolicy::hot}, session_);
    } catch (const InsufficientMemory& error) {
      EXPECT_FALSE(error.lost());
      sentence = error.what();
    }
    const bool fits = n == 1000;
    EXPECT_EQ(sentence.find("allocating 4004 bytes on the device failed with "
                            "cudaErrorMemoryAllocation (out of memory)"),
              fits ? std::string::npos : 0U)
        << sentence;
  }
  largest_block_bytes = static_cast<std::size_t>(-1);
}

TEST_F(Links, TimesWithTheHostWhereTheHostCopies) {
  for (const char* variant : kPinned) EXPECT_FALSE(prepare(variant)->host_takes_part()) << variant;
  for (const char* variant : kPageable) EXPECT_TRUE(prepare(variant)->host_takes_part()) << variant;
}

TEST_F(Links, NoticesOneWrongBit) {
  for (const char* variant : {"pinned_to_device", "pageable_to_host", "pinned_both_ways", "peer"}) {
    const auto instance = prepare(variant);
    machine.corrupts_copies = true;
    instance->launch(0);
    machine.corrupts_copies = false;
    const std::string sentence = instance->check().value_or("nothing");
    EXPECT_NE(sentence.find("element 50001 arrived as "), std::string::npos)
        << variant << ": " << sentence;
  }
}

TEST_F(Links, JoinsBothDirectionsIntoTheSessionsStream) {
  const auto instance = prepare("pinned_both_ways");
  machine.calls.clear();
  instance->launch(0);
  EXPECT_EQ(machine.calls,
            (std::vector<std::string>{"record on first", "wait on second", "copy on first",
                                      "copy on second", "record on second", "wait on first"}));
}

TEST_F(Links, OffersSizesThatTheMemoriesHold) {
  for (const char* variant : {"pinned_to_device", "pinned_both_ways"}) {
    const Workload& workload = workload_of("transfer", variant);
    Device device = emulated_device();
    for (const int bits : {26, 30, 37}) {
      device.memory_bytes = std::uint64_t{1} << bits;
      for (const Problem& problem : workload.problems(device)) {
        EXPECT_LE(problem.at("bytes"), static_cast<std::int64_t>(device.memory_bytes / 4));
      }
    }
  }
}

TEST_F(Links, SaysThatThereIsNoSecondGpu) {
  const Workload& peer = workload_of("transfer", "peer");
  EXPECT_EQ(peer.unsupported(session_.device()), std::nullopt);
  for (const int devices : {0, 1}) {
    machine.devices = devices;
    EXPECT_EQ(peer.unsupported(session_.device()), "there is no second GPU");
    EXPECT_EQ(peer.problems(session_.device()).size(), 1u) << "a row that says so";
  }
}

TEST_F(Links, NamesEveryOtherGpuAndTheWayToIt) {
  const Workload& peer = workload_of("transfer", "peer");
  machine.devices = 3;
  Device device = emulated_device();
  device.index = 1;
  std::vector<std::string> names;
  for (const Problem& problem : peer.problems(device)) names.push_back(problem.str());
  EXPECT_EQ(names, (std::vector<std::string>{"to:0/direct:1/bytes:268435456",
                                             "to:2/direct:1/bytes:268435456"}));
  EXPECT_EQ(peer.size_class(peer.problems(device).front()), "direct");
  machine.reach_each_other = false;
  EXPECT_EQ(peer.problems(device).front().str(), "to:0/direct:0/bytes:268435456");
  EXPECT_EQ(peer.size_class(peer.problems(device).front()), "through_host");
}

TEST_F(Links, EnablesAccessToAPeerOnlyWhereItIsDirectAndOnlyOnce) {
  machine.reach_each_other = false;
  auto instance = prepare("peer");
  EXPECT_FALSE(machine.peer_access);
  machine.reach_each_other = true;
  instance = prepare("peer");
  EXPECT_TRUE(machine.peer_access);
  instance = prepare("peer");  // enabled before, which is no error
  instance->launch(0);
  EXPECT_EQ(instance->check(), std::nullopt);
  EXPECT_EQ(machine.current_device, 0) << "the session's device is the current one again";
}

TEST_F(Links, RunsEveryNodeOfAGraphWhenItIsLaunchedAndNotBefore) {
  const Workload& graph = workload_of("launch", "graph");
  EXPECT_EQ(graph.work({{"launches", 100}}).steps, 100);
  const auto instance = graph.prepare({{"launches", 100}}, {}, session_);
  EXPECT_NE(instance->check(), std::nullopt) << "recording is not running";
  instance->launch(0);
  EXPECT_EQ(instance->check(), std::nullopt);
}

TEST_F(Links, NoticesALaunchThatDidNotRun) {
  for (const char* variant : {"queued", "round_trip"}) {
    const Workload& workload = workload_of("launch", variant);
    const auto instance = workload.prepare(workload.test_problem(), {}, session_);
    instance->launch(0);
    EXPECT_EQ(instance->check(), std::nullopt);
    Recording lost;
    recording = &lost;
    instance->launch(0);
    recording = nullptr;
    EXPECT_EQ(instance->check(), "launch 0 left 1 behind, not 2") << variant;
  }
}

}  // namespace
}  // namespace derate::emulation
