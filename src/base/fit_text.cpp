// SPDX-License-Identifier: Apache-2.0
// Cuts and breaks between characters, never within one.
#include "base/fit_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/input_limits.h"
#include "base/safe_text.h"

namespace derate::fit_text {
namespace {

/// Byte at which character `n` begins, or the end.
std::size_t byte_of(std::string_view text, std::size_t n) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (is_continuation(text[at])) continue;
    if (n == 0) return at;
    --n;
  }
  return text.size();
}

/// FNV-1a with 32 bits: enough to tell apart what stands in one table.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 0x811C9DC5;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193;
  return hash;
}

std::string with_middle(std::string_view text, std::string_view middle, std::size_t most) {
  const std::size_t all = width(text);
  if (all <= most || most <= width(middle)) return std::string(text);
  const std::size_t kept = most - width(middle);
  const std::size_t head = kept / 2;
  return std::string(text.substr(0, byte_of(text, head)))
      .append(middle)
      .append(text.substr(byte_of(text, all - (kept - head))));
}

}  // namespace

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string cut(std::string_view text, std::size_t most) {
  constexpr std::string_view kDots = "...";
  if (text.size() <= most) return std::string(text);
  std::size_t end = most > kDots.size() ? most - kDots.size() : 0;
  while (end > 0 && is_continuation(text[end])) --end;
  return std::string(text.substr(0, end)).append(kDots);
}

std::string echoed(std::string_view text) {
  // What is spelt out takes more room than the character itself.
  constexpr std::size_t kMost = input_limits::kMostEchoed_bytes;
  std::string found = cut(text, kMost);
  for (std::size_t most = kMost; safe_text::for_terminal(found).size() > kMost;) {
    most = most * 3 / 4;
    found = cut(text, most);
  }
  return found;
}

std::string shortened(std::string_view text, std::size_t most) {
  return with_middle(text, "…", most);
}

std::string shortened_with_hash(std::string_view text, std::size_t most) {
  if (text.size() <= most || width(text) <= most) return std::string(text);
  return with_middle(text, fmt::format("…{:08x}…", hash_of(text)), most);
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  constexpr std::string_view kColon = "\\u{3a}";
  std::vector<std::string> lines;
  while (true) {
    std::string line;
    const std::size_t first = text.find_first_not_of(' ');
    if (first != std::string_view::npos && text.substr(first).starts_with("::")) {
      line = kColon;
      text.remove_prefix(first + 1);
    }
    const std::size_t end = byte_of(text, width - line.size());
    if (end == text.size()) {
      lines.emplace_back(line.append(text));
      return lines;
    }
    std::size_t at = text.rfind(' ', end);
    if (at == std::string_view::npos || at == 0) at = end;
    lines.emplace_back(line.append(text.substr(0, at)));
    text.remove_prefix(text[at] == ' ' ? at + 1 : at);
  }
}

}  // namespace derate::fit_text
