// SPDX-License-Identifier: Apache-2.0
// fma_chain on the CPU: every core keeps 12 vectors of chains in registers. A fused multiply-add
// takes 4 or 5 cycles on two pipes, so 8 to 10 independent chains fill the pipes; 12 leave slack,
// and with the two operands they just fit the 16 registers of AVX2. Bound by the FMA pipes alone:
// the loop holds 12 multiply-adds, a counter and a branch.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fma_chain/host.cpp"
// Vectors without a size at compile time could not be handled below.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
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

HWY_BEFORE_NAMESPACE();
namespace derate::fma_chain {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Advances 12 vectors of chains, chain after chain in memory, by `steps` steps.
template <typename T>
HWY_INLINE void advance(const T* HWY_RESTRICT start, T* HWY_RESTRICT end, std::int64_t steps) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  const auto a = hn::Set(d, static_cast<T>(kMultiplier));
  const auto b = hn::Set(d, static_cast<T>(kAddend));
  auto x0 = hn::Load(d, start + 0 * lanes), x1 = hn::Load(d, start + 1 * lanes);
  auto x2 = hn::Load(d, start + 2 * lanes), x3 = hn::Load(d, start + 3 * lanes);
  auto x4 = hn::Load(d, start + 4 * lanes), x5 = hn::Load(d, start + 5 * lanes);
  auto x6 = hn::Load(d, start + 6 * lanes), x7 = hn::Load(d, start + 7 * lanes);
  auto x8 = hn::Load(d, start + 8 * lanes), x9 = hn::Load(d, start + 9 * lanes);
  auto x10 = hn::Load(d, start + 10 * lanes), x11 = hn::Load(d, start + 11 * lanes);
  for (std::int64_t step = 0; step < steps; ++step) {
    x0 = hn::MulAdd(x0, a, b), x1 = hn::MulAdd(x1, a, b), x2 = hn::MulAdd(x2, a, b);
    x3 = hn::MulAdd(x3, a, b), x4 = hn::MulAdd(x4, a, b), x5 = hn::MulAdd(x5, a, b);
    x6 = hn::MulAdd(x6, a, b), x7 = hn::MulAdd(x7, a, b), x8 = hn::MulAdd(x8, a, b);
    x9 = hn::MulAdd(x9, a, b), x10 = hn::MulAdd(x10, a, b), x11 = hn::MulAdd(x11, a, b);
  }
  hn::Store(x0, d, end + 0 * lanes), hn::Store(x1, d, end + 1 * lanes);
  hn::Store(x2, d, end + 2 * lanes), hn::Store(x3, d, end + 3 * lanes);
  hn::Store(x4, d, end + 4 * lanes), hn::Store(x5, d, end + 5 * lanes);
  hn::Store(x6, d, end + 6 * lanes), hn::Store(x7, d, end + 7 * lanes);
  hn::Store(x8, d, end + 8 * lanes), hn::Store(x9, d, end + 9 * lanes);
  hn::Store(x10, d, end + 10 * lanes), hn::Store(x11, d, end + 11 * lanes);
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

constexpr std::int64_t kChains = 12;
constexpr std::int64_t kSteps = 2'000'000;  // 6 cycles each: about 3 ms
// A step of the reference is a latency of 4 cycles and a call: this bounds a check to about 0.1 s.
constexpr std::int64_t kCheckedSteps = 32'000'000;

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
      throw DeviceError("this variant holds 12 chains per lane, not " + problem.str(), false);
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
    return expected(static_cast<T>(start(data_, lane * kChains + chain)), steps_);
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
