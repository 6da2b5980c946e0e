// SPDX-License-Identifier: Apache-2.0
// Cuts the line to the width of the terminal and clears it before any other output.
#include "base/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/standard_streams.h"

namespace derate {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::size_t terminal_width() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col - 1u : 79u;
}

}  // namespace

ProgressLine::ProgressLine(std::string who)
    : who_(std::move(who)), is_on_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(const std::string& text) {
  if (!is_on_terminal_) return;
  std::string line = text.substr(0, terminal_width());
  // Not in the middle of a character: its first byte is the only one that is no continuation.
  if (line.size() < text.size() && is_continuation(text[line.size()])) {
    while (!line.empty() && is_continuation(line.back())) line.pop_back();
    if (!line.empty()) line.pop_back();
  }
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < ' '; }, ' ');
  derate::say(kClearLine + line);
  is_shown_ = true;
}

void ProgressLine::clear() {
  if (is_shown_) derate::say(kClearLine);
  is_shown_ = false;
}

void ProgressLine::say(const std::string& sentence) {
  print(fmt::format("{}: {}", who_, sentence));
}

void ProgressLine::print(const std::string& text) {
  clear();
  derate::say(text + "\n");
}

}  // namespace derate
