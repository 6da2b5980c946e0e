// SPDX-License-Identifier: Apache-2.0
// The mean of all rounds says when the last one ends. Rounds of one measurement differ by a factor
// of ten, so that end moves with each; what is shown follows it slowly.
#include "base/time_left.h"

#include <algorithm>

namespace derate {
namespace {

constexpr std::int64_t kFewRounds = 3;
constexpr double kFollowed = 0.25;  ///< share of a new estimate's difference

}  // namespace

void TimeLeft::finish(double now_s) {
  ++done_;
  ++timed_;
  if (timed_ < std::max(kFewRounds, total_ / 20)) return;
  const double each_s = (now_s - began_s_) / static_cast<double>(timed_);
  const double end_s = now_s + each_s * static_cast<double>(total_ - done_);
  end_s_ = end_s_ ? *end_s_ + kFollowed * (end_s - *end_s_) : end_s;
}

std::optional<double> TimeLeft::left_s(double now_s) const {
  if (!end_s_) return std::nullopt;
  return done_ >= total_ ? 0 : std::max(0.0, *end_s_ - now_s);
}

}  // namespace derate
