// SPDX-License-Identifier: Apache-2.0
// Headings in small letters without brackets and blanks, looked up in a list of names with units.
#include "gemm_model/table_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <optional>

#include "base/fit_text.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr std::array<std::string_view, 3> kExtents = {"m", "n", "k"};

/// What a column of times is called before its unit, and what its unit is called.
constexpr std::array<std::string_view, 7> kTimes = {"time",    "latency", "duration", "runtime",
                                                    "elapsed", "median",  "mean"};
struct Unit {
  std::string_view name;
  double seconds = 1;
};
constexpr std::array<Unit, 14> kUnits = {{{"s", 1},
                                          {"sec", 1},
                                          {"second", 1},
                                          {"seconds", 1},
                                          {"ms", 1e-3},
                                          {"msec", 1e-3},
                                          {"millisecond", 1e-3},
                                          {"milliseconds", 1e-3},
                                          {"us", 1e-6},
                                          {"usec", 1e-6},
                                          {"microsecond", 1e-6},
                                          {"microseconds", 1e-6},
                                          {"ns", 1e-9},
                                          {"nanoseconds", 1e-9}}};

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\"";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

/// "Time (msec)" and "time_msec" → {"time", "msec"}; "µs" becomes "us".
std::vector<std::string> words_of(std::string_view heading) {
  std::vector<std::string> words(1);
  for (std::size_t at = 0; at < heading.size(); ++at) {
    const auto letter = static_cast<unsigned char>(heading[at]);
    const bool is_micro =
        heading.substr(at, 2) == "\xC2\xB5" || heading.substr(at, 2) == "\xCE\xBC";
    if (is_micro) {
      words.back() += 'u';
      ++at;
    } else if (std::isalnum(letter) != 0) {
      words.back() += static_cast<char>(std::tolower(letter));
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::optional<double> seconds_of(const std::string& unit) {
  const auto* const found = std::find_if(kUnits.begin(), kUnits.end(),
                                         [&](const Unit& each) { return each.name == unit; });
  return found == kUnits.end() ? std::nullopt : std::optional(found->seconds);
}

struct Time {
  double seconds_per_unit = 1;
  bool assumed = false;
};

/// Of a heading such as "seconds", "time_us", "Latency [ms]" or "latency"; nothing for others.
std::optional<Time> time_of(std::string_view heading) {
  const std::vector<std::string> words = words_of(heading);
  if (words.empty()) return std::nullopt;
  const bool is_time = std::find(kTimes.begin(), kTimes.end(), words.front()) != kTimes.end();
  if (words.size() == 1) {
    // Tables of aiconfigurator, which many copy, state latencies in milliseconds without a word.
    if (words[0] == "latency") return Time{1e-3, true};
    const auto unit = seconds_of(words[0]);
    return unit && words[0].size() > 1 ? std::optional(Time{*unit}) : std::nullopt;
  }
  const auto unit = seconds_of(words.back());
  return is_time && unit ? std::optional(Time{*unit}) : std::nullopt;
}

char separator_of(std::string_view heading) {
  char best = ',';
  for (const char each : {';', '\t'}) {
    if (std::count(heading.begin(), heading.end(), each) >
        std::count(heading.begin(), heading.end(), best)) {
      best = each;
    }
  }
  return best;
}

/// Reads a heading and names it where it is refused.
class Heading {
 public:
  Heading(std::string_view heading, const std::string& file, std::size_t line)
      : file_(file), line_(line), separator_(separator_of(heading)) {
    split_row(heading, separator_, names_);
  }

  [[nodiscard]] GemmColumns columns() const {
    GemmColumns columns;
    columns.separator = separator_;
    for (std::size_t i = 0; i < kExtents.size(); ++i) {
      columns.places[i] = extent_place(kExtents[i]);
    }
    columns.places[3] = time_place();
    for (std::size_t i = 0; i < columns.places.size(); ++i) {
      columns.names[i] = names_[columns.places[i]];
    }
    const Time time = *time_of(columns.names[3]);
    columns.seconds_per_unit = time.seconds_per_unit;
    columns.unit_is_assumed = time.assumed;
    return columns;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ExitCode::invalid_input, fmt::format("{}: line {} {}", file_, line_, why));
  }

  [[nodiscard]] std::size_t extent_place(std::string_view extent) const {
    const auto place = only([&](std::string_view name) {
      const std::vector<std::string> words = words_of(name);
      return words.size() == 1 && words[0] == extent;
    });
    if (!place) {
      refuse(
          fmt::format("names no column \"{}\"; a table of matrix products has the columns m, n, "
                      "k and seconds",
                      extent));
    }
    return *place;
  }

  [[nodiscard]] std::size_t time_place() const {
    if (const auto place = only([](std::string_view name) { return time_of(name).has_value(); })) {
      return *place;
    }
    const auto without_unit = only([](std::string_view name) {
      const std::vector<std::string> words = words_of(name);
      return !words.empty() && std::find(kTimes.begin(), kTimes.end(), words[0]) != kTimes.end();
    });
    if (without_unit) {
      refuse(
          fmt::format("names the column \"{}\" without its unit: call it seconds, time_ms, "
                      "time_us or time_ns",
                      fit_text::echoed(names_[*without_unit])));
    }
    refuse(
        "names no column \"seconds\"; a table of matrix products has the columns m, n, k and "
        "seconds, or a time with its unit, such as time_us");
  }

  /// The place of the only name that is so; nothing where none is.
  template <class Is>
  [[nodiscard]] std::optional<std::size_t> only(Is is) const {
    const auto found = std::find_if(names_.begin(), names_.end(), is);
    if (found == names_.end()) return std::nullopt;
    const auto second = std::find_if(found + 1, names_.end(), is);
    if (second != names_.end()) {
      refuse(*found == *second
                 ? fmt::format("names the column \"{}\" twice", fit_text::echoed(*found))
                 : fmt::format("names the columns \"{}\" and \"{}\", which may be the same",
                               fit_text::echoed(*found), fit_text::echoed(*second)));
    }
    return static_cast<std::size_t>(found - names_.begin());
  }

  const std::string& file_;
  std::size_t line_ = 0;
  char separator_ = ',';
  std::vector<std::string_view> names_;
};

}  // namespace

void split_row(std::string_view line, char separator, std::vector<std::string_view>& fields) {
  fields.clear();
  while (true) {
    const std::size_t end = line.find(separator);
    fields.push_back(trimmed(line.substr(0, end)));
    if (end == std::string_view::npos) return;
    line.remove_prefix(end + 1);
  }
}

GemmColumns gemm_columns_of(std::string_view heading, const std::string& file, std::size_t line) {
  if (heading.starts_with("\xEF\xBB\xBF")) heading.remove_prefix(3);  // a byte order mark
  return Heading(heading, file, line).columns();
}

}  // namespace derate
