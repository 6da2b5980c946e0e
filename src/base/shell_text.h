// SPDX-License-Identifier: Apache-2.0
// Texts in the scripts that are written for a shell.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace derate {

/// A text between single quotes, as any shell takes it for one word.
[[nodiscard]] std::string shell_quoted(std::string_view text);

/// " 'a' 'b'": each quoted, with a space before it.
[[nodiscard]] std::string shell_words(const std::vector<std::string>& words);

}  // namespace derate
