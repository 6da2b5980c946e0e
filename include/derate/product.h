// SPDX-License-Identifier: Apache-2.0
// GPUs as they are sold: what no driver tells, the data sheet's clocks above all.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "derate/device.h"
#include "derate/rate.h"

namespace derate {

/// A row of the product table. Source of every row: NVIDIA's data sheets and architecture white
/// papers.
struct Product {
  std::string_view name;         ///< "H100 SXM"
  std::string_view driver_name;  ///< exactly as the driver says it; empty where we have not seen it
  std::string_view architecture;
  ProductClass product_class = ProductClass::professional;
  int sms = 0;
  double boost_mhz = 0;
  double tensor_mhz = 0;       ///< clock of the data sheet's tensor figures; 0: the boost clock
  double memory_gb_per_s = 0;  ///< as the data sheet prints it
  double tdp_w = 0;
  double memory_mhz = 0;    ///< as the driver states it; 0: not on record here
  int memory_bus_bits = 0;  ///< likewise
};

[[nodiscard]] std::span<const Product> products();

/// The product with exactly this driver name; null when there is none.
[[nodiscard]] const Product* product_of_driver_name(std::string_view driver_name);

/// Products that a user may mean: the one whose name is `text`, or else all whose name holds its
/// words. Upper and lower case are the same; "NVIDIA", "Tesla" and "GeForce" may be left out.
[[nodiscard]] std::vector<const Product*> find_products(std::string_view text);

/// The product as a device that is not at hand: data sheet facts only.
[[nodiscard]] Device device_of(const Product& product);

}  // namespace derate
