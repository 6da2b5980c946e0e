// SPDX-License-Identifier: Apache-2.0
// The catalogue: GPUs, and a CPU for scale, as they are sold: what no driver tells, the data
// sheet's clocks above all.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "derate/device.h"
#include "hardware/rate.h"

namespace derate {

/// A row of the catalogue. A figure that no source gives is 0.
struct Product {
  std::string_view name;         ///< "H100 SXM"
  std::string_view driver_name;  ///< exactly as the driver says it; empty where we have not seen it
  std::string_view architecture;
  ProductClass product_class = ProductClass::professional;
  int compute_units = 0;       ///< SMs, or a CPU's cores
  double boost_mhz = 0;        ///< before Kepler the shader clock; a CPU's nominal clock
  double tensor_mhz = 0;       ///< clock of the data sheet's tensor figures; 0: the boost clock
  double memory_gb_per_s = 0;  ///< as the data sheet prints it
  double tdp_w = 0;
  double memory_mhz = 0;    ///< as the driver states it
  int memory_bus_bits = 0;  ///< likewise
  double base_mhz = 0;
  double memory_gib = 0;  ///< what the data sheet calls GB; of a board, all its GPUs together
  int year = 0;           ///< in which it was announced
  double price_usd = 0;   ///< at launch, of one; the note says where it is another
  double printed_f32_gflops =
      0;  ///< as people quote it; the note says where 2·N·C differs, and why
  std::string_view source = {};
  std::string_view note = {};  ///< what a reader should know of the row
  double l2_mib = 0;           ///< as the driver states it; product_table.cpp says from where
};

[[nodiscard]] std::span<const Product> products();

/// The product with exactly this driver name; null when there is none.
[[nodiscard]] const Product* product_of_driver_name(std::string_view driver_name);

/// Products that a user may mean: the one whose name is `text`, or else all whose name holds its
/// words. Upper and lower case are the same; "NVIDIA", "Tesla" and "GeForce" may be left out.
[[nodiscard]] std::vector<const Product*> find_products(std::string_view text);

/// The one product that `text` means. Throws Error(usage): with the candidates where it may mean
/// several, with the nearest names where it means none.
[[nodiscard]] const Product& product_named(std::string_view text);

/// The product names that differ least from `text`, the nearest first.
[[nodiscard]] std::vector<std::string_view> nearest_products(std::string_view text,
                                                             std::size_t count = 3);

/// What data sheets call cores: f32 lanes of a GPU, cores of a CPU; 0 for an unknown architecture.
[[nodiscard]] double cores_of(const Product& product);

/// 2·N·C at the specified clock, dense, FLOP/s; the faster of vector and tensor units. NaN where
/// the catalogue's rates have no figure for the precision.
[[nodiscard]] double peak_of_product(const Product& product, Precision precision);

/// The product as a device that is not at hand: data sheet facts only.
[[nodiscard]] Device device_of(const Product& product);

}  // namespace derate
