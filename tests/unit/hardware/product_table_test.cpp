// SPDX-License-Identifier: Apache-2.0
// How a file of products is read, and how one that is wrong is refused: by line and column.
#include "hardware/product_table.h"

#include <gtest/gtest.h>

#include <string>

#include "derate/error.h"

namespace derate {
namespace {

const std::string kHeader =
    "# what it is\n"
    "name,brand,driver_names,aliases,cloud_names,architecture,class,unlike_architecture,"
    "compute_units,boost_mhz,tensor_mhz,base_mhz,memory_gb_per_s,memory_mhz,memory_bus_bits,"
    "memory_gib,l2_mib,tdp_w,year,price_usd,printed_f32_gflops,printed_tflops,source,note\n";

std::string refusal(const std::string& line) {
  try {
    static_cast<void>(parse_products(line));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::invalid_input);
    return error.what();
  }
  return "";
}

TEST(ProductTable, ReadsALine) {
  const std::string text =
      kHeader +
      "\nX1,Tesla,X1|X1c,,,sm_90,GeForce,,132,1980.5,,,3350,,,80,,700,2022,,,f64 1,me,"
      "\"so, it is\"\n";
  const auto products = parse_products(text);
  ASSERT_EQ(products.size(), 1U);
  const Product& product = products.front();
  EXPECT_EQ(product.name, "X1");
  EXPECT_EQ(names_in(product.driver_names), (std::vector<std::string_view>{"X1", "X1c"}));
  EXPECT_EQ(product.product_class, ProductClass::geforce);
  EXPECT_EQ(product.compute_units, 132);
  EXPECT_EQ(product.boost_mhz, 1980.5);
  EXPECT_EQ(product.tensor_mhz, 0);
  EXPECT_EQ(product.source, "me");
  EXPECT_EQ(product.note, "so, it is");
}

TEST(ProductTable, ReadsALineForEstimatesOnly) {
  const auto products =
      parse_products(kHeader + "X1,,,,,x_1,estimates only,,,,,,3350,,,,,,,,,tensor i8 4,me,\n");
  EXPECT_TRUE(products.front().is_for_estimates_only);
  EXPECT_EQ(products.front().product_class, ProductClass::professional);
  EXPECT_EQ(products.front().compute_units, 0);
}

TEST(ProductTable, RefusesALineByNumberAndColumn) {
  const std::string good = "X1,,,,,sm_90,GeForce,,132,1980,,,3350,,,80,,700,2022,,,,me,\n";
  EXPECT_EQ(refusal(kHeader + good), "");
  EXPECT_EQ(refusal(kHeader + good + "X2,short\n"), "products.csv:4: 2 fields, not 24");
  const auto with = [&](const std::string& what, const std::string& by) {
    std::string line = good;
    return kHeader + line.replace(line.find(what), what.size(), by);
  };
  EXPECT_EQ(refusal(with("1980", "fast")), "products.csv:3: boost_mhz: \"fast\" cannot be that");
  EXPECT_EQ(refusal(with("132", "-1")), "products.csv:3: compute_units: \"-1\" cannot be that");
  EXPECT_EQ(refusal(with("700", "700W")), "products.csv:3: tdp_w: \"700W\" cannot be that");
  EXPECT_EQ(refusal(with("GeForce", "Quadro")), "products.csv:3: class: \"Quadro\" cannot be that");
  EXPECT_EQ(refusal(with(",,me", ",f99 1,me")),
            "products.csv:3: printed_tflops: \"f99 1\" cannot be that");
  EXPECT_EQ(refusal("brand,name\n"), "products.csv:1: column 1 is not name");
}

}  // namespace
}  // namespace derate
