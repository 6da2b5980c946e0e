// SPDX-License-Identifier: Apache-2.0
// fma_chain on the CPU: every core keeps vectors of chains in registers. A fused multiply-add takes
// 4 or 5 cycles. On x86-64 there are two pipes, so 8 to 10 independent chains fill them; 12 leave
// slack, and with the two operands they just fit the 16 registers of AVX2. Arm's cores have up to
// four pipes, which takes 16 chains: 24 fit their 32 registers. NEON's multiply-add overwrites the
// addend, so that there the chain has to go through it: x = x + x·c, where b would be copied in
// every step. Bound by the FMA pipes alone: the loop holds a multiply-add for each chain, a counter
// and a branch.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fma_chain/host.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, which includes this file once per instruction set.
#include <hwy/highway.h>

#include <algorithm>
#include <atomic>

#include "derate/error.h"
#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "derate/workload.h"
#include "fma_chain/work.h"

// As foreach_target includes this file once per instruction set.
#ifndef DERATE_FMA_CHAIN_HOST
#define DERATE_FMA_CHAIN_HOST
namespace derate::fma_chain {

// x = x + x·c changes its sign in every step and shrinks by 2^-20 of itself: in 2,000,000 steps to
// about a seventh, never to a denormal. The product does not fit the format, so that one that is
// rounded before the addition shows.
inline constexpr double kOwnMultiplier = 0x1p-20 - 2.0;

}  // namespace derate::fma_chain
#endif

HWY_BEFORE_NAMESPACE();
namespace derate::fma_chain {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// A step of a chain; Arm's has no `b`.
template <typename Vector>
HWY_INLINE Vector next(Vector x, Vector a, [[maybe_unused]] Vector b) {
#if HWY_ARCH_ARM_A64
  return hn::MulAdd(x, a, x);
#else
  return hn::MulAdd(x, a, b);
#endif
}

/// Advances a vector of each chain, chain after chain in memory, by `steps` steps. Not an array of
/// them: vectors of SVE have no size at compile time.
template <typename T>
HWY_INLINE void advance(const T* HWY_RESTRICT start, T* HWY_RESTRICT end, std::int64_t steps) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto a = hn::Set(d, static_cast<T>(HWY_ARCH_ARM_A64 ? kOwnMultiplier : kMultiplier));
  const auto b = hn::Set(d, static_cast<T>(kAddend));
  auto x0 = hn::Load(d, start + 0 * lanes), x1 = hn::Load(d, start + 1 * lanes);
  auto x2 = hn::Load(d, start + 2 * lanes), x3 = hn::Load(d, start + 3 * lanes);
  auto x4 = hn::Load(d, start + 4 * lanes), x5 = hn::Load(d, start + 5 * lanes);
  auto x6 = hn::Load(d, start + 6 * lanes), x7 = hn::Load(d, start + 7 * lanes);
  auto x8 = hn::Load(d, start + 8 * lanes), x9 = hn::Load(d, start + 9 * lanes);
  auto x10 = hn::Load(d, start + 10 * lanes), x11 = hn::Load(d, start + 11 * lanes);
#if HWY_ARCH_ARM_A64
  auto x12 = hn::Load(d, start + 12 * lanes), x13 = hn::Load(d, start + 13 * lanes);
  auto x14 = hn::Load(d, start + 14 * lanes), x15 = hn::Load(d, start + 15 * lanes);
  auto x16 = hn::Load(d, start + 16 * lanes), x17 = hn::Load(d, start + 17 * lanes);
  auto x18 = hn::Load(d, start + 18 * lanes), x19 = hn::Load(d, start + 19 * lanes);
  auto x20 = hn::Load(d, start + 20 * lanes), x21 = hn::Load(d, start + 21 * lanes);
  auto x22 = hn::Load(d, start + 22 * lanes), x23 = hn::Load(d, start + 23 * lanes);
#endif
  for (std::int64_t step = 0; step < steps; ++step) {
    x0 = next(x0, a, b), x1 = next(x1, a, b), x2 = next(x2, a, b);
    x3 = next(x3, a, b), x4 = next(x4, a, b), x5 = next(x5, a, b);
    x6 = next(x6, a, b), x7 = next(x7, a, b), x8 = next(x8, a, b);
    x9 = next(x9, a, b), x10 = next(x10, a, b), x11 = next(x11, a, b);
#if HWY_ARCH_ARM_A64
    x12 = next(x12, a, b), x13 = next(x13, a, b), x14 = next(x14, a, b);
    x15 = next(x15, a, b), x16 = next(x16, a, b), x17 = next(x17, a, b);
    x18 = next(x18, a, b), x19 = next(x19, a, b), x20 = next(x20, a, b);
    x21 = next(x21, a, b), x22 = next(x22, a, b), x23 = next(x23, a, b);
#endif
  }
  hn::Store(x0, d, end + 0 * lanes), hn::Store(x1, d, end + 1 * lanes);
  hn::Store(x2, d, end + 2 * lanes), hn::Store(x3, d, end + 3 * lanes);
  hn::Store(x4, d, end + 4 * lanes), hn::Store(x5, d, end + 5 * lanes);
  hn::Store(x6, d, end + 6 * lanes), hn::Store(x7, d, end + 7 * lanes);
  hn::Store(x8, d, end + 8 * lanes), hn::Store(x9, d, end + 9 * lanes);
  hn::Store(x10, d, end + 10 * lanes), hn::Store(x11, d, end + 11 * lanes);
#if HWY_ARCH_ARM_A64
  hn::Store(x12, d, end + 12 * lanes), hn::Store(x13, d, end + 13 * lanes);
  hn::Store(x14, d, end + 14 * lanes), hn::Store(x15, d, end + 15 * lanes);
  hn::Store(x16, d, end + 16 * lanes), hn::Store(x17, d, end + 17 * lanes);
  hn::Store(x18, d, end + 18 * lanes), hn::Store(x19, d, end + 19 * lanes);
  hn::Store(x20, d, end + 20 * lanes), hn::Store(x21, d, end + 21 * lanes);
  hn::Store(x22, d, end + 22 * lanes), hn::Store(x23, d, end + 23 * lanes);
#endif
}

void advance_f32(const float* start, float* end, std::int64_t steps) { advance(start, end, steps); }
void advance_f64(const double* start, double* end, std::int64_t steps) {
#if HWY_HAVE_FLOAT64
  advance(start, end, steps);
#endif
}

/// Bytes of a vector; 0 where a multiply-add would be two operations with two roundings.
std::int64_t vector_bytes() {
  return HWY_NATIVE_FMA ? static_cast<std::int64_t>(hn::Lanes(hn::ScalableTag<std::uint8_t>())) : 0;
}

}  // namespace HWY_NAMESPACE
}  // namespace derate::fma_chain
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derate::fma_chain {
namespace {

HWY_EXPORT(advance_f32);
HWY_EXPORT(advance_f64);
HWY_EXPORT(vector_bytes);

constexpr std::int64_t kChains = HWY_ARCH_ARM_A64 ? 24 : 12;
constexpr std::int64_t kSteps = 2'000'000;  // 6 cycles each: about 3 ms
// A step of the reference is a latency of 4 cycles and a call: this bounds a check to about 0.1 s.
constexpr std::int64_t kCheckedSteps = 32'000'000;

/// What x becomes in `steps` steps of this CPU's chain, to the last bit.
template <typename T>
T expected_here(T x, std::int64_t steps) {
  if constexpr (!HWY_ARCH_ARM_A64) return expected(x, steps);
  for (std::int64_t step = 0; step < steps; ++step) {
    x = std::fma(x, static_cast<T>(kOwnMultiplier), x);
  }
  return x;
}

template <typename T>
std::int64_t lanes_per_vector() {
  return HWY_DYNAMIC_DISPATCH(vector_bytes)() / static_cast<std::int64_t>(sizeof(T));
}

void advance_on_this_cpu(const float* start, float* end, std::int64_t steps) {
  HWY_DYNAMIC_DISPATCH(advance_f32)(start, end, steps);
}
void advance_on_this_cpu(const double* start, double* end, std::int64_t steps) {
  HWY_DYNAMIC_DISPATCH(advance_f64)(start, end, steps);
}

/// Lanes are dealt to the threads as whole vectors; the last vector may hold more than are asked.
template <typename T>
class HostFmaChain final : public Instance {
 public:
  HostFmaChain(const Problem& problem, const Operands& operands, host::PoolSession& session)
      : lanes_(problem.at("lanes")),
        steps_(problem.at("steps")),
        data_(operands.data),
        pool_(session.pool()),
        vectors_((lanes_ + width_ - 1) / width_) {
    if (problem.at("chains") != kChains) {
      throw DeviceError("this variant holds " + std::to_string(kChains) + " chains per lane, not " +
                            problem.str(),
                        false);
    }
    start_ = host::Buffer<T>(vectors_ * kChains * width_);
    for (std::int64_t lane = 0; lane < vectors_ * width_; ++lane) {
      for (std::int64_t chain = 0; chain < kChains; ++chain) {
        start_[offset(lane, chain)] = static_cast<T>(start(data_, lane * kChains + chain));
      }
    }
    end_ = host::make_result<T>(pool_, start_.size());
  }

  void launch(int) override {
    pool_.run([this](int thread) {
      const host::Range vectors = host::share(vectors_, 1, pool_.size(), thread);
      for (std::int64_t vector = vectors.begin; vector < vectors.end; ++vector) {
        const std::int64_t first = offset(vector * width_, 0);
        advance_on_this_cpu(start_.data() + first, end_.data() + first, steps_);
      }
    });
  }

  /// Every chain where that is cheap, otherwise chains spread over lanes and registers.
  [[nodiscard]] std::optional<std::string> check() override {
    const std::int64_t all = lanes_ * kChains;
    const std::int64_t samples =
        std::clamp<std::int64_t>(kCheckedSteps / steps_, std::min<std::int64_t>(all, 2), all);
    std::atomic<std::int64_t> wrong{-1};
    pool_.run([&](int thread) {
      const host::Range range = host::share(samples, 1, pool_.size(), thread);
      for (std::int64_t i = range.begin; i < range.end; ++i) {
        // The first and the last chain of all are always among the samples.
        const std::int64_t sample = samples == 1 ? 0 : i * (all - 1) / (samples - 1);
        if (!is_right(sample / kChains, sample % kChains)) wrong = sample;
      }
    });
    if (wrong < 0) return std::nullopt;
    const std::int64_t lane = wrong / kChains;
    const std::int64_t chain = wrong % kChains;
    return "chain " + std::to_string(chain) + " of lane " + std::to_string(lane) + " ends at " +
           std::to_string(end_[offset(lane, chain)]) + ", not " +
           std::to_string(right(lane, chain));
  }

 private:
  [[nodiscard]] std::int64_t offset(std::int64_t lane, std::int64_t chain) const {
    return (lane / width_ * kChains + chain) * width_ + lane % width_;
  }

  [[nodiscard]] T right(std::int64_t lane, std::int64_t chain) const {
    return expected_here(static_cast<T>(start(data_, lane * kChains + chain)), steps_);
  }

  [[nodiscard]] bool is_right(std::int64_t lane, std::int64_t chain) const {
    return end_[offset(lane, chain)] == right(lane, chain);
  }

  std::int64_t lanes_;
  std::int64_t steps_;
  DataPattern data_;
  host::ThreadPool& pool_;
  std::int64_t width_ = lanes_per_vector<T>();
  std::int64_t vectors_;
  host::Buffer<T> start_;
  host::Buffer<T> end_;
};

template <typename T>
Workload workload(Precision precision) {
  return {
      .name = "fma_chain",
      .variant = "simd",
      .provider = "derate",
      .backend = "host",
      .precision = precision,
      .bound = Bound::compute,
      .instruction = "vector FMA",
      .problems = [](const Device& device) -> std::vector<Problem> {
        const auto cores = static_cast<std::int64_t>(std::ceil(device.compute_units));
        return {{{"lanes", cores * lanes_per_vector<T>()}, {"chains", kChains}, {"steps", kSteps}}};
      },
      .test_problem = []() -> Problem {
        return {{"lanes", 37}, {"chains", kChains}, {"steps", 1000}};
      },
      .work = work,
      .size_class = size_class,
      .prepare = [](const Problem& problem, const Operands& operands,
                    Session& session) -> std::unique_ptr<Instance> {
        return std::make_unique<HostFmaChain<T>>(problem, operands, host::pool_session(session));
      },
      .unsupported = [](const Device&) -> std::optional<std::string> {
        if (lanes_per_vector<T>() > 0) return std::nullopt;
        return "this CPU has no vector instruction for a fused multiply-add";
      }};
}

const Registration f32{workload<float>(Precision::f32)};
const Registration f64{workload<double>(Precision::f64)};

}  // namespace
}  // namespace derate::fma_chain
#endif  // HWY_ONCE
