// SPDX-License-Identifier: Apache-2.0
// Three bytes are four letters of six bits; what is missing of the last three is '='.
#include "base/base64.h"

#include <cstdint>

namespace derate {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

}  // namespace

std::string base64(std::string_view bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = i; j < i + 3; ++j) {
      bits = bits << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0U);
    }
    const std::size_t there = bytes.size() - i;
    text += kLetters[bits >> 18];
    text += kLetters[bits >> 12 & 63];
    text += there > 1 ? kLetters[bits >> 6 & 63] : '=';
    text += there > 2 ? kLetters[bits & 63] : '=';
  }
  return text;
}

std::optional<std::string> bytes_of_base64(std::string_view text) {
  const std::string_view letters = text.substr(0, text.find('='));
  std::string bytes;
  std::uint32_t bits = 0;
  int pending = 0;
  for (const char c : letters) {
    const std::size_t letter = kLetters.find(c);
    if (letter == std::string_view::npos) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(letter);
    pending += 6;
    if (pending < 8) continue;
    pending -= 8;
    bytes += static_cast<char>(bits >> pending & 255);
  }
  // One spelling alone of the same bytes: its padding is right, and the last letter has no stray
  // bits.
  if (base64(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace derate
