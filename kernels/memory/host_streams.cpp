// SPDX-License-Identifier: Apache-2.0
// The streams on the CPU: every core works on its own part of the arrays with the widest vectors it
// has. Memory bounds them. Beyond the cache results are streamed past it, since a plain store would
// first read the line it is about to overwrite: half as much traffic again in a copy, twice as much
// in a fill.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "memory/host_streams.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, which includes this file once per instruction set.
#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <vector>

#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "derate/workload.h"
#include "memory/host_stages.h"
#include "memory/work.h"

HWY_BEFORE_NAMESPACE();
namespace derate::memory {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// c[i] = vector_at(i) for all i in the range, whose begin is a multiple of every vector's length.
template <typename VectorAt, typename ElementAt>
HWY_INLINE void store_range(float* c, host::Range range, bool streamed, const VectorAt& vector_at,
                            const ElementAt& element_at) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = range.begin;
  if (streamed) {
    for (; i + lanes <= range.end; i += lanes) hn::Stream(vector_at(i), d, c + i);
    hwy::FlushStream();
  } else {
    for (; i + lanes <= range.end; i += lanes) hn::Store(vector_at(i), d, c + i);
  }
  for (; i < range.end; ++i) c[i] = element_at(i);
}

void copy_range(const float* a, float* c, host::Range range, bool streamed) {
  const hn::ScalableTag<float> d;
  store_range(
      c, range, streamed, [=](std::int64_t i) HWY_ATTR { return hn::Load(d, a + i); },
      [=](std::int64_t i) { return a[i]; });
}

// Vectors of SVE cannot be captured; the compiler makes these of constants once, before the loop.
void triad_range(const float* a, const float* b, float* c, host::Range range, bool streamed) {
  const hn::ScalableTag<float> d;
  store_range(
      c, range, streamed,
      [=](std::int64_t i) HWY_ATTR {
        return hn::MulAdd(hn::Set(d, kScale), hn::Load(d, b + i), hn::Load(d, a + i));
      },
      [=](std::int64_t i) { return a[i] + kScale * b[i]; });
}

void fill_range(float value, float* c, host::Range range, bool streamed) {
  const hn::ScalableTag<float> d;
  store_range(
      c, range, streamed, [=](std::int64_t) HWY_ATTR { return hn::Set(d, value); },
      [=](std::int64_t) { return value; });
}

/// The sum of the bits of `count` elements, modulo 2^32. Four sums, so that no addition waits.
std::uint32_t sum_of(const float* a, std::int64_t count) {
  const hn::ScalableTag<float> d;
  const hn::RebindToUnsigned<decltype(d)> words;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const auto at = [=](std::int64_t i) HWY_ATTR { return hn::BitCast(words, hn::Load(d, a + i)); };
  auto s0 = hn::Zero(words), s1 = s0, s2 = s0, s3 = s0;
  std::int64_t i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes) {
    s0 = hn::Add(s0, at(i)), s1 = hn::Add(s1, at(i + lanes));
    s2 = hn::Add(s2, at(i + 2 * lanes)), s3 = hn::Add(s3, at(i + 3 * lanes));
  }
  std::uint32_t sum = hn::GetLane(hn::SumOfLanes(words, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
  for (; i < count; ++i) sum += std::bit_cast<std::uint32_t>(a[i]);
  return sum;
}

}  // namespace HWY_NAMESPACE
}  // namespace derate::memory
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derate::memory {
namespace {

HWY_EXPORT(copy_range);
HWY_EXPORT(triad_range);
HWY_EXPORT(fill_range);
HWY_EXPORT(sum_of);

struct OperandSet {
  host::Buffer<float> a;
  host::Buffer<float> b;
  host::Buffer<float> c;
  host::Buffer<std::uint32_t> sums;
};

using OperandSets = std::vector<OperandSet>;

class HostStream final : public Instance {
 public:
  HostStream(Stream stream, std::int64_t n, const Operands& operands, host::PoolSession& session)
      : stream_(stream),
        stage_(operands.stage),
        n_(n),
        data_(operands.data),
        pool_(session.pool()),
        cores_(stage_ == Stage::one_core ? 1 : pool_.size()) {
    const double bytes_per_set = work(stream_, {{"n", n_}}).bytes;
    const int sets = operands.sets(bytes_per_set, session.device());
    sets_ = made_or_shared<OperandSets>(operands, [&] { return made(sets); });
    const double cache_bytes = static_cast<double>(session.device().last_level_cache_bytes);
    streamed_ = is_streamed_at(stage_, bytes_per_set * sets > cache_bytes / 2);
  }

  void launch(int set) override {
    pool_.run([&, set](int thread) {
      if (thread >= cores_) return;
      run((*sets_)[static_cast<std::size_t>(set)], host::share(n_, kPiece, cores_, thread));
    });
  }

  [[nodiscard]] int sets() const override { return static_cast<int>(sets_->size()); }

  [[nodiscard]] std::optional<Work> work_of_launch() const override {
    return work(stream_, {{"n", n_}});
  }

  void poison() override {
    OperandSet& set = sets_->front();
    host::poison(pool_, set.c);
    host::fill(pool_, set.sums, [](std::int64_t) { return ~std::uint32_t{0}; });
  }

  /// Every result.
  [[nodiscard]] std::optional<std::string> check() override {
    const std::int64_t all = results(stream_, n_);
    std::atomic<std::int64_t> first_wrong{all};
    pool_.run([&](int thread) {
      const host::Range range = host::share(all, 1, pool_.size(), thread);
      std::int64_t i = range.begin;
      while (i < range.end && wrong_at(i).empty()) ++i;
      std::int64_t seen = first_wrong;
      while (i < range.end && i < seen && !first_wrong.compare_exchange_weak(seen, i)) continue;
    });
    if (first_wrong == all) return std::nullopt;
    return wrong_at(first_wrong);
  }

 private:
  [[nodiscard]] OperandSets made(int count) const {
    const host::Pages pages = pages_of(stage_);
    OperandSets sets(static_cast<std::size_t>(count));
    for (OperandSet& set : sets) {
      if (arrays_read(stream_) > 0) {
        set.a = host::make_operand<float>(pool_, n_, data_, kSeedA, pages);
      }
      if (arrays_read(stream_) > 1) {
        set.b = host::make_operand<float>(pool_, n_, data_, kSeedB, pages);
      }
      if (stream_ == Stream::sum) {
        set.sums = host::Buffer<std::uint32_t>(results(stream_, n_));
        host::fill(pool_, set.sums, [](std::int64_t) { return ~std::uint32_t{0}; });
      } else {
        set.c = host::make_result<float>(pool_, n_, pages);
      }
      for (const host::Buffer<float>* array : {&set.a, &set.b, &set.c}) {
        require_pages(*array, stage_);
      }
    }
    return sets;
  }

  void run(OperandSet& set, host::Range range) {
    switch (stream_) {
      case Stream::copy:
        HWY_DYNAMIC_DISPATCH(copy_range)(set.a.data(), set.c.data(), range, streamed_);
        break;
      case Stream::triad:
        HWY_DYNAMIC_DISPATCH(triad_range)
        (set.a.data(), set.b.data(), set.c.data(), range, streamed_);
        break;
      case Stream::fill:
        HWY_DYNAMIC_DISPATCH(fill_range)(fill_value(data_), set.c.data(), range, streamed_);
        break;
      case Stream::sum:
        for (std::int64_t i = range.begin; i < range.end; i += kPiece) {
          set.sums[i / kPiece] =
              HWY_DYNAMIC_DISPATCH(sum_of)(set.a.data() + i, std::min(kPiece, range.end - i));
        }
    }
  }

  [[nodiscard]] std::string wrong_at(std::int64_t i) const {
    const OperandSet& set = sets_->front();
    const std::uint32_t got =
        stream_ == Stream::sum ? set.sums[i] : std::bit_cast<std::uint32_t>(set.c[i]);
    return wrong(stream_, data_, n_, i, got);
  }

  Stream stream_;
  Stage stage_;
  std::int64_t n_;
  DataPattern data_;
  host::ThreadPool& pool_;
  int cores_;  // that work
  std::shared_ptr<OperandSets> sets_;
  bool streamed_ = false;
};

std::unique_ptr<Instance> prepare(Stream stream, std::int64_t n, const Operands& operands,
                                  host::PoolSession& session) {
  const std::int64_t elements = (arrays_read(stream) + 1) * n;
  if (auto stage = common_stage(elements, operands, session)) return stage;
  return stream_at_stage(n, kPiece, operands, session,
                         [&](std::int64_t count, const Operands& own) {
                           return std::make_unique<HostStream>(stream, count, own, session);
                         });
}

Workload workload(Stream stream) {
  return {.name = name_of(stream),
          .variant = "simd",
          .provider = "derate",
          .backend = "host",
          .precision = Precision::f32,
          .bound = Bound::memory,
          .accumulator = accumulator_of(stream),
          .problems = [](const Device& device) -> std::vector<Problem> {
            return {{{"n", host::within_memory(1 << 25, 3 * sizeof(float), device)}}};
          },
          .test_problem = []() -> Problem {
            return {{"n", 100003}};
          },
          .work = [stream](const Problem& problem) { return work(stream, problem); },
          .size_class = size_class,
          .prepare = [stream](const Problem& problem, const Operands& operands,
                              Session& session) -> std::unique_ptr<Instance> {
            return memory::prepare(stream, problem.at("n"), operands, host::pool_session(session));
          }};
}

/// Of the streams that are parted into what bounds them: no other stage is like copy, sum or fill.
Workload with_stages(Workload workload) {
  workload.stages = host_stream_stages;
  return workload;
}

const Registration copy{workload(Stream::copy)};
const Registration triad{with_stages(workload(Stream::triad))};
const Registration sum{workload(Stream::sum)};
const Registration fill{workload(Stream::fill)};

}  // namespace

std::unique_ptr<Instance> make_host_stream(Stream stream, std::int64_t elements,
                                           const Operands& operands, host::PoolSession& session) {
  const std::int64_t even = even_elements(elements, kPiece, session.pool().size());
  Operands own = operands;
  own.shared = nullptr;  // the others have arrays of another size
  return std::make_unique<HostStream>(stream, even, own, session);
}

}  // namespace derate::memory
#endif  // HWY_ONCE
