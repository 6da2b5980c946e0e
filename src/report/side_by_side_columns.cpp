// SPDX-License-Identifier: Apache-2.0
// Key, heading, meaning, value and text of each column of the side-by-side comparisons.
#include <array>

#include "base/units.h"
#include "report/report_columns.h"

namespace derate {
namespace {

using SideColumn = Column<SideBySide>;

/// On the data that both ratios at the end are of.
std::string rate_text(const Row& row) {
  return row.data == "zeros" ? "–" : format_rate(row.achieved.value, bound_of(row), row.precision);
}

const std::array kSideBySideColumns = {
    SideColumn{
        "backend", "", "host or cuda",
        [](const SideBySide& c) -> Value { return std::string_view(c.own->context->backend); }},
    SideColumn{"device_index", "", "position within the backend",
               [](const SideBySide& c) -> Value { return c.own->context->device_index; }},
    SideColumn{
        "device_id", "", "hash of the device's identity",
        [](const SideBySide& c) -> Value { return std::string_view(c.own->context->device_id); }},
    SideColumn{
        "workload", "workload", "gemm, ...",
        [](const SideBySide& c) -> Value { return std::string_view(c.own->workload); },
        [](const SideBySide& c) { return c.own->workload + conditions_side_by_side(*c.own); }},
    SideColumn{"precision", "type", "format of the operands; for people with that of the sums",
               [](const SideBySide& c) -> Value { return std::string_view(c.own->precision); },
               [](const SideBySide& c) { return type_text(*c.own); }},
    SideColumn{"problem", "problem", "extents",
               [](const SideBySide& c) -> Value { return std::string_view(c.own->problem); }},
    SideColumn{"own", "own", "the own variant",
               [](const SideBySide& c) -> Value { return std::string_view(c.own->variant); }},
    SideColumn{"library", "library", "the library's variant",
               [](const SideBySide& c) -> Value { return std::string_view(c.library->variant); }},
    SideColumn{"own_achieved", "own rate", "of the own variant, on random data",
               [](const SideBySide& c) -> Value {
                 return c.own->data == "zeros" ? kUnknown : c.own->achieved.value;
               },
               [](const SideBySide& c) { return rate_text(*c.own); }},
    SideColumn{"library_achieved", "library's rate", "of the library, on random data",
               [](const SideBySide& c) -> Value {
                 return c.library->data == "zeros" ? kUnknown : c.library->achieved.value;
               },
               [](const SideBySide& c) { return rate_text(*c.library); }},
    SideColumn{"zeros", "zeros [95 % interval]", "own ÷ library, on zeros",
               [](const SideBySide& c) -> Value { return c.zeros.value; },
               [](const SideBySide& c) { return format_percent(c.zeros); }},
    SideColumn{"zeros_low", "", "lower end of its 95 % interval",
               [](const SideBySide& c) -> Value { return c.zeros.interval.low; }},
    SideColumn{"zeros_high", "", "upper end",
               [](const SideBySide& c) -> Value { return c.zeros.interval.high; }},
    SideColumn{"random", "random [95 % interval]", "own ÷ library, on uniform random data",
               [](const SideBySide& c) -> Value { return c.uniform.value; },
               [](const SideBySide& c) { return format_percent(c.uniform); }},
    SideColumn{"random_low", "", "lower end of its 95 % interval",
               [](const SideBySide& c) -> Value { return c.uniform.interval.low; }},
    SideColumn{"random_high", "", "upper end",
               [](const SideBySide& c) -> Value { return c.uniform.interval.high; }},
    SideColumn{"random_at_clock", "random at clock [95 % interval]",
               "the same, each rate divided by the clock measured around its sample",
               [](const SideBySide& c) -> Value { return c.uniform_at_clock.value; },
               [](const SideBySide& c) { return format_percent(c.uniform_at_clock); }},
    SideColumn{"random_at_clock_low", "", "lower end of its 95 % interval",
               [](const SideBySide& c) -> Value { return c.uniform_at_clock.interval.low; }},
    SideColumn{"random_at_clock_high", "", "upper end",
               [](const SideBySide& c) -> Value { return c.uniform_at_clock.interval.high; }},
    SideColumn{"rounds", "rounds", "in which both were measured",
               [](const SideBySide& c) -> Value { return c.rounds; }},
    SideColumn{"outcome", "outcome",
               "passed; unstable: an interval wider than ±5 %, or a shared device; or none",
               [](const SideBySide& c) -> Value {
                 if (c.rounds == 0) return std::string_view("none");
                 return std::string_view(c.unstable ? "unstable" : "passed");
               }},
    SideColumn{"message", "", "why a ratio is missing",
               [](const SideBySide& c) -> Value { return std::string_view(c.message); }}};

}  // namespace

std::span<const Column<SideBySide>> side_by_side_columns() { return kSideBySideColumns; }

table::Narrowing side_by_side_narrowing() {
  static constexpr std::array<std::string_view, 10> kLeastFirst = {
      "rounds",  "outcome", "random_at_clock", "library_achieved", "own_achieved", "zeros",
      "library", "own",     "precision",       "workload"};
  return {kLeastFirst};
}

}  // namespace derate
