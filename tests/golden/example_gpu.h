// SPDX-License-Identifier: Apache-2.0
// Records of a device that does not exist, for tests: round numbers, so that every derate factor
// can be worked out in the head. No figure here says anything about a real product.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "derate/operands.h"
#include "derate/record.h"

namespace derate::example {

inline constexpr double kPerClock = 25600;      ///< 2 · 100 SMs · 128 FMA
inline constexpr double kSpecified_hz = 1.5e9;  ///< peak 38.4 TFLOP/s
inline constexpr double kBandwidth = 2e12;

/// A passed record of gemm without samples; one launch is 38.4 GFLOP, 1 ms at the peak.
inline Record record() {
  Record r;
  r.run = "example-run";
  r.time_utc = "2026-01-02T03:04:05Z";
  r.tool_version = "0.1.0";
  r.tool_commit = "0123456789ab";
  r.build_type = "Release";
  r.backend = "cuda";
  r.device_name = "Example GPU";
  r.device_architecture = "sm_example";
  r.device_id = "example-0000";
  r.device_remark = "an invented device for tests; none of its figures was measured";
  r.compute_units = 100;
  r.memory_bytes = 64e9;
  r.last_level_cache_bytes = 40e6;
  r.driver_version = "100.00";
  r.runtime_version = "13.0";
  r.workload = "gemm";
  r.variant = "tiled";
  r.provider = "derate";
  r.precision = "f32";
  r.accumulator = "f32";
  r.units = "vector";
  r.problem = "m:4096/n:4096/k:4096";
  r.size_class = "large";
  r.bound = "compute";
  r.data = "uniform";
  r.cache = "cold";
  r.flops = 38.4e9;
  r.bytes = 2e8;
  r.peak_per_clock = kPerClock;
  r.peak_source = "100 SMs (invented) x 128 f32 FMA per clock (invented)";
  r.clock_specified_hz = kSpecified_hz;
  r.clock_specified_source = "invented data sheet";
  r.clock_maximum_hz = 1.8e9;
  r.clock_maximum_source = "invented driver";
  r.launches_per_sample = 4;
  r.warm_up_s = 0.05;
  r.power_w = 250;
  r.power_cap_w = 300;
  r.temperature_c = 60;
  r.outcome = "passed";
  return r;
}

/// The same for a memory-bound workload; one launch moves 2 GB, 1 ms at the peak.
inline Record memory_record() {
  Record r = record();
  r.workload = "vector_add";
  r.variant = "vectorized";
  r.problem = "n:166666667";
  r.bound = "memory";
  r.flops = 2e9 / 12;
  r.bytes = 2e9;
  r.peak_per_clock = kBandwidth;
  r.peak_source = "2 TB/s (invented data sheet)";
  return r;
}

/// Gives `r` samples around `time_s` within ± `noise` of it, at a steady clock.
inline Record with_samples(Record r, double time_s, double noise = 0, int count = 12,
                           double clock_hz = kSpecified_hz, std::uint64_t seed = 1) {
  r.samples_s.clear();
  for (int i = 0; i < count; ++i) {
    r.samples_s.push_back(time_s * (1 + noise * uniform_element(seed, static_cast<unsigned>(i))));
  }
  r.clocks_hz.assign(r.samples_s.size(), clock_hz);
  return r;
}

}  // namespace derate::example
