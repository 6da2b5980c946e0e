// SPDX-License-Identifier: Apache-2.0
// A line is a word, a number and a name: "begun 60 host/gemm/openblas/f32/m:512/n:512/k:512".
#include "watch_message.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

namespace derate::bench {
namespace {

constexpr std::array<std::string_view, 5> kEventWords = {"planned", "begun", "recorded", "finished",
                                                         "lost"};

/// Takes what stands before the first blank off `text`.
std::string_view first_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

std::string to_line(const WatchMessage& message) {
  return fmt::format("{} {} {}\n", kEventWords[static_cast<std::size_t>(message.event)],
                     message.number, message.name);
}

std::optional<WatchMessage> message_of(std::string_view line) {
  const auto* const word = std::find(kEventWords.begin(), kEventWords.end(), first_word(line));
  if (word == kEventWords.end()) return std::nullopt;
  WatchMessage message{static_cast<WatchMessage::Event>(word - kEventWords.begin())};
  const std::string_view number = first_word(line);
  const char* const end = number.data() + number.size();
  const auto [read_to, failed] = std::from_chars(number.data(), end, message.number);
  if (failed != std::errc{} || read_to != end) return std::nullopt;
  message.name = line;
  return message;
}

void Watched::tell(const WatchMessage& message) const {
  const std::string line = to_line(message);
  std::string_view left = pipe < 0 ? std::string_view() : std::string_view(line);
  while (!left.empty()) {
    const ssize_t written = ::write(pipe, left.data(), left.size());
    if (written < 0 && errno != EINTR) return;  // whoever watched is gone, and ends us
    if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace derate::bench
