// SPDX-License-Identifier: Apache-2.0
// Pads and cuts by characters, not bytes.
#include "report/summary_screen.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "base/fit_text.h"
#include "base/safe_text.h"

namespace derate {
namespace {

std::string colour_of(DeviceState state) {
  switch (state) {
    case DeviceState::healthy:
      return "\x1b[1;32m";
    case DeviceState::slow:
      return "\x1b[1;31m";
    case DeviceState::disturbed:
    case DeviceState::not_known:
      break;
  }
  return "\x1b[1;33m";
}

std::string left(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, fit_text::width(text)), ' ');
}
std::string right(const std::string& text, std::size_t width) {
  return std::string(width - std::min(width, fit_text::width(text)), ' ') + text;
}

}  // namespace

void SummaryScreen::add(std::string_view safe) {
  std::string line = fit_text::shortened(safe, width_);
  line.erase(line.find_last_not_of(' ') + 1);
  lines_.push_back(std::move(line));
}

void SummaryScreen::add_filled(std::string_view safe) {
  for (std::string& line : fit_text::wrapped(safe, std::max<std::size_t>(width_, 8))) {
    lines_.push_back(std::move(line));
  }
}

void SummaryScreen::add(const DeviceVerdict& verdict, std::string_view whose) {
  const std::string word = fmt::format("{}{}", whose, to_string(verdict.state));
  const std::string text =
      safe_text::for_terminal(fmt::format("{}: {}", word, fmt::join(verdict.reasons, "; ")));
  std::vector<std::string> lines = fit_text::wrapped(text, std::max<std::size_t>(width_, 8));
  constexpr std::size_t kMost = 3;
  if (lines.size() > kMost) {
    lines.resize(kMost);
    lines.back() = fit_text::cut(lines.back() + " ...", width_);
  }
  if (colours_ && lines.front().starts_with(word)) {
    lines.front() = colour_of(verdict.state) + word + "\x1b[0m" + lines.front().substr(word.size());
  }
  lines_.insert(lines_.end(), lines.begin(), lines.end());
}

void SummaryScreen::add(const std::vector<ClassLine>& lines, std::string_view share_heading) {
  const auto widest = [&](std::string ClassLine::*member, std::size_t least) {
    std::size_t width = least;
    for (const ClassLine& line : lines) width = std::max(width, fit_text::width(line.*member));
    return width;
  };
  const std::size_t name = widest(&ClassLine::name, 0) + 2;
  const std::size_t what = std::min<std::size_t>(widest(&ClassLine::what, 0), 18) + 2;
  const std::size_t delivers = widest(&ClassLine::delivers, 8) + 2;
  const std::size_t share =
      std::max(widest(&ClassLine::share, 0), fit_text::width(share_heading)) + 2;
  const std::size_t usual = widest(&ClassLine::usual, 5);
  const std::size_t basic = name + what + delivers + share;
  const bool has_bar = basic + kBarCells + 2 + usual <= width_;
  const bool has_usual = basic + usual <= width_;
  const auto put = [&](const ClassLine& line) {
    std::string text =
        left(line.name, name) + left(fit_text::shortened(line.what, what - 2), what) +
        right(line.delivers, delivers - 2) + "  " + right(line.share, share - 2) + "  ";
    if (has_bar) text += left(line.bar, kBarCells + 2);
    if (has_usual) text += line.usual;
    add(text);
  };
  put({"", "", "delivers", std::string(share_heading), "", "usual"});
  for (const ClassLine& line : lines) put(line);
}

std::string SummaryScreen::text() const {
  constexpr std::size_t kMost = 24;
  constexpr std::size_t kKeptAtEnd = 2;
  std::string all;
  const std::size_t most = std::min(lines_.size(), kMost);
  const std::size_t from_front = lines_.size() > kMost ? most - kKeptAtEnd : most;
  for (std::size_t i = 0; i < from_front; ++i) all += lines_[i] + "\n";
  for (std::size_t i = lines_.size() - (most - from_front); i < lines_.size(); ++i) {
    all += lines_[i] + "\n";
  }
  return all;
}

}  // namespace derate
