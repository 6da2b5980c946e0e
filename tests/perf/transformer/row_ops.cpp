// SPDX-License-Identifier: Apache-2.0
// Normalisation, softmax, activation and addition by rows, compiled by Highway for each instruction
// set and dispatched at run time.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "transformer/row_ops.cpp"
#include <hwy/foreach_target.h>
// After foreach_target, which includes this file once per instruction set.
#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include <algorithm>
#include <cmath>

#include "transformer/row_ops.h"

HWY_BEFORE_NAMESPACE();
namespace derate::transformer {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D = hn::ScalableTag<float>;

/// The part of a row that fills whole vectors.
std::int64_t whole(std::int64_t width) {
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(D()));
  return width / lanes * lanes;
}

void norm_row(const float* from, float* to, std::int64_t width) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t end = whole(width);
  auto sums = hn::Zero(d);
  auto squares = hn::Zero(d);
  for (std::int64_t i = 0; i < end; i += lanes) {
    const auto x = hn::LoadU(d, from + i);
    sums = hn::Add(sums, x);
    squares = hn::MulAdd(x, x, squares);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  float square = hn::GetLane(hn::SumOfLanes(d, squares));
  for (std::int64_t i = end; i < width; ++i) {
    sum += from[i];
    square += from[i] * from[i];
  }
  const auto count = static_cast<float>(width);
  const float mean = sum / count;
  const float variance = std::max(0.0F, square / count - mean * mean);
  const float scale = 1 / std::sqrt(variance + kNormEpsilon);
  const auto means = hn::Set(d, mean);
  const auto scales = hn::Set(d, scale);
  for (std::int64_t i = 0; i < end; i += lanes) {
    hn::StoreU(hn::Mul(hn::Sub(hn::LoadU(d, from + i), means), scales), d, to + i);
  }
  for (std::int64_t i = end; i < width; ++i) to[i] = (from[i] - mean) * scale;
}

void softmax_row(const float* from, float* to, std::int64_t width) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t end = whole(width);
  const float largest = *std::max_element(from, from + width);
  const auto shift = hn::Set(d, largest);
  auto sums = hn::Zero(d);
  for (std::int64_t i = 0; i < end; i += lanes) {
    const auto e = hn::Exp(d, hn::Sub(hn::LoadU(d, from + i), shift));
    hn::StoreU(e, d, to + i);
    sums = hn::Add(sums, e);
  }
  float sum = hn::GetLane(hn::SumOfLanes(d, sums));
  for (std::int64_t i = end; i < width; ++i) sum += to[i] = std::exp(from[i] - largest);
  const auto scale = hn::Set(d, 1 / sum);
  for (std::int64_t i = 0; i < end; i += lanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, to + i), scale), d, to + i);
  }
  for (std::int64_t i = end; i < width; ++i) to[i] /= sum;
}

constexpr float kRootOf2OverPi = 0.7978845608F;
constexpr float kCubic = 0.044715F;

void activate_row(const float* from, float* to, std::int64_t width) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t end = whole(width);
  for (std::int64_t i = 0; i < end; i += lanes) {
    const auto x = hn::LoadU(d, from + i);
    const auto inner = hn::MulAdd(hn::Mul(hn::Set(d, kCubic), hn::Mul(x, x)), x, x);
    const auto tanh = hn::Tanh(d, hn::Mul(hn::Set(d, kRootOf2OverPi), inner));
    const auto half = hn::Mul(hn::Set(d, 0.5F), x);
    hn::StoreU(hn::MulAdd(half, tanh, half), d, to + i);
  }
  for (std::int64_t i = end; i < width; ++i) {
    const float x = from[i];
    to[i] = x / 2 * (1 + std::tanh(kRootOf2OverPi * (x + kCubic * x * x * x)));
  }
}

void add_row(const float* a, const float* b, float* to, std::int64_t width) {
  const D d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  const std::int64_t end = whole(width);
  for (std::int64_t i = 0; i < end; i += lanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, to + i);
  }
  for (std::int64_t i = end; i < width; ++i) to[i] = a[i] + b[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace derate::transformer
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace derate::transformer {

HWY_EXPORT(norm_row);
HWY_EXPORT(softmax_row);
HWY_EXPORT(activate_row);
HWY_EXPORT(add_row);

void norm(const float* from, float* to, std::int64_t width, host::Range rows) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    HWY_DYNAMIC_DISPATCH(norm_row)(from + row * width, to + row * width, width);
  }
}

void softmax(const float* from, float* to, std::int64_t width, host::Range rows) {
  for (std::int64_t row = rows.begin; row < rows.end; ++row) {
    HWY_DYNAMIC_DISPATCH(softmax_row)(from + row * width, to + row * width, width);
  }
}

void activate(const float* from, float* to, std::int64_t width, host::Range rows) {
  HWY_DYNAMIC_DISPATCH(activate_row)
  (from + rows.begin * width, to + rows.begin * width, (rows.end - rows.begin) * width);
}

void add(const float* a, const float* b, float* to, std::int64_t width, host::Range rows) {
  const std::int64_t first = rows.begin * width;
  HWY_DYNAMIC_DISPATCH(add_row)(a + first, b + first, to + first, (rows.end - rows.begin) * width);
}

}  // namespace derate::transformer
#endif
