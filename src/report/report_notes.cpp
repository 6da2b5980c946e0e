// SPDX-License-Identifier: Apache-2.0
// Clocks, sources of N, software, other load and cross-check of a device, then outcomes and
// throttling of its rows, as sentences; each only where it applies.
#include "report/report_notes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/units.h"
#include "record/clock_cross_check.h"
#include "report/instruction_families.h"

namespace derate::report_notes {
namespace {

double median_clock_hz(std::span<const Row> rows) {
  std::vector<double> clocks;
  for (const Row& row : rows) {
    if (row.clock_hz > 0) clocks.push_back(row.clock_hz);
  }
  return median(clocks);
}

/// Appends what is not yet there.
void add_once(const std::string& text, std::vector<std::string>& texts) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

std::string with_source(double clock_hz, const std::string& source) {
  return format_frequency(clock_hz) + (source.empty() ? "" : " (" + source + ")");
}

/// Data sheets of some GPUs state their tensor figures at a clock of their own.
std::string clock_line(std::span<const Row> device) {
  const Context& context = *device.front().context;
  std::vector<std::string> specified;
  for (const Row& row : device) {
    if (bound_of(row) != Bound::compute || std::isnan(context.clock_specified_hz)) continue;
    add_once(with_source(row.clock_reference_hz, row.clock_specified_source), specified);
  }
  if (specified.empty()) {
    specified = {with_source(context.clock_specified_hz, context.clock_specified_source)};
  }
  std::string line =
      fmt::format("C: measured {}; specified {}", format_frequency(median_clock_hz(device)),
                  fmt::join(specified, ", "));
  if (!std::isnan(context.clock_maximum_hz)) {
    line += "; maximum " + with_source(context.clock_maximum_hz, context.clock_maximum_source);
  }
  return line;
}

/// Where N comes from: "132 SMs (driver) x 128 f32 FMA per clock (a guide)", with the rates of one
/// guide on one line.
std::vector<std::string> sources_of_n(std::span<const Row> device) {
  constexpr std::string_view kBefore = " x ";
  constexpr std::string_view kBehind = " FMA per clock";
  struct Group {
    std::string head;
    std::string tail;
    std::vector<std::string> rates;
  };
  std::vector<Group> groups;
  for (const Row& row : device) {
    const std::string& source = row.peak_source;
    const std::size_t before = source.find(kBefore);
    const std::size_t behind = source.find(kBehind);
    if (bound_of(row) != Bound::compute || source.empty()) continue;
    const bool usual = before < behind && behind != std::string::npos;
    const std::string head = usual ? source.substr(0, before + kBefore.size()) : source;
    const std::string tail = usual ? source.substr(behind) : "";
    auto group = std::find_if(groups.begin(), groups.end(), [&](const Group& candidate) {
      return candidate.head == head && candidate.tail == tail;
    });
    if (group == groups.end()) group = groups.insert(group, {head, tail, {}});
    if (usual) add_once(source.substr(head.size(), behind - head.size()), group->rates);
  }
  std::vector<std::string> lines;
  for (const Group& group : groups) {
    lines.push_back(fmt::format("{}{}{}", group.head, fmt::join(group.rates, ", "), group.tail));
  }
  return lines;
}

/// "of 2 of 21 rows", of those that `is` holds for; "" for none.
template <typename Is>
std::string of_how_many(std::span<const Row> rows, const Is& is) {
  const auto count = std::count_if(rows.begin(), rows.end(), is);
  return count == 0 ? "" : fmt::format("of {} of {} rows", count, rows.size());
}

/// What the driver says of memory, link and clocks while rows were measured, where it is not well.
void add_health(std::span<const Row> device, std::vector<std::string>& lines) {
  const auto add = [&](const auto& is, const std::string& sentence) {
    const std::string rows = of_how_many(device, is);
    if (!rows.empty()) lines.push_back(sentence + rows);
  };
  add([](const Row& row) { return row.ecc_uncorrected > 0; },
      "WARNING: ECC could not correct errors in the course ");
  add([](const Row& row) { return row.ecc_corrected > 0; }, "ECC corrected errors in the course ");
  double memory_clock_ratio = kUnknown;
  for (const Row& row : device) {
    memory_clock_ratio = std::fmin(memory_clock_ratio, row.memory_clock_ratio);
  }
  constexpr double kFullClock = 0.98;
  add([](const Row& row) { return row.memory_clock_ratio < kFullClock; },
      fmt::format("WARNING: the memory's clock was as low as {} of its maximum under the load ",
                  format_percent(memory_clock_ratio, 0)));
  const auto is_slow = [](const Row& row) {
    const bool known = !row.pcie_link.empty() && !row.pcie_link_maximum.empty();
    return known && row.pcie_link != row.pcie_link_maximum;
  };
  const auto slow = std::find_if(device.begin(), device.end(), is_slow);
  if (slow != device.end()) {
    add(is_slow, fmt::format("WARNING: PCIe ran at generation {} of {} under the load ",
                             slow->pcie_link, slow->pcie_link_maximum));
  }
  add([](const Row& row) { return row.clock_setting > 0; },
      "clocks that somebody set, not the load, limited the clock ");
}

/// For how long the driver counts the clock as held down; "" where it counts nothing.
std::string throttled_time(std::span<const Row> rows) {
  std::vector<std::string> parts;
  const auto add = [&](double Row::*member, std::string_view why) {
    double sum_s = 0;
    for (const Row& row : rows) sum_s += std::isnan(row.*member) ? 0 : row.*member;
    if (sum_s > 0) parts.push_back(fmt::format("{} for {}", format_time(sum_s), why));
  };
  add(&Row::throttled_power_s, "power");
  add(&Row::throttled_thermal_s, "heat");
  add(&Row::throttled_other_s, "other limits");
  if (parts.empty()) return {};
  return fmt::format("the driver counts the clock as held down: {}", fmt::join(parts, ", "));
}

/// Rows in which reading the sensors changed the time by more than chance does.
std::string reading_effects(std::span<const Row> rows) {
  constexpr double kNegligible = 0.005;
  const auto is_plain = [](const Row& row) {
    const Estimate& effect = row.reading_effect;
    return std::abs(effect.value - 1) > kNegligible && !effect.interval.contains(1);
  };
  const std::string how_many = of_how_many(rows, is_plain);
  if (how_many.empty()) return {};
  const Row* most = nullptr;
  for (const Row& row : rows) {
    const auto size = [](const Row& r) { return std::abs(r.reading_effect.value - 1); };
    if (is_plain(row) && (most == nullptr || size(row) > size(*most))) most = &row;
  }
  return fmt::format(
      "sensor readings changed the time {}, at most to {} of that without ({}{} {} {} {})",
      how_many, format_percent(most->reading_effect), most->workload, conditions(*most),
      most->variant, most->precision, most->problem);
}

/// A library's fp8 products on GPUs whose tensor units keep few bits of a sum
/// (kernels/gemm/formats.h has the source); "" for none. To promote sums is work that the peak does
/// not count.
std::string fuller_sums(std::span<const Row> rows) {
  const std::string& architecture = rows.front().context->device_architecture;
  if (architecture != "sm_89" && architecture != "sm_90") return {};
  std::vector<std::string> variants;
  for (const Row& row : rows) {
    const bool is_fuller = row.algorithm.find("no fast accumulation") != std::string::npos;
    if (is_fuller && row.precision == "fp8") add_once(row.workload + " " + row.variant, variants);
  }
  if (variants.empty()) return {};
  return fmt::format(
      "fuller sums: {} fp8 promotes partial sums to f32 (no fast accumulation); the peak and "
      "mma_chain have the tensor units' own sums, which keep 13 binary places on this device",
      fmt::join(variants, ", "));
}

/// The other bandwidth of collectives: rows have the bus bandwidth, which links are compared by. Of
/// large messages; "" for none.
std::string algorithm_bandwidths(std::span<const Row> rows) {
  std::vector<std::string> each;
  for (const Row& row : rows) {
    const std::optional<Problem> problem = Problem::parse(row.problem);
    const bool is_large = row.provider == "nccl" && row.size_class == "large" &&
                          bound_of(row) == Bound::link_to_peer && row.achieved.value > 0;
    if (!is_large || !problem || !problem->find("bytes")) continue;
    const double share = static_cast<double>(problem->at("bytes")) / row.amount;
    add_once(fmt::format("{} {} {}", row.workload, row.variant,
                         format_rate(share * row.achieved.value, Bound::link_to_peer)),
             each);
  }
  if (each.empty()) return {};
  return fmt::format(
      "collectives achieve the bus bandwidth of nccl-tests; algorithm bandwidth, bytes "
      "÷ time, is {}",
      fmt::join(each, ", "));
}

/// Which GPUs NCCL has to connect by another way than a direct one; "" for none.
std::string indirect_paths(std::span<const Row> rows) {
  for (const Row& row : rows) {
    if (row.algorithm.find("without a direct path") == std::string::npos) continue;
    return fmt::format("{} and its like: {}", row.workload, row.algorithm);
  }
  return {};
}

}  // namespace

std::vector<std::string> of_device(std::span<const Row> device) {
  const Context& context = *device.front().context;
  std::vector<std::string> lines = {clock_line(device)};
  for (const std::string& source : sources_of_n(device)) lines.push_back("N: " + source);
  for (const Row& row : device) {
    if (bound_of(row) == Bound::compute || row.peak_source.empty()) continue;
    add_once((bound_of(row) == Bound::memory ? "B: " : "link: ") + row.peak_source, lines);
  }
  lines.push_back(fmt::format("driver {}, runtime {}; derate {} ({}, {})", context.driver_version,
                              context.runtime_version, context.tool_version, context.tool_commit,
                              context.build_type));
  std::vector<std::string> libraries;
  for (const Row& row : device) {
    if (!row.library.empty()) add_once(row.library, libraries);
  }
  for (const std::string& library : libraries) lines.back() += "; " + library;
  if (!context.device_remark.empty()) lines.push_back("note: " + context.device_remark);
  if (std::isnan(context.clock_specified_hz) && !std::isnan(context.clock_maximum_hz)) {
    lines.push_back("peaks are at the maximum clock, since none is specified");
  }
  double others = 0;
  for (const Row& row : device) others = std::fmax(others, row.others_share);
  if (others > kSharedAbove) {
    lines.push_back(fmt::format("WARNING: other programs had up to {} of the device meanwhile",
                                format_percent(others, 0)));
  }
  double processes = 0;
  for (const Row& row : device) processes = std::fmax(processes, row.other_processes);
  if (processes > 0) {
    lines.push_back(fmt::format("WARNING: up to {:g} other process{} held the device meanwhile",
                                processes, processes > 1 ? "es" : ""));
  }
  add_health(device, lines);
  if (const std::string sentence = ceilings_sentence(device); !sentence.empty()) {
    lines.push_back(sentence);
  }
  if (context.build_type != "Release") {
    lines.push_back(fmt::format("WARNING: a {} build measured this; only Release figures count",
                                context.build_type.empty() ? "non-Release" : context.build_type));
  }
  return lines;
}

std::vector<std::string> of_rows(std::span<const Row> rows) {
  std::vector<std::string> lines;
  std::size_t unstable = 0;
  for (const Row& row : rows) {
    if (row.outcome == Outcome::unstable) ++unstable;
    if (row.outcome == Outcome::passed || row.outcome == Outcome::unstable) continue;
    lines.push_back(fmt::format("{}: {}{} {} {} {}{}{}", to_string(row.outcome), row.workload,
                                conditions(row), row.variant, row.precision, row.problem,
                                row.message.empty() ? "" : ": ", row.message));
  }
  for (std::string& sentence : of_instruction_families(rows)) lines.push_back(std::move(sentence));
  for (const std::string& sentence :
       {fuller_sums(rows), algorithm_bandwidths(rows), indirect_paths(rows)}) {
    if (!sentence.empty()) lines.push_back(sentence);
  }
  const auto throttled = std::count_if(rows.begin(), rows.end(),
                                       [](const Row& row) { return row.throttled_share > 0; });
  if (throttled > 0) {
    lines.push_back(
        fmt::format("throttled: the clock of {} of {} rows was held down, for the share of samples "
                    "and the reason given; η at clock allows for it, η does not",
                    throttled, rows.size()));
  }
  for (const std::string& sentence : {throttled_time(rows), reading_effects(rows)}) {
    if (!sentence.empty()) lines.push_back(sentence);
  }
  constexpr std::int64_t kFewRounds = 3;
  const std::string few =
      of_how_many(rows, [](const Row& row) { return row.rounds > 0 && row.rounds < kFewRounds; });
  if (!few.empty()) {
    lines.push_back(
        fmt::format("within a process: the intervals {} are of the samples of one or two rounds, "
                    "and say nothing "
                    "of one more; --rounds {} and more do",
                    few, kFewRounds));
  }
  if (unstable > 0) {
    lines.push_back(fmt::format(
        "unstable: {} of {} rows have an interval wider than ±{}, too few samples, or shared the "
        "device with other programs; a quieter machine or more --rounds helps",
        unstable, rows.size(), format_percent(kUnstableAbove, 0)));
  }
  return lines;
}

}  // namespace derate::report_notes
