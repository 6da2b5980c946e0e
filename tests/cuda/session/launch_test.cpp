// SPDX-License-Identifier: Apache-2.0
// What launches leave behind: the hash of the code that they started, and what was asked of the
// runtime for their shared memory.
#include "derate/cuda/launch.h"

#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "derate/error.h"
#include "fat_binary.h"
#include "fixture.h"

namespace derate::cuda {
namespace {

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
