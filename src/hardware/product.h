// SPDX-License-Identifier: Apache-2.0
// The catalogue: GPUs, accelerators for estimates, and a CPU for scale, as they are sold: what no
// driver tells, the data sheet's clocks above all.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "derate/device.h"
#include "hardware/rate.h"

namespace derate {

/// A line of data/products.csv, which says what each column means. A figure that no source gives
/// is 0.
struct Product {
  std::string_view name;          ///< "H100 SXM"
  std::string_view brand;         ///< "GeForce", "Tesla": may be left out of the name
  std::string_view driver_names;  ///< exactly as drivers say it; "|" between several
  std::string_view aliases;       ///< whole names too; likewise
  std::string_view cloud_names;   ///< exactly as clouds write it; likewise
  std::string_view architecture;  ///< "sm_90", "skylake"
  ProductClass product_class = ProductClass::professional;
  bool is_for_estimates_only = false;    ///< of a maker whose devices no backend measures
  std::string_view unlike_architecture;  ///< "f64", "tensor": rates that are others, and unknown
  int compute_units = 0;                 ///< SMs, or a CPU's cores; 0: peaks are as printed
  double boost_mhz = 0;                  ///< before Kepler the shader clock; a CPU's nominal clock
  double tensor_mhz = 0;  ///< clock of the data sheet's tensor figures; 0: the boost clock
  double base_mhz = 0;
  double memory_gb_per_s = 0;  ///< as the data sheet prints it
  double memory_mhz = 0;       ///< as the driver states it
  int memory_bus_bits = 0;     ///< likewise
  double memory_gib = 0;       ///< what the data sheet calls GB
  double l2_mib = 0;           ///< as the driver states it
  double tdp_w = 0;
  int year = 0;          ///< in which it was announced
  double price_usd = 0;  ///< at launch, of one; the note says where it is another
  double printed_f32_gflops =
      0;  ///< as people quote it; the note says where 2·N·C differs, and why
  std::string_view printed_tflops;  ///< other printed peaks: "f64 9.7; tensor f16>f16 142"
  std::string_view source;
  std::string_view note;  ///< what a reader should know of the line
};

[[nodiscard]] std::span<const Product> products();

/// "SMs", "cores": what a device's units are called.
[[nodiscard]] std::string_view unit_name(const Device& device);

/// Whether drivers call it so, exactly.
[[nodiscard]] bool has_driver_name(const Product& product, std::string_view driver_name);

/// The product that drivers call exactly so and, of a device at hand, that has as many units: some
/// laptops' GPUs have the names of others. Of several the one with about as much memory. Null when
/// there is none, or no telling which.
[[nodiscard]] const Product* product_of_driver_name(std::string_view driver_name,
                                                    double compute_units = 0,
                                                    std::uint64_t memory_bytes = 0);

/// A product that drivers, or device_of(), call exactly so, for estimates only or not: the first of
/// several, which then have the same rates for each unit. Null when there is none.
[[nodiscard]] const Product* product_called(std::string_view device_name);

/// What data sheets call cores: f32 lanes of an NVIDIA GPU, cores of a CPU; 0 for all others.
[[nodiscard]] double cores_of(const Product& product);

/// 2·N·C at the specified clock, dense, FLOP/s; the faster of vector and tensor units; the printed
/// peak of a product without units. NaN where there is no figure for the precision, or no clock.
[[nodiscard]] double peak_of_product(const Product& product, Precision precision);

/// The product as a device that is not at hand: data sheet facts only. One for estimates only is
/// unusable, and of no backend.
[[nodiscard]] Device device_of(const Product& product);

}  // namespace derate
