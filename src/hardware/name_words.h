// SPDX-License-Identifier: Apache-2.0
// The words of a device's name, written in one way: what its spelling does not change.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace derate {

/// Sorted, in lower case, without words that say nothing: "RTX4090", "rtx-4090" and "RTX 4090 GPU"
/// are all {4090, rtx}; "80 GB" and "80G" are 80gb; a mobile GPU is a laptop's. Of "GA102 [GeForce
/// RTX 3090]", as lspci prints it, what stands in the brackets.
[[nodiscard]] std::vector<std::string> name_words(std::string_view name);

}  // namespace derate
