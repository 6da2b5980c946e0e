// SPDX-License-Identifier: Apache-2.0
// gemm from the host's memory and back, for an attribution: A and B are copied to the device, C
// back, from pageable or from pinned memory; or from pinned memory in two halves of m, of which one
// is copied while the other is multiplied.
//
// Overlapped, each half has a stream: the first half's copies and product on the session's, with B
// before them, the second's on another one that begins when B is there and that the session's
// stream waits for. So the link works on the second half of A while the first is multiplied, and
// takes the first half of C back while the second is.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "backend/cuda/stream.h"
#include "base/insufficient_memory.h"
#include "derate/cuda/check.h"
#include "derate/cuda/stream_session.h"
#include "derate/workload.h"
#include "gemm/device.h"
#include "transfer/host_memory.h"

namespace derate::gemm {

inline bool is_transfer(Stage stage) {
  return stage == Stage::transfer_pageable || stage == Stage::transfer_pinned ||
         stage == Stage::transfer_overlapped;
}

/// As many bytes as `count` elements of T take, which the host's memory counts as floats.
template <typename T>
class HostArray {
 public:
  HostArray(transfer::Memory kind, std::int64_t count)
      : memory_(kind, (count * static_cast<std::int64_t>(sizeof(T)) + 3) / 4) {}
  [[nodiscard]] T* data() const { return reinterpret_cast<T*>(memory_.data()); }
  void poison() { memory_.poison(); }

 private:
  transfer::HostMemory memory_;
};

/// What the sets on the device hold of A and B, in the same layout in the host's memory, and as
/// much room for C. One for each kind of memory, so that the two stages with pinned memory share
/// theirs; one allocation for all sets of a matrix, because pinning takes long.
template <typename T, transfer::Memory kMemory>
class HostOperands {
 public:
  HostOperands(DeviceSets<T>& sets, cudaStream_t stream)
      : counts_{sets[0].a.count(), sets[0].b.count(), sets[0].c.count()},
        a_(kMemory, fitting(sets.count(), counts_) * counts_.a),
        b_(kMemory, sets.count() * counts_.b),
        c_(kMemory, sets.count() * counts_.c) {
    for (int set = 0; set < sets.count(); ++set) {
      copy(a(set), sets[set].a, stream);
      copy(b(set), sets[set].b, stream);
    }
    cuda::check(cudaStreamSynchronize(stream), "cudaStreamSynchronize");
  }

  [[nodiscard]] T* a(int set) const { return a_.data() + set * counts_.a; }
  [[nodiscard]] T* b(int set) const { return b_.data() + set * counts_.b; }
  [[nodiscard]] Result<T>* c(int set) const { return c_.data() + set * counts_.c; }
  void poison_c() { c_.poison(); }

 private:
  struct Counts {
    std::int64_t a;
    std::int64_t b;
    std::int64_t c;
  };

  /// `sets`, if their memory does not press the host: pinned and pageable memory are asked for at
  /// the same time.
  static std::int64_t fitting(std::int64_t sets, const Counts& counts) {
    constexpr double kShareOfHost = 0.25;
    const double bytes =
        static_cast<double>(sets) *
        (static_cast<double>(sizeof(T)) * static_cast<double>(counts.a + counts.b) +
         static_cast<double>(sizeof(Result<T>)) * static_cast<double>(counts.c));
    const auto host_bytes = static_cast<double>(transfer::host_memory_bytes());
    if (host_bytes > 0 && bytes > kShareOfHost * host_bytes) {
      throw InsufficientMemory("the operands take more than a quarter of the host's memory");
    }
    return sets;
  }

  static void copy(T* to, const cuda::DeviceBuffer<T>& from, cudaStream_t stream) {
    cuda::check(cudaMemcpyAsync(to, from.data(), static_cast<std::size_t>(from.count()) * sizeof(T),
                                cudaMemcpyDeviceToHost, stream),
                "cudaMemcpyAsync");
  }

  Counts counts_;
  HostArray<T> a_;
  HostArray<T> b_;
  HostArray<Result<T>> c_;
};

/// `multiply` as in DeviceInstance; of a half it gets as many rows, the first a multiple of
/// `row_granule`. poison() spoils the operands on the device too: a launch brings them.
template <typename T, transfer::Memory kMemory>
class TransferStage final : public Instance {
 public:
  TransferStage(const Problem& problem, const Operands& operands, Session& session,
                Multiply<T> multiply, std::int64_t row_granule, std::string algorithm,
                std::int64_t row_alignment)
      : problem_(problem),
        pattern_(operands.data),
        stream_(cuda::stream_of(session)),
        multiply_(std::move(multiply)),
        algorithm_(std::move(algorithm)),
        pitch_of_a_(pitch_of(problem.at("k"), row_alignment)),
        pitch_of_b_(pitch_of(problem.at("n"), row_alignment)),
        sets_(device_sets<T>(problem, operands, session, row_alignment)),
        host_(made_or_shared<HostOperands<T, kMemory>>(
            operands, [&] { return HostOperands<T, kMemory>(*sets_, stream_); })) {
    const std::int64_t m = problem.at("m");
    const std::int64_t half = ((m + 1) / 2 + row_granule - 1) / row_granule * row_granule;
    const bool halves = operands.stage == Stage::transfer_overlapped && half < m;
    parts_.push_back({0, halves ? half : m});
    if (!halves) return;
    parts_.push_back({half, m - half});
    second_ = cuda::make_stream();
    b_is_there_ = cuda::make_event(cudaEventDisableTiming);
    ended_ = cuda::make_event(cudaEventDisableTiming);
  }

  void launch(int set) override {
    auto& on_device = (*sets_)[set];
    send(on_device.b.data(), host_->b(set), problem_.at("k") * pitch_of_b_, stream_);
    if (parts_.size() > 1) follow(stream_, second_.get(), b_is_there_.get());
    multiply_part(set, parts_.front(), stream_);
    if (parts_.size() == 1) return;
    multiply_part(set, parts_.back(), second_.get());
    follow(second_.get(), stream_, ended_.get());
  }

  /// All that launches multiply.
  [[nodiscard]] std::vector<Product<T>> products() const {
    std::vector<Product<T>> all;
    for (int set = 0; set < sets(); ++set) {
      for (const Part& part : parts_) all.push_back(product(set, part));
    }
    return all;
  }

  [[nodiscard]] int sets() const override { return sets_->count(); }
  /// It copies what it sends from pageable memory.
  [[nodiscard]] bool host_takes_part() const override {
    return kMemory == transfer::Memory::pageable;
  }
  /// The link has the larger part in it.
  [[nodiscard]] bool is_kernels_alone() const override { return false; }
  [[nodiscard]] std::string algorithm() const override { return algorithm_; }

  void poison() override {
    host_->poison_c();
    auto& on_device = (*sets_)[0];
    on_device.a.poison(stream_);
    on_device.b.poison(stream_);
    on_device.c.poison(stream_);
  }

  [[nodiscard]] std::optional<std::string> check() override {
    cuda::check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
    const Result<T>* const c = host_->c(0);
    return gemm::check<T>(pattern_, problem_,
                          [&](std::int64_t row) { return c + row * pitch_of_b_; });
  }

 private:
  struct Part {
    std::int64_t row;
    std::int64_t rows;
  };

  /// What `later` gets from now on waits for what `earlier` got until now.
  static void follow(cudaStream_t earlier, cudaStream_t later, cudaEvent_t event) {
    cuda::check(cudaEventRecord(event, earlier), "cudaEventRecord");
    cuda::check(cudaStreamWaitEvent(later, event, 0), "cudaStreamWaitEvent");
  }

  static void send(T* to, const T* from, std::int64_t count, cudaStream_t stream) {
    cuda::check(cudaMemcpyAsync(to, from, static_cast<std::size_t>(count) * sizeof(T),
                                cudaMemcpyHostToDevice, stream),
                "cudaMemcpyAsync");
  }

  [[nodiscard]] Product<T> product(int set, const Part& part) const {
    auto& on_device = (*sets_)[set];
    return {static_cast<int>(part.rows),
            static_cast<int>(problem_.at("n")),
            static_cast<int>(problem_.at("k")),
            on_device.a.data() + part.row * pitch_of_a_,
            on_device.b.data(),
            on_device.c.data() + part.row * pitch_of_b_};
  }

  /// Rows of A there, their product, and rows of C back.
  void multiply_part(int set, const Part& part, cudaStream_t stream) {
    auto& on_device = (*sets_)[set];
    const std::int64_t first_of_a = part.row * pitch_of_a_;
    const std::int64_t first_of_c = part.row * pitch_of_b_;
    send(on_device.a.data() + first_of_a, host_->a(set) + first_of_a, part.rows * pitch_of_a_,
         stream);
    multiply_(product(set, part), stream);
    cuda::check(
        cudaMemcpyAsync(host_->c(set) + first_of_c, on_device.c.data() + first_of_c,
                        static_cast<std::size_t>(part.rows * pitch_of_b_) * sizeof(Result<T>),
                        cudaMemcpyDeviceToHost, stream),
        "cudaMemcpyAsync");
  }

  Problem problem_;
  DataPattern pattern_;
  cudaStream_t stream_;
  Multiply<T> multiply_;
  std::string algorithm_;
  std::int64_t pitch_of_a_;
  std::int64_t pitch_of_b_;  // and of C
  std::shared_ptr<DeviceSets<T>> sets_;
  std::shared_ptr<HostOperands<T, kMemory>> host_;
  std::vector<Part> parts_;  // one, or two halves
  cuda::Stream second_;
  cuda::Event b_is_there_;
  cuda::Event ended_;
};

/// The stage that `operands` names. `take` gets all products that its launches will multiply.
template <typename T, typename Take>
std::unique_ptr<Instance> transfer_stage(const Problem& problem, const Operands& operands,
                                         Session& session, Multiply<T> multiply,
                                         std::int64_t row_granule, std::string algorithm,
                                         std::int64_t row_alignment, const Take& take) {
  const auto make = [&]<transfer::Memory kMemory>() -> std::unique_ptr<Instance> {
    auto stage = std::make_unique<TransferStage<T, kMemory>>(problem, operands, session,
                                                             std::move(multiply), row_granule,
                                                             std::move(algorithm), row_alignment);
    take(stage->products());
    return stage;
  };
  return operands.stage == Stage::transfer_pageable
             ? make.template operator()<transfer::Memory::pageable>()
             : make.template operator()<transfer::Memory::pinned>();
}

}  // namespace derate::gemm
