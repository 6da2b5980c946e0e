// SPDX-License-Identifier: Apache-2.0
// What follows from a line of the catalogue: which device it is, its peak, and a Device made of it.
#include "hardware/product.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <unordered_map>

#include "hardware/peak.h"
#include "hardware/product_table.h"

namespace derate {
namespace {

constexpr std::string_view kForEstimatesOnly =
    "it cannot be measured here: derate measures NVIDIA GPUs and CPUs, and knows this one for "
    "estimates only";

std::string_view backend_of(const Product& product) {
  if (product.is_for_estimates_only) return "";
  return product.architecture.starts_with("sm_") ? "cuda" : "host";
}

/// As drivers write it, without the maker.
std::string device_name(const Product& product) {
  return product.brand == "GeForce" ? fmt::format("GeForce {}", product.name)
                                    : std::string(product.name);
}

/// Records ask for thousands of peaks, so names are looked up in a table.
using Index = std::unordered_map<std::string, std::vector<const Product*>>;

const Index& by_driver_name() {
  static const Index index = [] {
    Index made;
    for (const Product& product : products()) {
      for (const std::string_view name : names_in(product.driver_names)) {
        made[std::string(name)].push_back(&product);
      }
    }
    return made;
  }();
  return index;
}

const Index& by_device_name() {
  static const Index index = [] {
    Index made;
    for (const Product& product : products()) made[device_name(product)].push_back(&product);
    return made;
  }();
  return index;
}

std::span<const Product* const> found_in(const Index& index, std::string_view name) {
  const auto found = index.find(std::string(name));
  return found == index.end() ? std::span<const Product* const>() : found->second;
}

/// What a driver shows of the memory is a few per cent less than what is sold.
bool has_memory(const Product& product, std::uint64_t bytes) {
  constexpr double kTolerance = 0.15;
  const double gib = static_cast<double>(bytes) / (1 << 30);
  return product.memory_gib == 0 || std::abs(gib / product.memory_gib - 1) < kTolerance;
}

/// Two transfers a clock, as the driver counts clocks.
Fact memory_bandwidth(const Product& product) {
  if (product.memory_mhz <= 0) return {{}, "its memory clock and bus width are not on record here"};
  return {2 * product.memory_mhz * 1e6 * product.memory_bus_bits / 8,
          fmt::format("2 x {:g} MHz x {} bit (driver of such a GPU)", product.memory_mhz,
                      product.memory_bus_bits)};
}

Fact boost_clock(const Product& product, const std::string& source) {
  if (product.boost_mhz <= 0) return {{}, "its boost clock is not on record here"};
  const bool is_cpu = backend_of(product) == "host";
  return {product.boost_mhz * 1e6, source + (is_cpu ? ", nominal clock" : ", boost clock")};
}

}  // namespace

std::string_view unit_name(const Device& device) {
  if (device.backend == "host") return "cores";
  return device.backend == "cuda" ? "SMs" : "units";
}

bool has_driver_name(const Product& product, std::string_view driver_name) {
  const auto names = names_in(product.driver_names);
  return std::find(names.begin(), names.end(), driver_name) != names.end();
}

const Product* product_called(std::string_view device_name) {
  for (const Index* index : {&by_driver_name(), &by_device_name()}) {
    const auto found = found_in(*index, device_name);
    if (!found.empty()) return found.front();
  }
  return nullptr;
}

const Product* product_of_driver_name(std::string_view driver_name, double compute_units,
                                      std::uint64_t memory_bytes) {
  const auto alike = found_in(by_driver_name(), driver_name);
  const bool is_one = alike.size() == 1;
  if (is_one && compute_units == 0) return alike.front();
  const Product* found = nullptr;
  for (const Product* product : alike) {
    if (product->compute_units != compute_units) continue;
    if (!is_one && !has_memory(*product, memory_bytes)) continue;
    if (found != nullptr) return nullptr;
    found = product;
  }
  return found;
}

double cores_of(const Product& product) {
  const std::string_view backend = backend_of(product);
  if (backend != "cuda") return backend == "host" ? product.compute_units : 0;
  const auto lanes = fma_rate(std::string(product.architecture), Precision::f32);
  return lanes ? product.compute_units * lanes->fma_per_unit_and_clock : 0;
}

double peak_of_product(const Product& product, Precision precision) {
  const auto peak = peak_of(device_of(product), Bound::compute, precision, Units::tensor);
  return peak ? peak->specified().value_or(std::numeric_limits<double>::quiet_NaN())
              : std::numeric_limits<double>::quiet_NaN();
}

Device device_of(const Product& product) {
  const std::string source(product.source.substr(0, product.source.find(';')));
  Device device;
  device.backend = backend_of(product);
  if (product.is_for_estimates_only) device.unusable = kForEstimatesOnly;
  device.name = device_name(product);
  device.architecture = product.architecture;
  device.compute_units = product.compute_units;
  device.compute_units_source = source;
  device.clock_specified_hz = boost_clock(product, source);
  if (product.tensor_mhz > 0) {
    device.clock_tensor_hz = {product.tensor_mhz * 1e6, source + ", clock of its tensor figures"};
  }
  if (product.memory_gb_per_s > 0) {
    device.memory_specified_bytes_per_s = {product.memory_gb_per_s * 1e9, source};
  }
  device.memory_bytes_per_s = memory_bandwidth(product);
  device.memory_bytes = static_cast<std::uint64_t>(product.memory_gib * (1 << 30));
  device.last_level_cache_bytes = static_cast<std::uint64_t>(product.l2_mib * (1 << 20));
  if (product.tdp_w > 0) device.power_cap_w = product.tdp_w;
  device.note = product.note;
  return device;
}

}  // namespace derate
