// SPDX-License-Identifier: Apache-2.0
// Stages of a stream on the CPU: which there are, and what they share whatever the stream computes.
// A pure read and a pure write are the streams memory_sum and memory_fill over as many bytes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/error.h"
#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "derate/shared_operands.h"
#include "derate/workload.h"
#include "memory/work.h"

namespace derate::memory {

[[nodiscard]] inline std::vector<Stage> host_stream_stages(const Device&) {
  return {Stage::whole_waves,    Stage::read,     Stage::write,       Stage::launch,
          Stage::write_allocate, Stage::one_core, Stage::small_pages, Stage::huge_pages};
}

/// The fewest elements, no fewer than n, of which every thread gets as many whole pieces as any
/// other.
[[nodiscard]] inline std::int64_t even_elements(std::int64_t n, std::int64_t piece, int threads) {
  const std::int64_t of_all = piece * threads;
  return (n + of_all - 1) / of_all * of_all;
}

[[nodiscard]] inline host::Pages pages_of(Stage stage) {
  if (stage == Stage::small_pages) return host::Pages::small;
  if (stage == Stage::huge_pages) return host::Pages::huge;
  return host::Pages::usual;
}

/// Whether a stage of n elements works on the memory of the whole, which has `whole` of them:
/// what differs only in who works on it, or by which stores.
[[nodiscard]] inline bool works_on_the_wholes_memory(Stage stage, std::int64_t n,
                                                     std::int64_t whole) {
  if (stage == Stage::whole_waves) return n == whole;
  return stage == Stage::whole || stage == Stage::write_allocate || stage == Stage::one_core;
}

/// A stream of `whole` elements at its stage: rounded up where that asks for it, and with memory of
/// its own where it cannot have that of the others. `prepare` makes an instance of n elements.
template <typename Prepare>
std::unique_ptr<Instance> stream_at_stage(std::int64_t whole, std::int64_t piece,
                                          const Operands& operands, host::PoolSession& session,
                                          const Prepare& prepare) {
  const bool even = operands.stage == Stage::whole_waves;
  const std::int64_t n = even ? even_elements(whole, piece, session.pool().size()) : whole;
  Operands own = operands;
  if (!works_on_the_wholes_memory(operands.stage, n, whole)) own.shared = nullptr;
  return prepare(n, own);
}

/// Throws Unsupported where the pages of an array, which were all touched, are not those that its
/// stage is about.
template <typename T>
void require_pages(const host::Buffer<T>& array, Stage stage) {
  constexpr double kNearlyAll = 0.95;
  if (pages_of(stage) == host::Pages::usual || array.size() == 0) return;
  const std::optional<double> share =
      host::share_in_huge_pages(array.data(), static_cast<std::size_t>(array.size()) * sizeof(T));
  if (!share) throw Unsupported("this kernel does not tell which memory lies in huge pages");
  const std::string percent = std::to_string(static_cast<int>(100 * *share)) + " %";
  if (stage == Stage::huge_pages && *share < kNearlyAll) {
    throw Unsupported("the system put " + percent + " of an operand into huge pages, though asked" +
                      " to put all of it there (/sys/kernel/mm/transparent_hugepage)");
  }
  if (stage == Stage::small_pages && *share > 1 - kNearlyAll) {
    throw Unsupported("the system put " + percent + " of an operand into huge pages, though asked" +
                      " to put none of it there");
  }
}

/// Whether a stream's results are stored past the cache at this stage, `streamed` as a whole.
/// Throws Unsupported where plain stores are to take the place of stores that are plain already.
[[nodiscard]] inline bool is_streamed_at(Stage stage, bool streamed) {
  if (stage != Stage::write_allocate) return streamed;
  if (!streamed) throw Unsupported("the operands fit the cache, and the stores are plain anyway");
  return false;
}

/// The launches alone: every thread is started, and counts that it was.
class HostLaunches final : public Instance {
 public:
  explicit HostLaunches(host::PoolSession& session)
      : pool_(session.pool()), threads_(static_cast<std::size_t>(pool_.size())) {}

  void launch(int) override {
    ++launches_;
    pool_.run([this](int thread) { ++threads_[static_cast<std::size_t>(thread)].runs; });
  }

  void poison() override {
    launches_ = 0;
    std::fill(threads_.begin(), threads_.end(), Counter{});
  }

  [[nodiscard]] std::optional<std::string> check() override {
    for (std::size_t thread = 0; thread < threads_.size(); ++thread) {
      const std::int64_t runs = threads_[thread].runs;
      if (launches_ > 0 && runs == launches_) continue;
      return "thread " + std::to_string(thread) + " was started " + std::to_string(runs) +
             " times by " + std::to_string(launches_) + " launches";
    }
    return std::nullopt;
  }

  [[nodiscard]] std::optional<Work> work_of_launch() const override { return Work{}; }

 private:
  struct alignas(64) Counter {  // a line of its own: no thread waits for another's stores
    std::int64_t runs = 0;
  };

  host::ThreadPool& pool_;
  std::vector<Counter> threads_;
  std::int64_t launches_ = 0;
};

/// memory_sum or memory_fill over `elements`, rounded up until every thread gets as many whole
/// pieces: what the stages read and write of any stream are.
[[nodiscard]] std::unique_ptr<Instance> make_host_stream(Stream stream, std::int64_t elements,
                                                         const Operands& operands,
                                                         host::PoolSession& session);

/// The stages that are the same for every stream of `elements` over all its arrays; null for the
/// others.
[[nodiscard]] inline std::unique_ptr<Instance> common_stage(std::int64_t elements,
                                                            const Operands& operands,
                                                            host::PoolSession& session) {
  if (operands.stage == Stage::launch) return std::make_unique<HostLaunches>(session);
  const bool reads = operands.stage == Stage::read;
  if (!reads && operands.stage != Stage::write) return nullptr;
  return make_host_stream(reads ? Stream::sum : Stream::fill, elements, operands, session);
}

}  // namespace derate::memory
