// SPDX-License-Identifier: Apache-2.0
#include "derate/product.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <sstream>
#include <string>

namespace derate {
namespace {

constexpr ProductClass kPro = ProductClass::professional;
constexpr ProductClass kGeForce = ProductClass::geforce;

// clang-format off
constexpr std::array kProducts = {
    //      name                  driver's name               architecture class    SMs boost tensor  GB/s   W  memory MHz, bits
    Product{"GTX 1080",           "NVIDIA GeForce GTX 1080",      "sm_61", kGeForce,  20, 1733,    0,  320, 180},
    Product{"GTX 1080 Ti",        "NVIDIA GeForce GTX 1080 Ti",   "sm_61", kGeForce,  28, 1582,    0,  484, 250},
    Product{"Tesla P40",          "Tesla P40",                    "sm_61", kPro,      30, 1531,    0,  346, 250},
    Product{"P100 SXM2",          "Tesla P100-SXM2-16GB",         "sm_60", kPro,      56, 1480,    0,  732, 300},
    Product{"P100 PCIe",          "Tesla P100-PCIE-16GB",         "sm_60", kPro,      56, 1303,    0,  732, 250},
    Product{"V100 SXM2",          "Tesla V100-SXM2-16GB",         "sm_70", kPro,      80, 1530,    0,  900, 300},
    Product{"V100 SXM2 32GB",     "Tesla V100-SXM2-32GB",         "sm_70", kPro,      80, 1530,    0,  900, 300},
    Product{"V100 PCIe",          "Tesla V100-PCIE-16GB",         "sm_70", kPro,      80, 1380,    0,  900, 250},
    Product{"Jetson AGX Xavier",  "",                             "sm_72", kPro,       8, 1377,    0, 136.5, 30},
    Product{"T4",                 "Tesla T4",                     "sm_75", kPro,      40, 1590,    0,  320,  70},
    Product{"RTX 2080 Ti",        "NVIDIA GeForce RTX 2080 Ti",   "sm_75", kGeForce,  68, 1545,    0,  616, 250},
    Product{"RTX 2080 Ti FE",     "",                             "sm_75", kGeForce,  68, 1635,    0,  616, 260},
    Product{"A100 SXM 40GB",      "NVIDIA A100-SXM4-40GB",        "sm_80", kPro,     108, 1410,    0, 1555, 400},
    Product{"A100 SXM 80GB",      "NVIDIA A100-SXM4-80GB",        "sm_80", kPro,     108, 1410,    0, 2039, 400},
    Product{"A100 PCIe 40GB",     "NVIDIA A100-PCIE-40GB",        "sm_80", kPro,     108, 1410,    0, 1555, 250},
    Product{"A100 PCIe 80GB",     "NVIDIA A100 80GB PCIe",        "sm_80", kPro,     108, 1410,    0, 1935, 300},
    Product{"A30",                "NVIDIA A30",                   "sm_80", kPro,      56, 1440,    0,  933, 165},
    Product{"A10",                "NVIDIA A10",                   "sm_86", kPro,      72, 1695,    0,  600, 150},
    Product{"RTX 3080",           "NVIDIA GeForce RTX 3080",      "sm_86", kGeForce,  68, 1710,    0,  760, 320},
    Product{"RTX 3090",           "NVIDIA GeForce RTX 3090",      "sm_86", kGeForce,  82, 1695,    0,  936, 350},
    Product{"Jetson AGX Orin",    "",                             "sm_87", kPro,      16, 1300,    0, 204.8, 60},
    Product{"Jetson Orin NX",     "",                             "sm_87", kPro,       8,  918,    0, 102.4, 25},
    Product{"L4",                 "NVIDIA L4",                    "sm_89", kPro,      58, 2040,    0,  300,  72},
    Product{"L40S",               "NVIDIA L40S",                  "sm_89", kPro,     142, 2520,    0,  864, 350},
    Product{"RTX 4080",           "NVIDIA GeForce RTX 4080",      "sm_89", kGeForce,  76, 2505,    0, 716.8, 320},
    Product{"RTX 4090",           "NVIDIA GeForce RTX 4090",      "sm_89", kGeForce, 128, 2520,    0, 1008, 450},
    Product{"H100 SXM",           "NVIDIA H100 80GB HBM3",        "sm_90", kPro,     132, 1980, 1830, 3350, 700},
    Product{"H100 PCIe",          "NVIDIA H100 PCIe",             "sm_90", kPro,     114, 1755, 1620, 2039, 350},
    Product{"H200",               "NVIDIA H200",                  "sm_90", kPro,     132, 1980, 1830, 4800, 700, 3201, 6144},
    Product{"B200",               "NVIDIA B200",                  "sm_100", kPro,    148, 1965, 1856, 8000, 1000, 3996, 7680},
    Product{"RTX 5090",           "NVIDIA GeForce RTX 5090",      "sm_120", kGeForce, 170, 2407,   0, 1792, 575},
};
// clang-format on

/// Lower-case words without the brand.
std::vector<std::string> words(std::string_view text) {
  std::string lower;
  for (const char c : text) {
    lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  std::istringstream stream(lower);
  std::vector<std::string> result;
  for (std::string word; stream >> word;) {
    if (word != "nvidia" && word != "tesla" && word != "geforce") result.push_back(word);
  }
  return result;
}

constexpr std::string_view kSource = "NVIDIA's data sheet";

/// Two transfers a clock, as the driver counts clocks.
Fact memory_bandwidth(const Product& product) {
  if (product.memory_mhz <= 0) return {{}, "its memory clock and bus width are not on record here"};
  return {2 * product.memory_mhz * 1e6 * product.memory_bus_bits / 8,
          fmt::format("2 x {:g} MHz x {} bit (driver of such a GPU)", product.memory_mhz,
                      product.memory_bus_bits)};
}

}  // namespace

std::span<const Product> products() { return kProducts; }

const Product* product_of_driver_name(std::string_view driver_name) {
  const auto* const product =
      std::find_if(kProducts.begin(), kProducts.end(), [&](const Product& candidate) {
        return !driver_name.empty() && candidate.driver_name == driver_name;
      });
  return product == kProducts.end() ? nullptr : product;
}

std::vector<const Product*> find_products(std::string_view text) {
  if (const Product* const product = product_of_driver_name(text)) return {product};
  const std::vector<std::string> wanted = words(text);
  std::vector<const Product*> found;
  for (const Product& product : kProducts) {
    const std::vector<std::string> has = words(product.name);
    if (has == wanted) return {&product};
    const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const std::string& word) {
      return std::find(has.begin(), has.end(), word) != has.end();
    });
    if (all && !wanted.empty()) found.push_back(&product);
  }
  return found;
}

Device device_of(const Product& product) {
  Device device;
  device.backend = "cuda";
  device.name = product.product_class == kGeForce ? fmt::format("GeForce {}", product.name)
                                                  : std::string(product.name);
  device.architecture = product.architecture;
  device.compute_units = product.sms;
  device.compute_units_source = kSource;
  device.clock_specified_hz = {product.boost_mhz * 1e6, std::string(kSource) + ", boost clock"};
  if (product.tensor_mhz > 0) {
    device.clock_tensor_hz = {product.tensor_mhz * 1e6,
                              std::string(kSource) + ", clock of its tensor figures"};
  }
  device.memory_specified_bytes_per_s = {product.memory_gb_per_s * 1e9, std::string(kSource)};
  device.memory_bytes_per_s = memory_bandwidth(product);
  device.power_cap_w = product.tdp_w;
  return device;
}

}  // namespace derate
