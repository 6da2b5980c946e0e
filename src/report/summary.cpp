// SPDX-License-Identifier: Apache-2.0
// What stands in each line: a class of a kind of device, of several devices the range over them,
// the loss, the verdict.
#include "report/summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "attribution/waterfall_report.h"
#include "base/bar.h"
#include "base/fit_text.h"
#include "base/safe_text.h"
#include "base/units.h"
#include "report/device_kinds.h"
#include "report/device_verdict.h"
#include "report/summary_screen.h"

namespace derate {
namespace {

// The rule of thumb says that 15 to 25 % are lost.
constexpr double kBandLow = 0.75;
constexpr double kBandHigh = 0.85;

/// 16 cells for the whole peak, in eighths, with the rule's band behind its end.
std::string bar_with_rule(double share) {
  std::string text = derate::bar(share, kBarCells);
  for (std::size_t i = fit_text::width(text); i < kBarCells; ++i) {
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
          safe_text::for_terminal(each.what),
          format_rate(row.achieved.value, bound_of(row), row.precision),
          share_text(share),
          std::isnan(share.value) ? "" : bar_with_rule(share.value),
          usual_text(each)};
}

/// From the slowest device to the fastest.
ClassLine range_of(const ClassOfKind& of_kind, bool at_measured) {
  const DeviceClass& slowest = *of_kind.each[of_kind.slowest()];
  const Row& low = *slowest.row;
  const Row& high = *of_kind.each[of_kind.fastest()]->row;
  ClassLine line = line_of(slowest, at_measured);
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
std::string headline(const DeviceKind& kind, std::size_t width) {
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

/// Of the stable matrix products of all devices the one that reaches least of 2·N·C; null for none.
const DeviceClass* least_product(const DeviceKind& kind) {
  const DeviceClass* least = nullptr;
  for (const std::vector<DeviceClass>& classes : kind.classes) {
    for (const DeviceClass& each : classes) {
      const Row& row = *each.row;
      if (row.workload != "gemm" || row.outcome != Outcome::passed || std::isnan(row.eta.value)) {
        continue;
      }
      if (least == nullptr || row.eta.value < least->row->eta.value) least = &each;
    }
  }
  return least;
}

/// "lost in f32 gemm tiled: issue 9 %, memory 4 %, clock 2 %", of the largest
/// product by the row's code that was taken apart; empty where none was.
std::string loss_in(const Row& row, std::span<const Waterfall> waterfalls) {
  const auto same = [&](const Record& record) {
    return record.device_id == row.context->device_id && record.workload == row.workload &&
           record.variant == row.variant && record.precision == row.precision;
  };
  constexpr std::size_t kMost = 3;
  const Record* largest = nullptr;
  std::string losses;
  const auto take = [&](const Record& record, std::span<const WaterfallStep> steps) {
    if (!same(record) || (largest != nullptr && record.flops <= largest->flops)) return;
    largest = &record;
    losses = largest_losses(steps, kMost);
  };
  for (const Waterfall& waterfall : waterfalls) {
    take(waterfall.whole, waterfall.steps);
    for (const LibraryLoss& library : waterfall.libraries) take(library.record, library.steps);
  }
  if (losses.empty()) return {};
  return fmt::format("lost in {} {} {}: {}", row.precision, row.workload, row.variant, losses);
}

/// Of the last of the shown products that were taken apart: those on tensor units come after
/// others.
std::string attributed_loss(const DeviceKind& kind, std::span<const Waterfall> waterfalls) {
  std::string text;
  for (const std::vector<DeviceClass>& classes : kind.classes) {
    for (const DeviceClass& each : classes) {
      const std::string losses = loss_in(*each.row, waterfalls);
      if (!losses.empty()) text = losses;
    }
  }
  return safe_text::for_terminal(text);
}

/// Where that product lost the rest, and on which of several devices.
std::string loss(const DeviceKind& kind) {
  const DeviceClass* const chosen = least_product(kind);
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
  std::string text = fmt::format(
      "lost in {} {}{}: {}", chosen->name, chosen->what,
      kind.devices.size() > 1 ? fmt::format(" on GPU {}", row.context->device_index) : "",
      fmt::join(parts, ", "));
  if (clock <= -0.005) {
    text += fmt::format(" of 2·N·C; the clock gave {:.0f} % more", -100 * clock);
  }
  return safe_text::for_terminal(text);
}

bool at_measured_clock(const DeviceKind& kind) {
  return std::any_of(kind.devices.begin(), kind.devices.end(), shown_at_measured_clock);
}

/// "slowest: f32 gemm GPU 1, bf16 gemm GPU 3", of classes where the intervals of slowest and
/// fastest are apart.
std::string slowest_devices(const DeviceKind& kind, const std::vector<ClassOfKind>& classes) {
  std::vector<std::string> parts;
  for (const ClassOfKind& of_kind : classes) {
    const Interval& low = of_kind.each[of_kind.slowest()]->row->achieved.interval;
    const Interval& high = of_kind.each[of_kind.fastest()]->row->achieved.interval;
    if (!(low.high < high.low)) continue;
    const DeviceRows device = kind.devices[of_kind.device[of_kind.slowest()]];
    parts.push_back(fmt::format("{} {} GPU {}", of_kind.each.front()->name,
                                of_kind.each.front()->what, device.front().context->device_index));
  }
  if (parts.empty()) return {};
  return safe_text::for_terminal(fmt::format("slowest: {}", fmt::join(parts, ", ")));
}

/// The worst of a kind's devices decides, and is named.
void add_verdict(SummaryScreen& screen, const DeviceKind& kind) {
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

/// Whether the environment chose a library's kernels, which may be slow ones.
bool forces_kernels(const DeviceKind& kind) {
  return std::any_of(kind.devices.begin(), kind.devices.end(), [](const auto& rows) {
    return std::any_of(rows.begin(), rows.end(), [](const Row& row) {
      return row.library.find("(forced by OPENBLAS_CORETYPE)") != std::string::npos;
    });
  });
}

void add_kind(SummaryScreen& screen, const DeviceKind& kind, bool in_full,
              std::span<const Waterfall> waterfalls) {
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
    std::string lost = attributed_loss(kind, waterfalls);
    if (lost.empty()) lost = loss(kind);
    if (!lost.empty()) screen.add_filled(lost);
    if (forces_kernels(kind)) {
      screen.add_filled(
          "OPENBLAS_CORETYPE forces OpenBLAS's kernels: unset it to see its own choice");
    }
  }
  add_verdict(screen, kind);
}

}  // namespace

std::string summary(std::span<const Row> rows, const References& references,
                    const SummaryOptions& options) {
  SummaryScreen screen(options.width, options.colours);
  const std::vector<DeviceKind> kinds = device_kinds(rows, references);
  for (const DeviceKind& kind : kinds) {
    add_kind(screen, kind, kinds.size() == 1, options.waterfalls);
  }
  if (kinds.empty()) screen.add("no measurements");
  const auto add = [&](const std::string& text) { screen.add(safe_text::for_terminal(text)); };
  if (!options.page.empty()) add("page   " + options.page);
  if (!options.table.empty()) add("table  " + options.table);
  return screen.text();
}

}  // namespace derate
