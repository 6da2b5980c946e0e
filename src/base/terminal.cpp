// SPDX-License-Identifier: Apache-2.0
// Reads $COLUMNS, $NO_COLOR (no-color.org) and $CLICOLOR_FORCE (bixense.com/clicolors), and asks
// the terminal for its width.
#include "base/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/kept_streams.h"

namespace derate {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kNarrowest = 20;
constexpr std::size_t kWidest = 10'000;

std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// 0 where the user says nothing, or nothing of sense.
std::size_t width_by_user() {
  const std::string_view text = variable("COLUMNS");
  std::size_t width = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), width);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole && width <= kWidest ? width : 0;
}

}  // namespace

bool is_read_on_terminal() {
  if (KeptStreams::are_there()) return false;
  return !variable("COLUMNS").empty() || ::isatty(STDOUT_FILENO) == 1;
}

std::size_t terminal_width(int descriptor) {
  winsize size{};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : kUsualWidth;
}

std::size_t output_width() {
  const std::size_t width = width_by_user();
  return std::max(width > 0 ? width : terminal_width(STDOUT_FILENO), kNarrowest);
}

bool wants_colours() {
  if (KeptStreams::are_there()) return false;
  if (!variable("NO_COLOR").empty()) return false;
  const std::string_view forced = variable("CLICOLOR_FORCE");
  return (!forced.empty() && forced != "0") || ::isatty(STDOUT_FILENO) == 1;
}

}  // namespace derate
