// SPDX-License-Identifier: Apache-2.0
// One table of columns says what a line holds; the header of the file must be the same.
#include "hardware/product_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <type_traits>

#include "base/csv.h"
#include "derate/error.h"
#include "hardware/printed_peaks.h"

namespace derate {

namespace embedded {
extern const std::string_view products;  // data/products.csv, by cmake/Embed.cmake
}

namespace {

/// The text of a field as what `member` holds; false where it is not that.
template <auto member>
bool set(Product& product, std::string_view text) {
  auto& value = product.*member;
  if constexpr (std::is_same_v<decltype(value), std::string_view&>) {
    value = text;
    return true;
  } else {
    if (text.empty()) return true;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value > 0;
  }
}

bool set_class(Product& product, std::string_view text) {
  product.is_for_estimates_only = text == "estimates only";
  if (text == to_string(ProductClass::geforce)) product.product_class = ProductClass::geforce;
  return product.is_for_estimates_only || text == to_string(product.product_class);
}

bool set_printed(Product& product, std::string_view text) {
  product.printed_tflops = text;
  return parse_printed_peaks(text).has_value();
}

struct ProductColumn {
  std::string_view name;
  bool (*set)(Product&, std::string_view);
};

constexpr std::array kColumns = {
    ProductColumn{"name", set<&Product::name>},
    ProductColumn{"brand", set<&Product::brand>},
    ProductColumn{"driver_names", set<&Product::driver_names>},
    ProductColumn{"aliases", set<&Product::aliases>},
    ProductColumn{"cloud_names", set<&Product::cloud_names>},
    ProductColumn{"architecture", set<&Product::architecture>},
    ProductColumn{"class", set_class},
    ProductColumn{"unlike_architecture", set<&Product::unlike_architecture>},
    ProductColumn{"compute_units", set<&Product::compute_units>},
    ProductColumn{"boost_mhz", set<&Product::boost_mhz>},
    ProductColumn{"tensor_mhz", set<&Product::tensor_mhz>},
    ProductColumn{"base_mhz", set<&Product::base_mhz>},
    ProductColumn{"memory_gb_per_s", set<&Product::memory_gb_per_s>},
    ProductColumn{"memory_mhz", set<&Product::memory_mhz>},
    ProductColumn{"memory_bus_bits", set<&Product::memory_bus_bits>},
    ProductColumn{"memory_gib", set<&Product::memory_gib>},
    ProductColumn{"l2_mib", set<&Product::l2_mib>},
    ProductColumn{"tdp_w", set<&Product::tdp_w>},
    ProductColumn{"year", set<&Product::year>},
    ProductColumn{"price_usd", set<&Product::price_usd>},
    ProductColumn{"printed_f32_gflops", set<&Product::printed_f32_gflops>},
    ProductColumn{"printed_tflops", set_printed},
    ProductColumn{"source", set<&Product::source>},
    ProductColumn{"note", set<&Product::note>},
};

[[noreturn]] void refuse(int line, const std::string& sentence) {
  throw Error(ExitCode::invalid_input, fmt::format("products.csv:{}: {}", line, sentence));
}

void check_header(int line, const std::vector<std::string_view>& fields) {
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (i < fields.size() && fields[i] == kColumns[i].name) continue;
    refuse(line, fmt::format("column {} is not {}", i + 1, kColumns[i].name));
  }
}

Product product_in(int line, const std::vector<std::string_view>& fields) {
  if (fields.size() != kColumns.size()) {
    refuse(line, fmt::format("{} fields, not {}", fields.size(), kColumns.size()));
  }
  Product product;
  for (std::size_t i = 0; i < kColumns.size(); ++i) {
    if (kColumns[i].set(product, fields[i])) continue;
    refuse(line, fmt::format("{}: \"{}\" cannot be that", kColumns[i].name, fields[i]));
  }
  return product;
}

}  // namespace

std::vector<std::string_view> names_in(std::string_view field) {
  std::vector<std::string_view> names;
  while (!field.empty()) {
    const std::size_t end = std::min(field.find('|'), field.size());
    names.push_back(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
  }
  return names;
}

std::vector<Product> parse_products(std::string_view csv) {
  std::vector<Product> products;
  bool has_header = false;
  each_csv_line(csv, [&](int line, const std::vector<std::string_view>& fields) {
    if (has_header) {
      products.push_back(product_in(line, fields));
    } else {
      check_header(line, fields);
      has_header = true;
    }
  });
  return products;
}

std::span<const Product> products() {
  static const std::vector<Product> all = parse_products(embedded::products);
  return all;
}

}  // namespace derate
