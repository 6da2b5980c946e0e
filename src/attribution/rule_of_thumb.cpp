// SPDX-License-Identifier: Apache-2.0
// The rule of thumb says that 15 to 25 % of 2·N·C are overhead: how much of it is what, on this
// device, by the size of the product.
#include <fmt/format.h>

#include <array>
#include <cmath>

#include "attribution/waterfall_report.h"
#include "base/line_width.h"
#include "base/table.h"
#include "base/units.h"

namespace derate {
namespace {

/// Points of 2·N·C lost by what a reader of the rule would name.
struct LossOfSize {
  const Waterfall* waterfall;
  double clock = 0;
  double waiting = 0;  ///< for a core
  double issue = 0;
  double memory = 0;  ///< caches, shared memory and memory
  double tail = 0;
  double launch = 0;
  double unexplained = 0;
  double bus = kUnknown;  ///< of what is left, with operands in pinned memory of the host
};

LossOfSize loss_of(const Waterfall& waterfall) {
  LossOfSize loss{&waterfall};
  for (const WaterfallStep& step : waterfall.steps) {
    const std::string& name = step.factor.name;
    double& to = name == "clock"                           ? loss.clock
                 : name == "waiting for a core"            ? loss.waiting
                 : name == "tail"                          ? loss.tail
                 : name == "launch"                        ? loss.launch
                 : name == "unexplained"                   ? loss.unexplained
                 : name.find("issue") != std::string::npos ? loss.issue
                                                           : loss.memory;
    to += step.lost;
  }
  for (const LossFactor& factor : waterfall.beside) {
    if (factor.name == "host memory, pinned") {
      loss.bus = waterfall.eta.value * (1 - factor.value.value);
    }
  }
  return loss;
}

template <double LossOfSize::*kMember>
Value points(const LossOfSize& loss) {
  return loss.*kMember;
}
template <double LossOfSize::*kMember>
std::string points_text(const LossOfSize& loss) {
  return std::isnan(loss.*kMember) ? "–" : fmt::format("{:.1f} %", 100 * (loss.*kMember));
}

using LossColumn = Column<LossOfSize>;

const std::array kLossColumns = {
    LossColumn{"variant", "kernel", "whose code",
               [](const LossOfSize& loss) -> Value { return loss.waterfall->whole.variant; }},
    LossColumn{"precision", "type", "format of the operands",
               [](const LossOfSize& loss) -> Value { return loss.waterfall->whole.precision; }},
    LossColumn{"problem", "product", "m x n x k",
               [](const LossOfSize& loss) -> Value { return loss.waterfall->whole.problem; },
               [](const LossOfSize& loss) { return extents_text(loss.waterfall->whole); }},
    LossColumn{
        "delivered", "delivered", "FLOP/s",
        [](const LossOfSize& loss) -> Value { return loss.waterfall->delivered.value; },
        [](const LossOfSize& loss) { return format_flops(loss.waterfall->delivered.value); }},
    LossColumn{"overhead", "overhead", "1 - delivered ÷ 2·N·C; negative where the clock gains more",
               [](const LossOfSize& loss) -> Value { return 1 - loss.waterfall->eta.value; },
               [](const LossOfSize& loss) {
                 return fmt::format("{:.1f} %", 100 * (1 - loss.waterfall->eta.value));
               }},
    LossColumn{"clock", "clock", "share of 2·N·C", points<&LossOfSize::clock>,
               points_text<&LossOfSize::clock>},
    LossColumn{"waiting", "waiting", "share of 2·N·C", points<&LossOfSize::waiting>,
               points_text<&LossOfSize::waiting>},
    LossColumn{"issue", "issue", "share of 2·N·C", points<&LossOfSize::issue>,
               points_text<&LossOfSize::issue>},
    LossColumn{"memory", "memory", "share of 2·N·C: caches, shared and global memory",
               points<&LossOfSize::memory>, points_text<&LossOfSize::memory>},
    LossColumn{"tail", "tail", "share of 2·N·C", points<&LossOfSize::tail>,
               points_text<&LossOfSize::tail>},
    LossColumn{"launch", "launch", "share of 2·N·C", points<&LossOfSize::launch>,
               points_text<&LossOfSize::launch>},
    LossColumn{"unexplained", "unexpl.", "share of 2·N·C", points<&LossOfSize::unexplained>,
               points_text<&LossOfSize::unexplained>},
    LossColumn{"bus", "bus", "share of 2·N·C more, with operands from the host's pinned memory",
               points<&LossOfSize::bus>, points_text<&LossOfSize::bus>}};

/// The overhead without what a clock above the specified one gained.
double overhead_at_clock(const LossOfSize& loss) {
  const double clock = 1 - loss.clock;
  return 1 - loss.waterfall->eta.value / clock;
}

std::string sentence_of(std::span<const LossOfSize> losses) {
  std::vector<std::string> parts;
  for (const LossOfSize& loss : losses) {
    const double overhead = overhead_at_clock(loss);
    const char* const where = overhead < 0.15 ? "below" : overhead > 0.25 ? "above" : "within";
    parts.push_back(
        fmt::format("{} {:.0f} % ({})", title_of(loss.waterfall->whole), 100 * overhead, where));
  }
  std::string text =
      "At the clock that was measured the overhead is, against the rule's 15 to 25 %: ";
  for (std::size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? "; " : "") + parts[i];
  return text + ".";
}

}  // namespace

void write_rule_of_thumb(std::ostream& out, std::span<const Waterfall> waterfalls, Format format) {
  std::vector<LossOfSize> losses;
  for (const Waterfall& waterfall : waterfalls) losses.push_back(loss_of(waterfall));
  if (format == Format::table && !losses.empty()) {
    const Record& record = losses.front().waterfall->whole;
    write_sentence(out, fmt::format("{} on {}: lost, in points of 2·N·C", record.workload,
                                    record.device_name));
    out << '\n';
  }
  constexpr std::string_view kLeastFirst[] = {"unexplained", "waiting", "delivered",
                                              "bus",         "variant", "precision"};
  write<LossOfSize>(out, kLossColumns, losses, format, {kLeastFirst, 12});
  if (format == Format::csv || format == Format::json || losses.empty()) return;
  out << '\n';
  write_sentence(out, sentence_of(losses), format);
  for (const Waterfall& waterfall : waterfalls) {
    for (const std::string& note : waterfall.notes) {
      write_sentence(out, fmt::format("note: {}: {}", title_of(waterfall.whole), note), format);
    }
  }
}

}  // namespace derate
