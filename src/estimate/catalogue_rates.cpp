// SPDX-License-Identifier: Apache-2.0
// The knee of a device from two ranges of η: products of large size, and a stream.
#include "estimate/catalogue_rates.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "derate/error.h"
#include "estimate/estimate.h"
#include "hardware/product.h"
#include "hardware/product_table.h"
#include "report/usual.h"

namespace derate {
namespace {

/// Measured knees come out between 2 and 2.5 on H100, H200 and A100.
constexpr double kSharpness = 2;
/// Start of a product, as tables of A100, H100 and H200 have it.
constexpr Range kLaunch_s = {2e-6, 3e-6, 5e-6};

constexpr const char* kLargeProduct = "m:8192/n:8192/k:8192";

/// As drivers write it, which is how references name devices; the catalogue's name where it has
/// none.
std::vector<std::string> driver_names(const Device& device) {
  const Product* const product = product_called(device.name);
  std::vector<std::string> names = {device.name};
  if (product == nullptr) return names;
  for (const std::string_view name : names_in(product->driver_names)) names.emplace_back(name);
  return names;
}

std::optional<Usual> usual_of(const Device& device, const char* workload, Precision precision,
                              const char* problem) {
  Row row;
  row.workload = workload;
  row.precision = to_string(precision);
  row.problem = problem;
  row.size_class = "large";
  row.data = "uniform";
  row.cache = "cold";
  for (const std::string& name : driver_names(device)) {
    const auto context = std::make_shared<Context>();
    context->device_name = name;
    row.context = context;
    auto usual = References::built_in().usual(row);
    if (usual && usual->is_range()) return usual;
  }
  return std::nullopt;
}

std::optional<UsualShare> usual_share(const Device& device, const char* workload,
                                      Precision precision, const char* problem) {
  const auto usual = usual_of(device, workload, precision, problem);
  if (!usual) return std::nullopt;
  // Nothing is above the peak of the data sheet for long.
  const Range eta = between(std::min(usual->low, 1.0), std::min(usual->high, 1.0));
  return UsualShare{eta,
                    fmt::format("usual for it: {} figures of {}", usual->figures, usual->source)};
}

UsualShare flat_share() {
  const Derate flat = *named_derate("flat");
  return {flat.eta, flat.source};
}

std::string percents(const Range& eta) {
  return fmt::format("{:.0f} to {:.0f} %", 100 * eta.low, 100 * eta.high);
}

}  // namespace

std::optional<UsualShare> usual_products(const Device& device, Precision precision) {
  return usual_share(device, "gemm", precision, kLargeProduct);
}

CatalogueRates catalogue_rates(const Device& device, Precision precision) {
  const auto peaks = gemm_peaks_of(device, precision);
  if (!peaks || peaks->bytes_per_s == kAssumedBytes_per_s) {
    throw Error(ExitCode::usage, fmt::format("the peak in {} or the bandwidth is unknown for {}",
                                             to_string(precision), device.name));
  }
  const UsualShare products = usual_products(device, precision).value_or(flat_share());
  const UsualShare memory =
      usual_share(device, "memory_triad", Precision::f32, "").value_or(flat_share());
  const auto knee = [&](double compute, double moving, double launch_s) {
    return GemmKnee{compute, moving, launch_s, kSharpness};
  };
  CatalogueRates found;
  found.rates.products = {.peaks = *peaks,
                          .knee = knee(products.eta.value, memory.eta.value, kLaunch_s.value),
                          .fast = knee(products.eta.high, memory.eta.high, kLaunch_s.low),
                          .slow = knee(products.eta.low, memory.eta.low, kLaunch_s.high)};
  const double bandwidth = peaks->bytes_per_s;
  found.rates.memory = {{memory.eta.value * bandwidth,
                         {memory.eta.low * bandwidth, memory.eta.high * bandwidth, 0.9}},
                        kLaunch_s.value};
  found.rates.batching = device.backend == "host" ? Batching::one_by_one : Batching::at_once;
  found.products_source = fmt::format("{} of {} ({})", percents(products.eta),
                                      format_flops(peaks->flop_per_s), products.source);
  found.memory_source = fmt::format("{} of {} ({})", percents(memory.eta),
                                    format_bandwidth(bandwidth), memory.source);
  return found;
}

}  // namespace derate
