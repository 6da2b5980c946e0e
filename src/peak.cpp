// SPDX-License-Identifier: Apache-2.0
#include "derate/peak.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace derate {
namespace {

struct RateRow {
  std::string_view architecture;
  double f64;  // fused multiply-adds per compute unit and clock
  double f32;
  std::string_view source;
};

constexpr std::string_view kCudaGuide =
    "CUDA C++ Programming Guide, throughput of native arithmetic instructions";
constexpr std::string_view kBlackwellGuide =
    "CUDA C++ Best Practices Guide 13, throughput of native arithmetic instructions";
constexpr std::string_view kAmdGuide = "AMD Software Optimization Guide for the family";
constexpr std::string_view kIntelGuide = "Intel Optimization Reference Manual";

// Lanes that a driver or a data sheet calls "cores" are the f32 column. B300 (sm_103) cut f64 to
// 1/64 and no guide states it yet, so it has no row; neither has any chip we hold no source for.
constexpr std::array kRates = {
    RateRow{"sm_60", 32, 64, kCudaGuide}, RateRow{"sm_61", 4, 128, kCudaGuide},
    RateRow{"sm_62", 4, 128, kCudaGuide}, RateRow{"sm_70", 32, 64, kCudaGuide},
    RateRow{"sm_75", 2, 64, kCudaGuide}, RateRow{"sm_80", 32, 64, kCudaGuide},
    RateRow{"sm_86", 2, 128, kCudaGuide}, RateRow{"sm_87", 2, 128, kCudaGuide},
    RateRow{"sm_89", 2, 128, kCudaGuide}, RateRow{"sm_90", 64, 128, kCudaGuide},
    RateRow{"sm_100", 64, 128, kBlackwellGuide}, RateRow{"sm_120", 2, 128, kBlackwellGuide},
    RateRow{"sm_121", 2, 128, kBlackwellGuide},
    // CPUs, per core: vector width / element size x FMA pipes.
    RateRow{"zen", 4, 8, kAmdGuide},                 // 2 pipes of 128 bits
    RateRow{"zen2", 8, 16, kAmdGuide},               // 2 x 256
    RateRow{"zen3", 8, 16, kAmdGuide},               // 2 x 256
    RateRow{"zen4", 8, 16, kAmdGuide},               // 2 x 256; 512-bit operations take two passes
    RateRow{"zen5", 16, 32, kAmdGuide},              // 2 x 512 (server and desktop)
    RateRow{"zen5_mobile", 8, 16, kAmdGuide},        // 2 x 256
    RateRow{"haswell", 8, 16, kIntelGuide},          // 2 x 256, Broadwell too
    RateRow{"skylake", 8, 16, kIntelGuide},          // 2 x 256, client parts up to Comet Lake
    RateRow{"skylake_sp", 16, 32, kIntelGuide},      // 2 x 512; Cascade and Cooper Lake too
    RateRow{"icelake", 8, 16, kIntelGuide},          // 1 x 512, client parts, Tiger and Rocket Lake
    RateRow{"icelake_sp", 16, 32, kIntelGuide},      // 2 x 512
    RateRow{"sapphire_rapids", 16, 32, kIntelGuide}  // 2 x 512; Emerald Rapids too
};

/// Tensor units that take f64 operands: fused multiply-adds per SM and clock.
struct TensorRow {
  std::string_view architecture;
  double f64;
  std::string_view source;
};

constexpr std::array kTensorRates = {
    TensorRow{"sm_80", 64, "tensor units; A100 data sheet: 19.5 TFLOP/s at 1.41 GHz"},
    TensorRow{"sm_90", 128, "tensor units; H100 data sheet: 67 TFLOP/s at 1.98 GHz"},
    TensorRow{"sm_100", 64, "tensor units; B200 data sheet: 37 TFLOP/s at 1.965 GHz"}};

template <typename Rows>
const auto* find_row(const Rows& rows, const std::string& architecture) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& candidate) {
    return candidate.architecture == architecture;
  });
  return row == rows.end() ? nullptr : &*row;
}

std::optional<Peak> memory_peak(const Device& device) {
  const Fact& bandwidth = device.memory_bytes_per_s;
  if (!bandwidth.value) return std::nullopt;
  return Peak{*bandwidth.value, bandwidth.source, {1.0, "not a clock"}, {}};
}

}  // namespace

std::optional<FmaRate> fma_rate(const std::string& architecture, Precision precision, Units units) {
  if (units == Units::tensor) {
    const TensorRow* const row = find_row(kTensorRates, architecture);
    if (row == nullptr || precision != Precision::f64) return std::nullopt;
    return FmaRate{row->f64, std::string(row->source)};
  }
  const RateRow* const row = find_row(kRates, architecture);
  if (row == nullptr) return std::nullopt;
  return FmaRate{precision == Precision::f64 ? row->f64 : row->f32, std::string(row->source)};
}

std::optional<double> Peak::specified() const {
  const std::optional<double>& clock =
      specified_clock_hz.value ? specified_clock_hz.value : maximum_clock_hz.value;
  if (!clock) return std::nullopt;
  return at(*clock);
}

std::optional<Peak> peak_of(const Device& device, Bound bound, Precision precision, Units units) {
  if (bound == Bound::memory) return memory_peak(device);
  std::optional<FmaRate> rate = fma_rate(device.architecture, precision, units);
  if (!rate) rate = fma_rate(device.architecture, precision);
  if (!rate || device.compute_units <= 0) return std::nullopt;
  const std::string n_source = fmt::format(
      "{:g} {} ({}) x {:g} {} FMA per clock ({}: {})", device.compute_units,
      device.backend == "host" ? "cores" : "SMs", device.compute_units_source,
      rate->per_unit_and_clock, to_string(precision), device.architecture, rate->source);
  return Peak{2 * device.compute_units * rate->per_unit_and_clock, n_source,
              device.clock_specified_hz, device.clock_maximum_hz};
}

}  // namespace derate
