// SPDX-License-Identifier: Apache-2.0
// Cuts the line to the width of the terminal and clears it before any other output.
#include "base/progress.h"

#include <unistd.h>

#include <utility>

#include "base/fit_text.h"
#include "base/safe_text.h"
#include "base/standard_streams.h"
#include "base/terminal.h"

namespace derate {
namespace {

constexpr const char* kClearLine = "\r\x1b[K";

}  // namespace

ProgressLine::ProgressLine(std::string who)
    : who_(std::move(who)), is_on_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() { clear(); }

void ProgressLine::show(const std::string& text) {
  if (!is_on_terminal_) return;
  derate::say(kClearLine + fit_text::shortened(safe_text::for_terminal(text),
                                               terminal_width(STDERR_FILENO) - 1));
  is_shown_ = true;
}

void ProgressLine::clear() {
  if (is_shown_) derate::say(kClearLine);
  is_shown_ = false;
}

void ProgressLine::say(const std::string& sentence) {
  clear();
  derate::say(who_, sentence);
}

void ProgressLine::print(const std::string& text) {
  clear();
  derate::say(safe_text::for_terminal(text) + "\n");
}

}  // namespace derate
