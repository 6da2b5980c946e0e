// SPDX-License-Identifier: Apache-2.0
// Searches the catalogue by the driver's name or by words, suggests the nearest names by edit
// distance, and makes a Device of a product.
#include "hardware/product.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <numeric>
#include <sstream>
#include <string>
#include <utility>

#include "derate/error.h"
#include "hardware/peak.h"

namespace derate {
namespace {

/// Lower-case words without the brand.
std::vector<std::string> words(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  std::istringstream stream(lower);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) {
    const bool brand = word == "nvidia" || word == "tesla" || word == "geforce" || word == "intel";
    if (!brand) result.push_back(word);
  }
  return result;
}

bool is_cpu(const Product& product) { return !product.architecture.starts_with("sm_"); }

/// Insertions, deletions and replacements of characters that make `b` of `a` (Wagner and Fischer).
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

std::string joined_words(std::string_view text) {
  return fmt::format("{}", fmt::join(words(text), " "));
}

/// Words that take longer to compare than to read are nobody's device name.
constexpr std::size_t kLongestName = 200;

/// Two transfers a clock, as the driver counts clocks.
Fact memory_bandwidth(const Product& product) {
  if (product.memory_mhz <= 0) return {{}, "its memory clock and bus width are not on record here"};
  return {2 * product.memory_mhz * 1e6 * product.memory_bus_bits / 8,
          fmt::format("2 x {:g} MHz x {} bit (driver of such a GPU)", product.memory_mhz,
                      product.memory_bus_bits)};
}

}  // namespace

const Product* product_of_driver_name(std::string_view driver_name) {
  for (const Product& product : products()) {
    if (!driver_name.empty() && product.driver_name == driver_name) return &product;
  }
  return nullptr;
}

std::vector<const Product*> find_products(std::string_view text) {
  if (const Product* const product = product_of_driver_name(text)) return {product};
  const std::vector<std::string> wanted = words(text);
  std::vector<const Product*> found;
  for (const Product& product : products()) {
    const std::vector<std::string> has = words(product.name);
    if (has == wanted) return {&product};
    const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const std::string& word) {
      return std::find(has.begin(), has.end(), word) != has.end();
    });
    if (all && !wanted.empty()) found.push_back(&product);
  }
  return found;
}

const Product& product_named(std::string_view text) {
  const std::vector<const Product*> found = find_products(text);
  if (found.size() == 1) return *found.front();
  if (!found.empty()) {
    std::vector<std::string_view> names;
    for (const Product* product : found) names.push_back(product->name);
    throw Error(ExitCode::usage,
                fmt::format("\"{}\" may be {}: say which", text, fmt::join(names, ", ")));
  }
  throw Error(ExitCode::usage,
              fmt::format("no device \"{}\" is in the catalogue; the nearest names are {} (derate "
                          "catalog lists all)",
                          text, fmt::join(nearest_products(text), ", ")));
}

std::vector<std::string_view> nearest_products(std::string_view text, std::size_t count) {
  const std::string wanted = joined_words(text.substr(0, kLongestName));
  std::vector<std::pair<std::size_t, std::string_view>> distances;
  for (const Product& product : products()) {
    distances.emplace_back(edit_distance(wanted, joined_words(product.name)), product.name);
  }
  std::stable_sort(distances.begin(), distances.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < std::min(count, distances.size()); ++i) {
    names.push_back(distances[i].second);
  }
  return names;
}

double cores_of(const Product& product) {
  if (is_cpu(product)) return product.compute_units;
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
  device.backend = is_cpu(product) ? "host" : "cuda";
  device.name = product.product_class == ProductClass::geforce
                    ? fmt::format("GeForce {}", product.name)
                    : std::string(product.name);
  device.architecture = product.architecture;
  device.compute_units = product.compute_units;
  device.compute_units_source = source;
  device.clock_specified_hz = {product.boost_mhz * 1e6,
                               source + (is_cpu(product) ? ", nominal clock" : ", boost clock")};
  if (product.tensor_mhz > 0) {
    device.clock_tensor_hz = {product.tensor_mhz * 1e6, source + ", clock of its tensor figures"};
  }
  device.memory_specified_bytes_per_s = {product.memory_gb_per_s * 1e9, source};
  device.memory_bytes_per_s = memory_bandwidth(product);
  device.memory_bytes = static_cast<std::uint64_t>(product.memory_gib * (1 << 30));
  device.last_level_cache_bytes = static_cast<std::uint64_t>(product.l2_mib * (1 << 20));
  if (product.tdp_w > 0) device.power_cap_w = product.tdp_w;
  device.note = product.note;
  return device;
}

}  // namespace derate
