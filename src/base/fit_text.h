// SPDX-License-Identifier: Apache-2.0
// Text in the room that there is: cut, shortened, wrapped, echoed in a sentence.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace derate::fit_text {

/// Whether the byte goes on with a character of UTF-8 that began before it.
[[nodiscard]] constexpr bool is_continuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) == 0x80;
}

/// Number of characters, not bytes, of UTF-8 text.
[[nodiscard]] std::size_t width(std::string_view text);

/// At most `most` bytes, cut between characters, with "..." at the end where something is missing.
[[nodiscard]] std::string cut(std::string_view text, std::size_t most);

/// Text that a file holds, cut so that a sentence about it stays one when it is made safe.
[[nodiscard]] std::string echoed(std::string_view text);

/// The first and the last characters, with "…" between them where it has more than `most`.
[[nodiscard]] std::string shortened(std::string_view text, std::size_t most);

/// The same with a hash of the whole in the middle, which tells it from others with these ends;
/// `most` is at least 40.
[[nodiscard]] std::string shortened_with_hash(std::string_view text, std::size_t most);

/// Lines of at most `width` characters, 8 or more, broken at spaces where there are any. The text
/// is one that for_terminal() made, and no line begins with what a CI runner obeys either.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text, std::size_t width);

}  // namespace derate::fit_text
