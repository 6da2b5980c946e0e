// SPDX-License-Identifier: Apache-2.0
// What the two sides of a comparison are called in a sentence: long command lines that are alike by
// the words that differ.
#pragma once

#include <string>

namespace derate::outputs {

/// "CANDIDATE against BASE", both as they are where they are short or have little in common; else
/// what they share is "…". Equal ones are "COMMAND against itself".
[[nodiscard]] std::string candidate_against_base(const std::string& candidate,
                                                 const std::string& base);

}  // namespace derate::outputs
