// SPDX-License-Identifier: Apache-2.0
// GpuSession on a runtime and an NVML that do as the test says: which samples carry readings, and
// what becomes of them.
#include "backend/cuda/session.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "backend/cuda/probe.h"
#include "backend/cuda/processes.h"
#include "backend/cuda/stamp_kernel.h"
#include "derate/cuda/launch.h"
#include "derate/error.h"
#include "fat_binary.h"

namespace derate::cuda {

bool one_process_only = false;

GpuAddress gpu_address(int) { return {"GPU-fake", ""}; }
bool admits_one_process(int) { return one_process_only; }
std::uint64_t longest_head_start_ns = 0;
int sms_reached = 2;

/// Two blocks on each SM that is reached, at 1 GHz; every call is a millisecond later.
void stamp_sms(Stamp* stamps, int sms, std::uint64_t head_start_ns, cudaStream_t) {
  static std::uint64_t now_ns = 0;
  now_ns += 1'000'000;
  for (int i = 0; i < stamp_count(sms) && sms_reached > 0; ++i) {
    stamps[i] = {now_ns, now_ns, static_cast<std::uint32_t>(i % sms_reached), 1};
  }
  longest_head_start_ns = std::max(longest_head_start_ns, head_start_ns);
  fake::runtime.calls.emplace_back("stamp");
}

namespace {

Device device() {
  Device made;
  made.backend = "cuda";
  made.compute_units = 2;
  return made;
}

class GpuSessionTest : public testing::Test {
 protected:
  void SetUp() override {
    fake::runtime = {};
    one_process_only = false;
    longest_head_start_ns = 0;
    sms_reached = 2;
    for (const char* name :
         {"STATUS", "PIDS", "ENERGY_MJ", "ECC", "VIOLATION", "PCIE", "MEMORY", "REASONS"}) {
      ::unsetenv(("DERATE_FAKE_" + std::string(name)).c_str());
    }
  }
  static Sample sample(GpuSession& session, std::deque<cudaError_t> queries) {
    fake::runtime.queries = std::move(queries);
    fake::runtime.calls.clear();
    return session.sample([](int) { fake::runtime.calls.emplace_back("launch"); }, 2);
  }
};

constexpr cudaError_t kBusy = cudaErrorNotReady;

TEST_F(GpuSessionTest, ReadsUnderTheLoadAndDelaysNoLaunch) {
  GpuSession session(device());
  const Sample read = sample(session, {kBusy, kBusy});
  EXPECT_DOUBLE_EQ(read.time_s, 5e-3);
  EXPECT_DOUBLE_EQ(read.power_w, 612.5);
  EXPECT_DOUBLE_EQ(read.temperature_c, 61);
  EXPECT_EQ(read.throttled, true);
  EXPECT_EQ(fake::runtime.calls,
            (std::vector<std::string>{"stamp", "record", "launch", "launch", "record", "stamp",
                                      "wait for event", "query", "query", "wait for all"}));
}

TEST_F(GpuSessionTest, SaysWhenStampsDoNotReachEverySm) {
  GpuSession all(device());
  EXPECT_EQ(all.device().note, "");
  EXPECT_DOUBLE_EQ(sample(all, {}).clock_hz, 1e9);
  sms_reached = 1;
  Device noted = device();
  noted.note = "ECC is on.";
  GpuSession one(noted);
  EXPECT_EQ(one.device().note,
            "ECC is on. Only 1 of 2 SMs left a stamp: the measured clock is theirs.");
  EXPECT_DOUBLE_EQ(sample(one, {}).clock_hz, 1e9);
  sms_reached = 0;
  GpuSession none(device());
  EXPECT_EQ(none.device().note, "No SM left a stamp, so that its clock is not known.");
  EXPECT_TRUE(std::isnan(sample(none, {}).clock_hz));
}

TEST_F(GpuSessionTest, LeavesASampleUnreadThatEndedBefore) {
  GpuSession session(device());
  const Sample unread = sample(session, {cudaSuccess});
  EXPECT_TRUE(std::isnan(unread.power_w));
  EXPECT_TRUE(std::isnan(unread.temperature_c));
  EXPECT_EQ(unread.throttled, std::nullopt);
}

TEST_F(GpuSessionTest, KeepsNoReasonsThatWereReadWhenTheSampleEnded) {
  GpuSession session(device());
  const Sample late = sample(session, {kBusy, cudaSuccess});
  EXPECT_DOUBLE_EQ(late.power_w, 612.5);
  EXPECT_EQ(late.throttled, std::nullopt);
}

TEST_F(GpuSessionTest, KnowsNothingWhereTheSensorsAreForbidden) {
  ::setenv("DERATE_FAKE_STATUS", "4", 1);
  GpuSession session(device());
  const Sample unread = sample(session, {kBusy, kBusy});
  EXPECT_TRUE(std::isnan(unread.power_w));
  EXPECT_TRUE(std::isnan(unread.temperature_c));
  EXPECT_EQ(unread.throttled, std::nullopt);
  const Telemetry telemetry = session.telemetry();
  EXPECT_TRUE(std::isnan(telemetry.power_w));
  EXPECT_TRUE(std::isnan(telemetry.energy_j));
  EXPECT_TRUE(std::isnan(telemetry.other_processes));
  EXPECT_EQ(telemetry.throttle_reasons, "");
}

TEST_F(GpuSessionTest, TimesByTheHostsClockWithoutAHeadStart) {
  GpuSession session(device());
  fake::runtime.calls.clear();
  const auto launch = [](int) {
    fake::runtime.calls.emplace_back("launch");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  const Sample timed = session.sample_by_host(launch, 2);
  EXPECT_GE(timed.time_s, 2e-3);
  EXPECT_LT(timed.time_s, 1) << "not what the events say";
  EXPECT_NE(timed.time_s, 5e-3);
  EXPECT_FALSE(timed.host_bound);
  EXPECT_EQ(longest_head_start_ns, 0u);
  EXPECT_EQ(fake::runtime.calls,
            (std::vector<std::string>{"stamp", "wait for all", "launch", "launch", "wait for all",
                                      "stamp", "wait for all"}));
  static_cast<void>(sample(session, {}));
  EXPECT_GT(longest_head_start_ns, 0u);
}

TEST_F(GpuSessionTest, TakesEnergyFromTheFirstSampleOn) {
  GpuSession session(device());
  ::setenv("DERATE_FAKE_ENERGY_MJ", "1000", 1);
  EXPECT_TRUE(std::isnan(session.telemetry().energy_j)) << "there was no sample";
  ::setenv("DERATE_FAKE_ENERGY_MJ", "2000", 1);
  static_cast<void>(sample(session, {}));
  ::setenv("DERATE_FAKE_ENERGY_MJ", "2500", 1);
  static_cast<void>(sample(session, {}));
  ::setenv("DERATE_FAKE_ENERGY_MJ", "4500", 1);
  const Telemetry telemetry = session.telemetry();
  EXPECT_DOUBLE_EQ(telemetry.energy_j, 2.5);
  EXPECT_GT(telemetry.energy_time_s, 0);
  EXPECT_TRUE(std::isnan(session.telemetry().energy_j)) << "it was taken";
}

TEST_F(GpuSessionTest, ReadsHalfOfTheSamplesAndBeginsAnewWithEachMeasurement) {
  for (const bool again : {false, true}) {
    GpuSession session(device());
    if (again) {
      static_cast<void>(sample(session, {kBusy, kBusy}));
      static_cast<void>(session.telemetry());
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the budget allows one more
    }
    for (std::uint64_t i = 0; i < 8; ++i) {
      const bool read = !std::isnan(sample(session, {kBusy, kBusy}).power_w);
      const auto& calls = fake::runtime.calls;
      const bool asked = std::find(calls.begin(), calls.end(), "query") != calls.end();
      EXPECT_EQ(asked, read) << "what is not read is not disturbed";
      EXPECT_TRUE(may_be_read(i) || !read) << i;
      EXPECT_TRUE(i > 0 || read) << "later ones as far as the budget allows";
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
}

TEST_F(GpuSessionTest, CountsSinceTheLastMeasurement) {
  ::setenv("DERATE_FAKE_ECC", "10 1 0 0", 1);
  ::setenv("DERATE_FAKE_VIOLATION", "1000000000 0 0 0 0 0", 1);
  GpuSession session(device());
  ::setenv("DERATE_FAKE_ECC", "12 1 0 0", 1);
  EXPECT_EQ(session.telemetry().ecc_corrected, 2) << "since the session was opened";
  ::setenv("DERATE_FAKE_ECC", "13 4 0 0", 1);
  ::setenv("DERATE_FAKE_VIOLATION", "1500000000 0 2000000 1000000 0 0", 1);
  const Telemetry telemetry = session.telemetry();
  EXPECT_EQ(telemetry.ecc_corrected, 1);
  EXPECT_EQ(telemetry.ecc_uncorrected, 3);
  EXPECT_DOUBLE_EQ(telemetry.throttled_power_s, 0.5);
  EXPECT_EQ(telemetry.throttled_thermal_s, 0);
  EXPECT_DOUBLE_EQ(telemetry.throttled_other_s, 3e-3);
}

TEST_F(GpuSessionTest, LooksAtLinkAndMemoryClockUnderLoad) {
  GpuSession session(device());
  ::setenv("DERATE_FAKE_PCIE", "4 8 5 16", 1);
  ::setenv("DERATE_FAKE_MEMORY", "1600 3200", 1);
  static_cast<void>(sample(session, {kBusy, kBusy}));
  ::setenv("DERATE_FAKE_PCIE", "1 8 5 16", 1);
  ::setenv("DERATE_FAKE_MEMORY", "100 3200", 1);
  Telemetry telemetry = session.telemetry();
  EXPECT_EQ(telemetry.pcie_link, "4 x8");
  EXPECT_EQ(telemetry.pcie_link_maximum, "5 x16");
  EXPECT_EQ(telemetry.memory_clock_ratio, 0.5);
  static_cast<void>(sample(session, {}));
  telemetry = session.telemetry();
  EXPECT_EQ(telemetry.pcie_link, "1 x8") << "right afterwards, where no sample was read";
}

TEST_F(GpuSessionTest, SeesTheStepOfTheEnergyCounter) {
  GpuSession session(device());
  ::setenv("DERATE_FAKE_ENERGY_MJ", "1000 250", 1);
  static_cast<void>(sample(session, {kBusy, kBusy}));  // once before it and once under it
  const Telemetry telemetry = session.telemetry();
  EXPECT_DOUBLE_EQ(telemetry.energy_j, 0.5);
  EXPECT_DOUBLE_EQ(telemetry.energy_step_j, 0.25);
}

TEST_F(GpuSessionTest, ReadsAfterwardsWhereNoSampleWasRead) {
  GpuSession session(device());
  static_cast<void>(sample(session, {}));
  const Telemetry telemetry = session.telemetry();
  EXPECT_DOUBLE_EQ(telemetry.power_w, 612.5);
  EXPECT_EQ(telemetry.throttle_reasons, "power_cap");
}

TEST_F(GpuSessionTest, CountsOtherProcesses) {
  GpuSession session(device());
  const std::string self = std::to_string(::getpid());
  ::setenv("DERATE_FAKE_PIDS", (self + " 1 2").c_str(), 1);
  EXPECT_EQ(session.telemetry().other_processes, 2);
  ::setenv("DERATE_FAKE_PIDS", "1", 1);
  EXPECT_TRUE(std::isnan(session.telemetry().other_processes));
  ::setenv("DERATE_FAKE_PIDS", self.c_str(), 1);
  const double alone = session.telemetry().other_processes;
  EXPECT_TRUE(sees_all_processes() ? alone == 0 : std::isnan(alone));
}

std::string refusal() {
  try {
    const GpuSession session(device());
  } catch (const DeviceError& error) {
    return error.what();
  }
  return "";
}

TEST_F(GpuSessionTest, SaysThatAnotherProcessHoldsTheDevice) {
  one_process_only = true;
  EXPECT_EQ(refusal(), "");
  const std::string held =
      "another process holds the device exclusively: its compute mode admits one process at a time";
  fake::runtime.make_context = cudaErrorDevicesUnavailable;
  EXPECT_EQ(refusal(), held);
  fake::runtime.set_device = cudaErrorDevicesUnavailable;
  EXPECT_EQ(refusal(), held);
  one_process_only = false;
  EXPECT_NE(refusal().find("creating a context failed with cudaErrorOfTheTest"), std::string::npos)
      << refusal();
}

/// The machine code of this very program: of the kernels first and second, for sm_80 and sm_90.
[[gnu::section(".nv_fatbin"), gnu::used]] const example::FatBinary kOwnCode = example::fat_binary();

void first_kernel(int) {}
void second_kernel(int) {}
void third_kernel(int) {}

class CodeTest : public GpuSessionTest {
 protected:
  void SetUp() override {
    GpuSessionTest::SetUp();
    session_.emplace(device());
    ::unsetenv("CUDA_FORCE_PTX_JIT");
    name(first_kernel, "first");
    name(second_kernel, "second");
  }
  static void name(void (*kernel)(int), const char* name) {
    fake::runtime.names[reinterpret_cast<const void*>(kernel)] = name;
  }
  void launch(void (*kernel)(int), unsigned blocks = 100) {
    cuda::launch(kernel, dim3(blocks), dim3(128), session_->stream(), 1);
  }
  template <typename... Kernels>
  std::string code_of(Kernels... kernels) {
    return session_->code_of([&] { (launch(kernels), ...); });
  }
  std::optional<GpuSession> session_;
};

TEST_F(CodeTest, IsThatOfTheKernelsThatWereLaunched) {
  const std::string hash = code_of(first_kernel);
  EXPECT_EQ(hash.size(), 16u) << hash;
  EXPECT_EQ(code_of(first_kernel), hash);
  EXPECT_NE(code_of(first_kernel, first_kernel), hash) << "twice is more work";
  EXPECT_NE(code_of(second_kernel), hash);
  EXPECT_NE(code_of(first_kernel, second_kernel), hash);
  const std::string both = code_of(first_kernel, second_kernel);
  EXPECT_EQ(code_of(second_kernel, first_kernel), both);
  name(first_kernel, "second");
  name(second_kernel, "first");
  EXPECT_EQ(code_of(first_kernel, second_kernel), both) << "wherever they lie in memory";
}

TEST_F(CodeTest, IsThatOfTheArchitectureThatWasLoaded) {
  const std::string first = code_of(first_kernel);
  const std::string second = code_of(second_kernel);
  fake::runtime.binary_version = 80;
  EXPECT_NE(code_of(first_kernel), first);
  EXPECT_EQ(code_of(second_kernel), second) << "the same code under another architecture";
  fake::runtime.binary_version = 100;
  EXPECT_EQ(code_of(first_kernel), "") << "made from PTX by the driver";
  fake::runtime.binary_version = 90;
  ::setenv("CUDA_FORCE_PTX_JIT", "1", 1);
  EXPECT_EQ(code_of(first_kernel), "") << "likewise, because the user wants it";
}

TEST_F(CodeTest, NamesDoNotCountButGridsDo) {
  const std::string hash = code_of(first_kernel);
  name(third_kernel, "first");
  EXPECT_EQ(code_of(third_kernel), hash) << "another name, as every build gives, for the same code";
  EXPECT_NE(session_->code_of([&] { launch(first_kernel, 200); }), hash);
  EXPECT_NE(session_->code_of([&] {
    cuda::launch(first_kernel, dim3(100), dim3(128), DynamicShared{1024}, session_->stream(), 1);
  }),
            hash);
  EXPECT_NE(session_->code_of([&] {
    cuda::launch(first_kernel, dim3(100), dim3(128), Cluster{2}, DynamicShared{0},
                 session_->stream(), 1);
  }),
            hash);
}

TEST_F(CodeTest, IsUnknownWithoutKernelsOrTheirNames) {
  EXPECT_EQ(code_of(), "");
  EXPECT_EQ(code_of(third_kernel), "") << "it has no name";
  EXPECT_EQ(code_of(first_kernel, third_kernel), "");
  name(third_kernel, "third");
  EXPECT_EQ(code_of(third_kernel), "") << "the program has no such code";
}

TEST_F(CodeTest, KeepsNothingOfWhatWasLaunchedBeforeOrInASample) {
  launch(second_kernel);
  const std::string hash = code_of(first_kernel);
  static_cast<void>(session_->sample([&](int) { launch(second_kernel); }, 2));
  EXPECT_EQ(code_of(first_kernel), hash);
  EXPECT_THROW(static_cast<void>(session_->code_of([&] {
                 launch(second_kernel);
                 throw std::runtime_error("as a workload may");
               })),
               std::runtime_error);
  EXPECT_EQ(LaunchLog::open(), nullptr) << "a sample would pay for it";
  EXPECT_EQ(code_of(first_kernel), hash);
}

TEST_F(CodeTest, AddsNoCallToASample) {
  fake::runtime.calls.clear();
  static_cast<void>(session_->sample([&](int) { launch(first_kernel); }, 2));
  EXPECT_EQ(fake::runtime.calls,
            (std::vector<std::string>{"stamp", "record", "launch", "launch", "record", "stamp",
                                      "wait for event", "query", "wait for all"}));
}

class DynamicSharedTest : public GpuSessionTest {
 protected:
  void SetUp() override {
    GpuSessionTest::SetUp();
    static_cast<void>(cudaSetDevice(0));
    fake::attributes_set = 0;
  }
  static void launch(void (*kernel)(int), int kib) {
    cuda::launch(kernel, dim3(1), dim3(32), DynamicShared{kib * 1024}, nullptr, 1);
  }
};

void hungry_kernel(int) {}
void hungrier_kernel(int) {}
void refused_kernel(int) {}
void kernel_of_threads(int) {}

TEST_F(DynamicSharedTest, IsAskedForOnceForEachKernelAndDevice) {
  launch(hungry_kernel, 48);
  EXPECT_EQ(fake::attributes_set, 0) << "every launch may have 48 KiB";
  for (int i = 0; i < 10; ++i) launch(hungry_kernel, 100);
  EXPECT_EQ(fake::attributes_set, 1);
  static_cast<void>(
      cuda::clusters_at_once(hungry_kernel, dim3(32), Cluster{2}, DynamicShared{100 * 1024}));
  launch(hungry_kernel, 64);
  EXPECT_EQ(fake::attributes_set, 1) << "less was allowed with it";
  launch(hungry_kernel, 200);
  launch(hungry_kernel, 100);
  EXPECT_EQ(fake::attributes_set, 2) << "more was not";
  launch(hungrier_kernel, 100);
  EXPECT_EQ(fake::attributes_set, 3);
  static_cast<void>(cudaSetDevice(1));
  launch(hungry_kernel, 100);
  launch(hungry_kernel, 100);
  EXPECT_EQ(fake::attributes_set, 4) << "each device has its own";
  static_cast<void>(cudaSetDevice(0));
  launch(hungry_kernel, 200);
  EXPECT_EQ(fake::attributes_set, 4);
}

TEST_F(DynamicSharedTest, IsAskedForAgainAfterARefusal) {
  fake::runtime.set_attribute = cudaErrorInvalidDeviceFunction;
  EXPECT_THROW(launch(refused_kernel, 100), DeviceError);
  EXPECT_TRUE(fake::runtime.calls.empty()) << "it was launched all the same";
  fake::runtime.set_attribute = cudaSuccess;
  launch(refused_kernel, 100);
  EXPECT_EQ(fake::attributes_set, 2);
}

TEST_F(DynamicSharedTest, IsAskedForOnceByAllThreadsOfADevice) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([i] {
      static_cast<void>(cudaSetDevice(i % 2));
      for (int times = 0; times < 100; ++times) {
        static_cast<void>(cuda::clusters_at_once(kernel_of_threads, dim3(32), Cluster{1},
                                                 DynamicShared{100 * 1024}));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fake::attributes_set, 2);
}

}  // namespace
}  // namespace derate::cuda
