// SPDX-License-Identifier: Apache-2.0
// Records of the example's GPU that exports are made of, at chosen shares of its peaks.
#pragma once

#include <string>
#include <vector>

#include "derate/aggregate.h"
#include "golden/example_gpu.h"

namespace derate::example_rows {

inline constexpr double kPeak = example::kPerClock * example::kSpecified_hz;

/// A product of tensor units at `efficiency` of the example's peak.
inline Record product(int n, double efficiency, const std::string& provider = "examplelib") {
  Record record = example::record();
  record.variant = provider;
  record.provider = provider;
  record.precision = "bf16";
  record.units = "tensor";
  const std::string extent = std::to_string(n);
  record.problem = "m:" + extent + "/n:" + extent + "/k:" + extent;
  record.flops = 2.0 * n * n * n;
  return example::with_samples(record, record.flops / (efficiency * kPeak));
}

inline Record stream(double bytes, double efficiency) {
  Record record = example::memory_record();
  record.problem = "n:" + std::to_string(static_cast<long>(bytes / 12));
  record.bytes = bytes;
  return example::with_samples(record, bytes / (efficiency * example::kBandwidth));
}

inline Record chain() {
  Record record = example::record();
  record.workload = "fma_chain";
  record.problem = "threads:1";
  record.bytes = 0;
  return example::with_samples(record, record.flops / (0.9 * kPeak));
}

inline Record sustained(Record record) {
  record.mode = "sustained";
  return record;
}

inline std::vector<Row> rows_of(const std::vector<Record>& records) {
  Aggregate summary;
  for (const Record& record : records) summary.add(record);
  return summary.rows();
}

inline std::vector<Record> everything() {
  return {product(8192, 0.75), product(1024, 0.4), stream(2e9, 0.85), stream(4e6, 0.5), chain()};
}

}  // namespace derate::example_rows
