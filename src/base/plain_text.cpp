// SPDX-License-Identifier: Apache-2.0
// Replaces ill-formed UTF-8 and what XML 1.0 forbids by U+FFFD, and control characters by blanks;
// cuts and wraps between characters, never within one.
#include "base/plain_text.h"

#include <algorithm>
#include <cstdint>

#include "base/input_limits.h"
#include "base/table.h"

namespace derate::outputs {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

/// Bytes of the character that begins `text`, by its first byte; 0 for one that begins none.
std::size_t length_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

/// Whether the bytes are one well-formed character that XML 1.0 allows.
bool is_character(std::string_view bytes) {
  if (!std::all_of(bytes.begin() + 1, bytes.end(), is_continuation)) return false;
  constexpr std::uint32_t kFirstBits[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t code = static_cast<unsigned char>(bytes[0]) & kFirstBits[bytes.size()];
  for (const char byte : bytes.substr(1)) {
    code = code << 6 | (static_cast<unsigned char>(byte) & 0x3F);
  }
  constexpr std::uint32_t kFewest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code >= 0xD800 && code < 0xE000;
  const bool is_none = code == 0xFFFE || code == 0xFFFF;
  return code >= kFewest[bytes.size()] && code <= 0x10FFFF && !is_surrogate && !is_none;
}

bool is_control(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() == 1) return first < 0x20 || first == 0x7F;
  return first == 0xC2 && static_cast<unsigned char>(bytes[1]) < 0xA0;  // U+0080 to U+009F
}

/// Byte at which character `n` begins, or the end.
std::size_t byte_of(std::string_view text, std::size_t n) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_continuation(text[at])) continue;
    if (n == 0) return at;
    --n;
  }
  return text.size();
}

}  // namespace

std::string plain(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = length_of(static_cast<unsigned char>(text.front()));
    if (length == 0 || length > text.size() || !is_character(text.substr(0, length))) {
      out += kReplacement;
      text.remove_prefix(1);
      continue;
    }
    if (is_control(text.substr(0, length))) {
      out += ' ';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  return out;
}

std::string cut(std::string_view text, std::size_t most) {
  constexpr std::string_view kDots = "...";
  if (text.size() <= most) return std::string(text);
  std::size_t end = most > kDots.size() ? most - kDots.size() : 0;
  while (end > 0 && is_continuation(text[end])) --end;
  return std::string(text.substr(0, end)).append(kDots);
}

std::string echoed(std::string_view text) {
  // What is cut away need not be made plain: a file may hold megabytes.
  const std::string_view enough = text.substr(0, 4 * input_limits::kMostEchoed_bytes);
  return cut(plain(enough), input_limits::kMostEchoed_bytes);
}

std::string shortened(std::string_view text, std::size_t most) {
  const std::size_t width = table::width(text);
  if (width <= most || most < 2) return std::string(text);
  const std::size_t kept = most - 1;
  const std::size_t head = kept / 2;
  return std::string(text.substr(0, byte_of(text, head)))
      .append("…")
      .append(text.substr(byte_of(text, width - (kept - head))));
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (true) {
    const std::size_t end = byte_of(text, width);
    if (end == text.size()) break;
    std::size_t at = text.rfind(' ', end);
    if (at == std::string_view::npos || at == 0) at = end;
    lines.emplace_back(text.substr(0, at));
    text.remove_prefix(at < text.size() && text[at] == ' ' ? at + 1 : at);
  }
  lines.emplace_back(text);
  return lines;
}

}  // namespace derate::outputs
