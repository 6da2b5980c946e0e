// SPDX-License-Identifier: Apache-2.0
// What lies between the matrix products, on rows of floats. Each works on rows [begin, end) of its
// thread.
#pragma once

#include <cstdint>

#include "derate/host/buffer.h"

namespace derate::transformer {

/// Added to a row's variance, so that a row of equal elements does not divide by zero.
inline constexpr float kNormEpsilon = 1e-5F;

/// to = (from - mean) / deviation of each row.
void norm(const float* from, float* to, std::int64_t width, host::Range rows);

/// Each row as probabilities: to = exp(from - largest) / their sum.
void softmax(const float* from, float* to, std::int64_t width, host::Range rows);

/// GELU by its tanh form: x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))).
void activate(const float* from, float* to, std::int64_t width, host::Range rows);

/// to = a + b
void add(const float* a, const float* b, float* to, std::int64_t width, host::Range rows);

}  // namespace derate::transformer
