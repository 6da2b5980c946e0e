// SPDX-License-Identifier: Apache-2.0
// vector_add on the CPU: every core adds its own part of the arrays with the widest vectors it has.
// One addition per 12 bytes keeps no FMA pipe busy: memory bounds it, or the last-level cache while
// the arrays fit. Beyond the cache the result is streamed past it, since a plain store would first
// read the line it is about to overwrite, a third more traffic for nothing.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "vector_add/host.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, which includes this file once per instruction set.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <atomic>

#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "derate/workload.h"
#include "memory/host_stages.h"
#include "vector_add/work.h"

HWY_BEFORE_NAMESPACE();
namespace derate::vector_add {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// c[i] = a[i] + b[i] for all i in the range, whose begin is a multiple of every vector's length.
void add_range(const float* a, const float* b, float* c, host::Range range, bool streamed) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = range.begin;
  if (streamed) {
    for (; i + lanes <= range.end; i += lanes) {
      hn::Stream(hn::Add(hn::Load(d, a + i), hn::Load(d, b + i)), d, c + i);
    }
    hwy::FlushStream();
  } else {
    for (; i + lanes <= range.end; i += lanes) {
      hn::Store(hn::Add(hn::Load(d, a + i), hn::Load(d, b + i)), d, c + i);
    }
  }
  for (; i < range.end; ++i) c[i] = a[i] + b[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace derate::vector_add
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derate::vector_add {
namespace {

HWY_EXPORT(add_range);

constexpr std::int64_t kBlock = 4096;  // a thread's part begins on a page and on a vector

struct OperandSet {
  host::Buffer<float> a;
  host::Buffer<float> b;
  host::Buffer<float> c;
};

using OperandSets = std::vector<OperandSet>;

class HostVectorAdd final : public Instance {
 public:
  HostVectorAdd(std::int64_t n, const Operands& operands, host::PoolSession& session)
      : stage_(operands.stage),
        n_(n),
        data_(operands.data),
        pool_(session.pool()),
        cores_(stage_ == Stage::one_core ? 1 : pool_.size()) {
    const double bytes_per_set = work({{"n", n_}}, Precision::f32).bytes;
    const int sets = operands.sets(bytes_per_set, session.device());
    sets_ = made_or_shared<OperandSets>(operands, [&] { return made(sets); });
    const double cache_bytes = static_cast<double>(session.device().last_level_cache_bytes);
    streamed_ = memory::is_streamed_at(stage_, bytes_per_set * sets > cache_bytes / 2);
  }

  void launch(int set) override {
    OperandSet& operands = (*sets_)[static_cast<std::size_t>(set)];
    pool_.run([&](int thread) {
      if (thread >= cores_) return;
      HWY_DYNAMIC_DISPATCH(add_range)
      (operands.a.data(), operands.b.data(), operands.c.data(),
       host::share(n_, kBlock, cores_, thread), streamed_);
    });
  }

  [[nodiscard]] int sets() const override { return static_cast<int>(sets_->size()); }

  [[nodiscard]] std::optional<Work> work_of_launch() const override {
    return work({{"n", n_}}, Precision::f32);
  }

  void poison() override { host::poison(pool_, sets_->front().c); }

  [[nodiscard]] std::optional<std::string> check() override {
    const host::Buffer<float>& c = sets_->front().c;
    std::atomic<std::int64_t> first_wrong{n_};
    pool_.run([&](int thread) {
      const host::Range range = host::share(n_, kBlock, pool_.size(), thread);
      std::int64_t i = range.begin;
      while (i < range.end && c[i] == expected(data_, i)) ++i;
      std::int64_t seen = first_wrong;
      while (i < range.end && i < seen && !first_wrong.compare_exchange_weak(seen, i)) continue;
    });
    const std::int64_t i = first_wrong;
    if (i == n_) return std::nullopt;
    return "c[" + std::to_string(i) + "] is " + std::to_string(c[i]) + ", not " +
           std::to_string(expected(data_, i));
  }

 private:
  [[nodiscard]] OperandSets made(int count) const {
    const host::Pages pages = memory::pages_of(stage_);
    OperandSets sets(static_cast<std::size_t>(count));
    for (OperandSet& set : sets) {
      set = {host::make_operand<float>(pool_, n_, data_, kSeedA, pages),
             host::make_operand<float>(pool_, n_, data_, kSeedB, pages),
             host::make_result<float>(pool_, n_, pages)};
      for (const host::Buffer<float>* array : {&set.a, &set.b, &set.c}) {
        memory::require_pages(*array, stage_);
      }
    }
    return sets;
  }

  Stage stage_;
  std::int64_t n_;
  DataPattern data_;
  host::ThreadPool& pool_;
  int cores_;  // that work
  std::shared_ptr<OperandSets> sets_;
  bool streamed_ = false;
};

std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  host::PoolSession& session) {
  const std::int64_t n = problem.at("n");
  if (auto stage = memory::common_stage(3 * n, operands, session)) return stage;
  return memory::stream_at_stage(n, kBlock, operands, session,
                                 [&](std::int64_t count, const Operands& own) {
                                   return std::make_unique<HostVectorAdd>(count, own, session);
                                 });
}

const Registration registration{
    {.name = "vector_add",
     .variant = "simd",
     .provider = "derate",
     .backend = "host",
     .precision = Precision::f32,
     .bound = Bound::memory,
     .problems = [](const Device& device) -> std::vector<Problem> {
       return {{{"n", 1 << 20}}, {{"n", host::within_memory(1 << 25, 3 * sizeof(float), device)}}};
     },
     .test_problem = []() -> Problem {
       return {{"n", 100003}};
     },
     .work = [](const Problem& problem) { return work(problem, Precision::f32); },
     .size_class = size_class,
     .prepare = [](const Problem& problem, const Operands& operands,
                   Session& session) -> std::unique_ptr<Instance> {
       return vector_add::prepare(problem, operands, host::pool_session(session));
     },
     .stages = memory::host_stream_stages}};

}  // namespace
}  // namespace derate::vector_add
#endif  // HWY_ONCE
