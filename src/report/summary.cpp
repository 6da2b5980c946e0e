// SPDX-License-Identifier: Apache-2.0
// Lays out the classes of each kind of device in columns, which are left out from the right as the
// terminal gets narrower; of several devices of one kind the range over them.
#include "report/summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fit_text.h"
#include "base/safe_text.h"
#include "base/units.h"
#include "report/device_classes.h"
#include "report/device_verdict.h"

namespace derate {
namespace {

constexpr std::size_t kMostLines = 24;
constexpr std::size_t kBarCells = 16;
// The rule of thumb says that 15 to 25 % are lost.
constexpr double kBandLow = 0.75;
constexpr double kBandHigh = 0.85;

using DeviceRows = std::span<const Row>;

/// Devices of one name, with their classes.
struct Kind {
  std::vector<DeviceRows> devices;
  std::vector<std::vector<DeviceClass>> classes;
};

std::vector<Kind> kinds_of(std::span<const Row> rows, const References& references) {
  std::vector<Kind> kinds;
  while (!rows.empty()) {
    const auto end = std::find_if(rows.begin(), rows.end(), [&](const Row& row) {
      return row.context != rows.front().context;
    });
    const DeviceRows device = rows.first(static_cast<std::size_t>(end - rows.begin()));
    rows = rows.subspan(device.size());
    const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& kind) {
      return kind.devices.front().front().context->device_name ==
             device.front().context->device_name;
    });
    Kind& kind = same == kinds.end() ? kinds.emplace_back() : *same;
    kind.devices.push_back(device);
    kind.classes.push_back(device_classes(device, references));
  }
  return kinds;
}

/// 16 cells for the whole peak, in eighths, with the rule's band behind its end.
std::string bar(double share) {
  static constexpr std::string_view kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const double cells = std::clamp(share, 0.0, 1.0) * kBarCells;
  const auto eighths = static_cast<std::size_t>(std::lround(cells * 8));
  std::string text;
  for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[eighths % 8];
  for (std::size_t i = (eighths + 7) / 8; i < kBarCells; ++i) {
    const double middle = (static_cast<double>(i) + 0.5) / kBarCells;
    text += middle > kBandLow && middle < kBandHigh ? "░" : " ";
  }
  return text;
}

/// "61-80 %"; of one collection "77 %, one".
std::string usual_text(const DeviceClass& each) {
  const auto text = [](const Usual& usual) {
    if (!usual.is_range()) return fmt::format("{:.0f} %, one", 100 * usual.low);
    return fmt::format("{:.0f}-{:.0f} %", 100 * usual.low, 100 * usual.high);
  };
  if (each.row->outcome == Outcome::unstable) return "unstable";
  if (each.usual) return text(*each.usual);
  if (std::isnan(each.row->eta.value)) return "";
  return "–";
}

/// One class as it is shown.
struct ClassLine {
  std::string name;
  std::string what;
  std::string delivers;
  std::string share;
  std::string bar;
  std::string usual;
};

const Estimate& share_of(const Row& row, bool at_measured) {
  return at_measured && !std::isnan(row.eta_measured.value) ? row.eta_measured : row.eta;
}

std::string share_text(const Estimate& share) {
  if (std::isnan(share.value)) return {};
  if (!(share.interval.confidence > 0)) return fmt::format("{:.1f}       %", 100 * share.value);
  const double half = (share.interval.high - share.interval.low) / 2;
  return fmt::format("{:.1f} ±{:3.1f} %", 100 * share.value, 100 * half);
}

ClassLine line_of(const DeviceClass& each, bool at_measured) {
  const Row& row = *each.row;
  const Estimate& share = share_of(row, at_measured);
  return {each.name,
          each.what,
          format_rate(row.achieved.value, bound_of(row), row.precision),
          share_text(share),
          std::isnan(share.value) ? "" : bar(share.value),
          usual_text(each)};
}

/// The same class on several devices of a kind.
struct ClassOfKind {
  std::vector<const DeviceClass*> each;
  std::vector<std::size_t> device;  ///< position of each among the kind's devices
};

std::vector<ClassOfKind> classes_of(const Kind& kind) {
  std::vector<ClassOfKind> found;
  for (std::size_t device = 0; device < kind.devices.size(); ++device) {
    for (const DeviceClass& each : kind.classes[device]) {
      auto same = std::find_if(found.begin(), found.end(), [&](const ClassOfKind& other) {
        return other.each.front()->name == each.name && other.each.front()->what == each.what;
      });
      if (same == found.end()) same = found.insert(found.end(), ClassOfKind{});
      same->each.push_back(&each);
      same->device.push_back(device);
    }
  }
  return found;
}

/// Position in `of_kind` of the slowest device.
std::size_t slowest(const ClassOfKind& of_kind) {
  const auto least = std::min_element(of_kind.each.begin(), of_kind.each.end(),
                                      [](const DeviceClass* a, const DeviceClass* b) {
                                        return a->row->achieved.value < b->row->achieved.value;
                                      });
  return static_cast<std::size_t>(least - of_kind.each.begin());
}

/// From the slowest device to the fastest.
ClassLine range_of(const ClassOfKind& of_kind, bool at_measured) {
  const Row& low = *of_kind.each[slowest(of_kind)]->row;
  const Row& high = *(*std::max_element(of_kind.each.begin(), of_kind.each.end(),
                                        [](const DeviceClass* a, const DeviceClass* b) {
                                          return a->row->achieved.value < b->row->achieved.value;
                                        }))
                         ->row;
  ClassLine line = line_of(*of_kind.each[slowest(of_kind)], at_measured);
  const double from = share_of(low, at_measured).value;
  const double to = share_of(high, at_measured).value;
  line.delivers = "from " + line.delivers;
  if (!std::isnan(from)) line.share = fmt::format("{:.1f}-{:.1f} %", 100 * from, 100 * to);
  return line;
}

/// A date as people read it: "2026-11-29 12:24 UTC".
std::string minute_of(std::string_view time_utc) {
  if (time_utc.size() < 16) return {};
  return fmt::format("{} {} UTC", time_utc.substr(0, 10), time_utc.substr(11, 5));
}

/// What fits of: devices, architecture, driver, time, rounds. The time stays, and most of the name.
std::string headline(const Kind& kind, std::size_t width) {
  const Context& context = *kind.devices.front().front().context;
  std::int64_t rounds = 0;
  for (const DeviceRows device : kind.devices) {
    for (const Row& row : device) rounds = std::max(rounds, row.rounds);
  }
  const std::string count =
      kind.devices.size() > 1 ? fmt::format("{} x ", kind.devices.size()) : "";
  const std::string name = safe_text::for_terminal(context.device_name);
  const std::string time = "  " + minute_of(context.time_utc);
  const std::string architecture =
      context.device_architecture.empty() ? "" : fmt::format(" ({})", context.device_architecture);
  const std::string driver = fmt::format("  {} {}", context.backend == "host" ? "kernel" : "driver",
                                         safe_text::for_terminal(context.driver_version));
  const std::string of_rounds = fmt::format("  {} round{}", rounds, rounds == 1 ? "" : "s");
  for (const std::string& text :
       {fmt::format("{}{}{}{}{}{}", count, name, architecture, driver, time, of_rounds),
        fmt::format("{}{}{}{}", count, name, driver, time),
        fmt::format("{}{}{}{}", count, name, time, of_rounds),
        fmt::format("{}{}{}", count, name, time)}) {
    if (fit_text::width(text) <= width) return text;
  }
  const std::size_t rest = fit_text::width(count + time);
  return count + fit_text::shortened(name, width > rest + 8 ? width - rest : 8) + time;
}

/// Where the best matrix product of the narrowest floating-point format lost its share of 2·N·C.
std::string loss(std::span<const DeviceClass> classes) {
  const DeviceClass* chosen = nullptr;
  for (const DeviceClass& each : classes) {
    const bool is_product = each.row->workload == "gemm" && !std::isnan(each.row->eta.value);
    if (is_product && each.row->outcome == Outcome::passed) {
      if (chosen == nullptr || each.row->eta.value < chosen->row->eta.value) chosen = &each;
    }
  }
  if (chosen == nullptr || std::isnan(chosen->row->clock_ratio)) return {};
  const Row& row = *chosen->row;
  const double others = std::isnan(row.others_share) ? 0 : std::clamp(row.others_share, 0.0, 1.0);
  std::vector<std::string> parts;
  const double clock = 1 - row.clock_ratio;
  if (clock >= 0.005) {
    std::string why = fmt::format("clock {:.0f} %", 100 * clock);
    if (row.throttled_share > 0) why += fmt::format(" ({})", fmt::join(row.throttle_reasons, ", "));
    parts.push_back(std::move(why));
  }
  if (others >= 0.005) {
    parts.push_back(fmt::format("other programs {:.0f} %", 100 * others * row.clock_ratio));
  }
  const double code = row.clock_ratio * (1 - others) - row.eta.value;
  if (code >= 0.005) parts.push_back(fmt::format("the code {:.0f} %", 100 * code));
  if (parts.empty()) return {};
  std::string text =
      fmt::format("lost in {} {}: {}", chosen->name, chosen->what, fmt::join(parts, ", "));
  if (clock <= -0.005) {
    text += fmt::format(" of 2·N·C; the clock gave {:.0f} % more", -100 * clock);
  }
  return text;
}

class Screen {
 public:
  explicit Screen(const SummaryOptions& options) : options_(options) {}

  [[nodiscard]] std::size_t width() const { return options_.width; }

  /// One line, cut in the middle where it is too long.
  void add(std::string_view text) {
    std::string line = fit_text::shortened(safe_text::for_terminal(text), options_.width);
    line.erase(line.find_last_not_of(' ') + 1);
    lines_.push_back(std::move(line));
  }

  /// "healthy: ..." over at most three lines, with the word in its colour.
  void add(const DeviceVerdict& verdict, std::string_view whose) {
    const std::string word = fmt::format("{}{}", whose, to_string(verdict.state));
    const std::string text =
        safe_text::for_terminal(fmt::format("{}: {}", word, fmt::join(verdict.reasons, "; ")));
    std::vector<std::string> lines =
        fit_text::wrapped(text, std::max<std::size_t>(options_.width, 8));
    constexpr std::size_t kMost = 3;
    if (lines.size() > kMost) {
      lines.resize(kMost);
      lines.back() = fit_text::cut(lines.back() + " ...", options_.width);
    }
    if (options_.colours && lines.front().starts_with(word)) {
      lines.front() = colour(verdict.state) + word + "\x1b[0m" + lines.front().substr(word.size());
    }
    lines_.insert(lines_.end(), lines.begin(), lines.end());
  }

  /// Columns, of which those that have no room are left out: the bar first, then what is usual.
  void add(const std::vector<ClassLine>& lines, std::string_view share_heading) {
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
    const bool has_bar = basic + kBarCells + 2 + usual <= options_.width;
    const bool has_usual = basic + usual <= options_.width;
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

  /// At most 24 lines; the last of them stay.
  [[nodiscard]] std::string text(std::size_t kept_at_end) const {
    std::string all;
    const std::size_t most = std::min(lines_.size(), kMostLines);
    const std::size_t from_front = lines_.size() > kMostLines ? most - kept_at_end : most;
    for (std::size_t i = 0; i < from_front; ++i) all += lines_[i] + "\n";
    for (std::size_t i = lines_.size() - (most - from_front); i < lines_.size(); ++i) {
      all += lines_[i] + "\n";
    }
    return all;
  }

 private:
  [[nodiscard]] static std::string colour(DeviceState state) {
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
  [[nodiscard]] static std::string left(const std::string& text, std::size_t width) {
    return text + std::string(width - std::min(width, fit_text::width(text)), ' ');
  }
  [[nodiscard]] static std::string right(const std::string& text, std::size_t width) {
    return std::string(width - std::min(width, fit_text::width(text)), ' ') + text;
  }

  const SummaryOptions& options_;
  std::vector<std::string> lines_;
};

bool at_measured_clock(const Kind& kind) {
  return std::any_of(kind.devices.begin(), kind.devices.end(), shown_at_measured_clock);
}

/// "slowest: f32 gemm GPU 1, bf16 gemm GPU 3", of classes whose devices differ.
std::string slowest_devices(const Kind& kind, const std::vector<ClassOfKind>& classes) {
  std::vector<std::string> parts;
  for (const ClassOfKind& of_kind : classes) {
    if (of_kind.each.size() < 2) continue;
    const DeviceRows device = kind.devices[of_kind.device[slowest(of_kind)]];
    parts.push_back(fmt::format("{} {} GPU {}", of_kind.each.front()->name,
                                of_kind.each.front()->what, device.front().context->device_index));
  }
  return parts.empty() ? "" : fmt::format("slowest: {}", fmt::join(parts, ", "));
}

/// The worst of a kind's devices decides, and is named.
void add_verdict(Screen& screen, const Kind& kind) {
  constexpr DeviceState kWorstFirst[] = {DeviceState::slow, DeviceState::disturbed,
                                         DeviceState::not_known, DeviceState::healthy};
  for (const DeviceState state : kWorstFirst) {
    for (std::size_t i = 0; i < kind.devices.size(); ++i) {
      const DeviceVerdict verdict = verdict_of(kind.devices[i], kind.classes[i]);
      if (verdict.state != state) continue;
      const std::int64_t index = kind.devices[i].front().context->device_index;
      screen.add(verdict, kind.devices.size() > 1 ? fmt::format("GPU {} ", index) : "");
      return;
    }
  }
}

void add_kind(Screen& screen, const Kind& kind, bool in_full) {
  screen.add(headline(kind, screen.width()));
  if (in_full && !kind.classes.front().empty()) {
    const bool at_measured = at_measured_clock(kind);
    const std::vector<ClassOfKind> classes = classes_of(kind);
    std::vector<ClassLine> lines;
    for (const ClassOfKind& of_kind : classes) {
      lines.push_back(kind.devices.size() == 1 ? line_of(*of_kind.each.front(), at_measured)
                                               : range_of(of_kind, at_measured));
    }
    screen.add("");
    screen.add(lines, at_measured ? "at the clock" : "of 2·N·C");
    screen.add(at_measured
                   ? "share of 2·N·C at the measured clock; ░ 15-25 % lost, the rule of thumb"
                   : "░ 15-25 % lost, the rule of thumb");
    if (const std::string text = slowest_devices(kind, classes); !text.empty()) screen.add(text);
    if (const std::string text = loss(kind.classes.front()); !text.empty()) screen.add(text);
  }
  add_verdict(screen, kind);
}

}  // namespace

std::string summary(std::span<const Row> rows, const References& references,
                    const SummaryOptions& options) {
  Screen screen(options);
  const std::vector<Kind> kinds = kinds_of(rows, references);
  for (const Kind& kind : kinds) add_kind(screen, kind, kinds.size() == 1);
  if (kinds.empty()) screen.add("no measurements");
  if (!options.page.empty()) screen.add("page   " + options.page);
  if (!options.table.empty()) screen.add("table  " + options.table);
  return screen.text(2);
}

}  // namespace derate
