// SPDX-License-Identifier: Apache-2.0
// The thread pool, its buffers and the samples of a session.
#include "backend/host/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <set>
#include <thread>

#include "backend/host/backend.h"
#include "backend/host/emulator.h"
#include "backend/host/topology.h"
#include "derate/error.h"
#include "derate/host/buffer.h"

namespace derate::host {
namespace {

/// One thread per usable core, but at least three, so that threads also share a core.
std::vector<int> pool_cpus() {
  std::vector<int> cpus = usable_cores().cpus;
  while (cpus.size() < 3) cpus.push_back(cpus.front());
  return cpus;
}

TEST(ThreadPool, RunsEveryThreadOnceAndWaits) {
  ThreadPool pool(pool_cpus());
  std::vector<int> calls(static_cast<std::size_t>(pool.size()));
  for (int round = 0; round < 1000; ++round) {
    pool.run([&](int thread) { ++calls[static_cast<std::size_t>(thread)]; });
  }
  for (const int count : calls) EXPECT_EQ(count, 1000);
}

TEST(ThreadPool, WakesThreadsThatWentToSleep) {
  ThreadPool pool(pool_cpus());
  std::atomic<int> calls{0};
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    pool.run([&](int) { ++calls; });
  }
  EXPECT_EQ(calls, 3 * pool.size());
}

TEST(ThreadPool, BindsItsThreadsButNotTheCaller) {
  const std::vector<int> cpus = usable_cores().cpus;
  const std::vector<int> before = affinity_cpus();
  ThreadPool pool(cpus);
  std::vector<std::vector<int>> masks(cpus.size());
  pool.run([&](int thread) { masks[static_cast<std::size_t>(thread)] = affinity_cpus(); });
  for (std::size_t i = 1; i < cpus.size(); ++i) EXPECT_EQ(masks[i], std::vector<int>{cpus[i]});
  EXPECT_EQ(affinity_cpus(), before);
}

TEST(Share, CoversEverythingOnceInWholeBlocks) {
  for (const std::int64_t count : {1, 63, 64, 65, 1000, 4096}) {
    for (const int parts : {1, 2, 3, 7}) {
      std::int64_t end = 0;
      for (int part = 0; part < parts; ++part) {
        const Range range = share(count, 64, parts, part);
        EXPECT_EQ(range.begin, end);
        EXPECT_TRUE(range.begin % 64 == 0 || range.begin == count);
        end = range.end;
      }
      EXPECT_EQ(end, count);
    }
  }
}

TEST(Buffer, IsAlignedAndFilledFromTheOperandFunction) {
  ThreadPool pool(pool_cpus());
  for (const std::int64_t count : {1, 1000, 1 << 20}) {
    const Buffer<float> buffer = make_operand<float>(pool, count, DataPattern::uniform, 7);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u);
    for (std::int64_t i = 0; i < count; i += 997) {
      EXPECT_EQ(buffer[i], static_cast<float>(uniform_element(7, static_cast<std::uint64_t>(i))));
    }
  }
  EXPECT_EQ(make_operand<double>(pool, 10, DataPattern::zeros, 7)[9], 0.0);
  EXPECT_TRUE(std::isnan(make_result<double>(pool, 10)[9]));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // theirs end the program
TEST(Buffer, BeyondTheMemoryIsADeviceError) {
  EXPECT_THROW(Buffer<double>(std::int64_t{1} << 50), DeviceError);
}
#endif

TEST(HostSession, CountsLaunchesAndTimesThem) {
  const auto backend = make_backend();
  const auto session = backend->open(backend->probe().devices.at(0));
  std::vector<int> launches;
  const Sample sample = session->sample(
      [&](int i) {
        launches.push_back(i);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      },
      3);
  EXPECT_EQ(launches, (std::vector<int>{0, 1, 2}));
  EXPECT_GE(sample.time_s, 6e-3);
  EXPECT_LT(sample.time_s, 5.0) << "in seconds, however busy the machine is";
#if defined(__x86_64__) || defined(__aarch64__)
  if (!emulator().empty()) return;
  EXPECT_GT(sample.clock_hz, 0.2e9);
  EXPECT_LT(sample.clock_hz, 10e9);
#endif
}

}  // namespace
}  // namespace derate::host
