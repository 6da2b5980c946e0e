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

class HostVectorAdd final : public Instance {
 public:
  HostVectorAdd(const Problem& problem, const Operands& operands, host::PoolSession& session)
      : n_(problem.at("n")), data_(operands.data), pool_(session.pool()) {
    const double bytes_per_set = work(problem, Precision::f32).bytes;
    sets_.resize(static_cast<std::size_t>(operands.sets(bytes_per_set, session.device())));
    for (OperandSet& set : sets_) {
      set = {host::make_operand<float>(pool_, n_, data_, kSeedA),
             host::make_operand<float>(pool_, n_, data_, kSeedB),
             host::make_result<float>(pool_, n_)};
    }
    const double cache_bytes = static_cast<double>(session.device().last_level_cache_bytes);
    streamed_ = bytes_per_set * static_cast<double>(sets_.size()) > cache_bytes / 2;
  }

  void launch(int set) override {
    OperandSet& operands = sets_[static_cast<std::size_t>(set)];
    pool_.run([&](int thread) {
      HWY_DYNAMIC_DISPATCH(add_range)
      (operands.a.data(), operands.b.data(), operands.c.data(), part(thread), streamed_);
    });
  }

  [[nodiscard]] int sets() const override { return static_cast<int>(sets_.size()); }

  [[nodiscard]] std::optional<std::string> check() override {
    const host::Buffer<float>& c = sets_.front().c;
    std::atomic<std::int64_t> first_wrong{n_};
    pool_.run([&](int thread) {
      const host::Range range = part(thread);
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
  [[nodiscard]] host::Range part(int thread) const {
    return host::share(n_, kBlock, pool_.size(), thread);
  }

  std::int64_t n_;
  DataPattern data_;
  host::ThreadPool& pool_;
  std::vector<OperandSet> sets_;
  bool streamed_ = false;
};

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
       return std::make_unique<HostVectorAdd>(problem, operands, host::pool_session(session));
     }}};

}  // namespace
}  // namespace derate::vector_add
#endif  // HWY_ONCE
