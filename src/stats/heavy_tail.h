// SPDX-License-Identifier: Apache-2.0
// The population that most of a sample comes from, when an unknown few of its values are too low:
// what is healthy among devices of which some are slow. Their own tail cannot tell how heavy the
// healthy one is, so it is learnt from the middle and the upper side.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace derate {

/// Student's t of unknown centre, scale and degrees of freedom, whose lower side may be wider than
/// the upper one. How sure a tail's weight is depends on the sample: every probability is a mean
/// over all such t that the values leave possible, so that a small sample yields no small ones.
class HeavyTail {
 public:
  /// Fewer values tell nothing of a tail.
  static constexpr std::size_t kFewest = 8;

  /// `values` are finite, kFewest of them or more. What lies further below their median than
  /// twice their spread is left out, and the likelihood knows that. No scale below `least_scale` is
  /// believed: equal values are no proof that others must be.
  HeavyTail(std::span<const double> values, double least_scale);

  [[nodiscard]] double centre() const { return centre_; }
  /// Of the lower side.
  [[nodiscard]] double scale() const { return scale_; }
  /// The most likely degrees of freedom; infinity for the normal distribution.
  [[nodiscard]] double degrees() const { return degrees_; }
  /// The probability that a value of the population is as low as this or lower.
  [[nodiscard]] double below(double value) const;
  /// The value that the population is as low as with this probability, up to 0.5.
  [[nodiscard]] double low_with(double probability) const;

 private:
  struct Candidate {
    double weight;
    double centre;
    double scale;  ///< of the upper side
    double lower_scale;
    std::size_t tail;  ///< which degrees of freedom
  };

  [[nodiscard]] static double below(const Candidate& candidate, double value);
  void weigh(const std::vector<double>& log_likelihoods);

  std::vector<Candidate> candidates_;
  double centre_ = 0;
  double scale_ = 0;
  double degrees_ = 0;
};

}  // namespace derate
