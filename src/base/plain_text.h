// SPDX-License-Identifier: Apache-2.0
// Text from outside, made fit to be written anywhere: benchmarks and files are named by anyone.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace derate::outputs {

/// Valid UTF-8 on one line: control characters and line breaks become spaces, what is no UTF-8 or
/// no character of XML 1.0 becomes U+FFFD.
[[nodiscard]] std::string plain(std::string_view text);

/// At most `most` bytes, cut between characters, with "..." at the end where something is missing.
[[nodiscard]] std::string cut(std::string_view text, std::size_t most);

/// Text that a file holds, fit for a sentence about it: plain, and cut.
[[nodiscard]] std::string echoed(std::string_view text);

/// The first and the last characters, with "…" between them where it has more than `most`.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

/// Lines of at most `width` characters, broken at spaces where there are any.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace derate::outputs
