// SPDX-License-Identifier: Apache-2.0
// The parameters of a language model by part, as published counts have them: with biases, norms and
// learned positions; a shared embedding counts once.
#pragma once

#include "estimate/language_model.h"

namespace derate {

struct ParameterCount {
  double embedding = 0;
  double positions = 0;
  double attention = 0;
  double feed_forward = 0;  ///< dense hidden layers
  double routed_experts = 0;
  double shared_experts = 0;
  double routers = 0;
  double norms = 0;
  double head = 0;             ///< 0 where it shares the embedding's
  double predicted_ahead = 0;  ///< of layers that predict further tokens
  double idle = 0;             ///< of the routed experts, what a token does not pass through

  /// Without predicted_ahead, which generation may leave out.
  [[nodiscard]] double total() const;
  /// That one token passes through.
  [[nodiscard]] double active() const { return total() - idle; }
};

[[nodiscard]] ParameterCount parameters(const LanguageModel& model);

/// Of one layer.
[[nodiscard]] double attention_parameters(const LanguageModel& model, const Attention& attention);

}  // namespace derate
