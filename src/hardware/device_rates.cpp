// SPDX-License-Identifier: Apache-2.0
// A device is of the product that its name says: some chips are sold with units cut off or slowed.
#include "hardware/device_rates.h"

#include <utility>

#include "hardware/printed_peaks.h"
#include "hardware/product.h"

namespace derate {
namespace {

constexpr std::string_view kNoTensorUnits = "no tensor units";

/// A device at hand is none of those for estimates only, whatever it is called.
const Product* product_of(const Device& device) {
  const Product* const product = product_called(device.name);
  const bool is_at_hand = !device.backend.empty();
  return product != nullptr && product->is_for_estimates_only && is_at_hand ? nullptr : product;
}

bool is_unlike(const Product* product, std::string_view what) {
  return product != nullptr && product->unlike_architecture.find(what) != std::string_view::npos;
}

bool is_known(const Product* product, const Rate& rate) {
  if (rate.units == Units::tensor && is_unlike(product, "tensor")) return false;
  return rate.operands != Precision::f64 || !is_unlike(product, "f64");
}

std::optional<Rate> printed_rate_of(const Product& product, Precision precision, Units units) {
  for (Rate& rate : printed_rates_of(product)) {
    if (rate.operands == precision && rate.units == units) return std::move(rate);
  }
  return std::nullopt;
}

ProductClass class_of(const Product* product, const Device& device) {
  return product != nullptr ? product->product_class : product_class_of(device.name);
}

}  // namespace

std::vector<Rate> rates_of(const Device& device) {
  const Product* const product = product_of(device);
  std::vector<Rate> rates = rates_of(device.architecture, class_of(product, device));
  if (rates.empty() && product != nullptr) return printed_rates_of(*product);
  std::erase_if(rates, [&](const Rate& rate) { return !is_known(product, rate); });
  return rates;
}

std::optional<Rate> rate_of(const Device& device, Precision precision, Units units,
                            std::string_view instruction) {
  const Product* const product = product_of(device);
  const ProductClass product_class = class_of(product, device);
  if (is_unlike(product, kNoTensorUnits)) units = Units::vector;
  auto rate = fma_rate(device.architecture, precision, units, product_class, instruction);
  if (!rate) rate = fma_rate(device.architecture, precision, Units::vector, product_class);
  if (!rate && product != nullptr) rate = printed_rate_of(*product, precision, units);
  if (rate && !is_known(product, *rate)) rate.reset();
  return rate;
}

}  // namespace derate
