// SPDX-License-Identifier: Apache-2.0
// One list of fields for contexts and one for rows, so that whoever compares them agrees.
#include "record/row_key.h"

#include <fmt/format.h>

#include <tuple>

namespace derate {
namespace {

/// What records of one context have in common.
auto identity_of(const Record& record) {
  return std::tie(record.device_id, record.backend, record.driver_version, record.runtime_version,
                  record.build_type, record.tool_version, record.tool_commit, record.device_index,
                  record.compute_units);
}

template <typename Measured>
std::string row_key_of(const Measured& measured, const Work& work, double clock_hz,
                       bool side_by_side) {
  std::string key;
  for (const std::string* part :
       {&measured.workload, &measured.variant, &measured.provider, &measured.precision,
        &measured.accumulator, &measured.instruction, &measured.problem, &measured.data,
        &measured.cache, &measured.mode, &measured.library, &measured.bound}) {
    key += *part;
    key += '\n';
  }
  if (side_by_side) key += '+';
  // Whoever counts the work or the peak in another way measured something else. As raw bytes,
  // which is quicker than formatting.
  for (const double value : {work.flops, work.bytes, work.steps, measured.peak_per_clock, clock_hz,
                             double(measured.devices_at_once)}) {
    key.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  return key;
}

}  // namespace

bool same_context(const Context& context, const Record& record) {
  return identity_of(context) == identity_of(record);
}

std::string context_key(const Record& record) {
  std::string key;
  // Each part with its length, since any of them may hold what would separate them.
  const auto add = [&key](const auto& part) {
    const std::string text = fmt::format("{}", part);
    key += fmt::format("{}:{}", text.size(), text);
  };
  std::apply([&add](const auto&... parts) { (add(parts), ...); }, identity_of(record));
  return key;
}

std::string row_key(const Record& record) {
  return row_key_of(record, {record.flops, record.bytes, record.steps}, reference_clock_hz(record),
                    !record.side_by_side.empty());
}

std::string row_key(const Row& row) {
  return row_key_of(row, row.work, row.clock_reference_hz, row.side_by_side);
}

}  // namespace derate
