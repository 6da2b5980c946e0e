// SPDX-License-Identifier: Apache-2.0
// The usual helper for std::visit: one visitor made of several lambdas.
#pragma once

namespace derate {

/// A set of lambdas as one visitor for std::visit.
template <typename... Lambdas>
struct Overloaded : Lambdas... {
  using Lambdas::operator()...;
};
template <typename... Lambdas>
Overloaded(Lambdas...) -> Overloaded<Lambdas...>;

}  // namespace derate
