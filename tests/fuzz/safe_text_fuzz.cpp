// SPDX-License-Identifier: Apache-2.0
// Text of others made safe and fit to be written: no control character is left, no character is cut
// in two, nothing is wider than it may be, and no line is a command for a CI runner.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/fit_text.h"
#include "base/safe_text.h"
#include "base/time_utc.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

/// Throws for ill-formed UTF-8.
void require_utf8(const std::string& text) { static_cast<void>(nlohmann::json(text).dump()); }

void require_line(const std::string& line) {
  require_utf8(line);
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  require(std::none_of(line.begin(), line.end(), is_control), "a control character is left");
  require(!line.starts_with("::") && line.find("##") == std::string::npos, "a CI runner obeys it");
}

void require_fit(const std::string& safe, std::size_t most) {
  const std::string cut = fit_text::cut(safe, most);
  require(cut.size() <= most, "a text was not cut");
  require_utf8(cut);
  const std::string shortened = fit_text::shortened(safe, most);
  require(fit_text::width(shortened) <= most, "a text was not shortened");
  require_utf8(shortened);
  for (const std::string& line : fit_text::wrapped(safe, most)) {
    require(fit_text::width(line) <= most, "a line is too long");
    require_line(line);
  }
}

void write_text(std::string_view input) {
  const std::string safe = safe_text::for_terminal(input);
  require_line(safe);
  require_fit(safe, 8 + input.size() % 40);
  for (const std::string& text :
       {safe_text::for_markdown(input), safe_text::for_markdown_code(input),
        safe_text::for_csv(input), safe_text::for_xml(input), safe_text::for_quotes(input)}) {
    require_utf8(text);
    require(text.find('\n') == std::string::npos, "a line was broken");
  }
  require_line(safe_text::for_terminal(fit_text::echoed(input)));
  static_cast<void>(is_time_utc(input));
}

const Registered safe_text_target({"safe_text", write_text});

}  // namespace
}  // namespace derate::fuzz
