// SPDX-License-Identifier: Apache-2.0
// The table of rents: every line is of a product, dated and sourced; what is none is named.
#include "estimate/rents.h"

#include <gtest/gtest.h>

#include <string>

#include "derate/error.h"
#include "hardware/product_name.h"

namespace derate {
namespace {

TEST(Rents, AreOfProductsWithDateAndSource) {
  ASSERT_FALSE(rents().empty());
  for (const Rent& rent : rents()) {
    const Product* const product = find_product(rent.device);
    ASSERT_NE(product, nullptr) << rent.device;
    EXPECT_EQ(product->name, rent.device);
    EXPECT_EQ(rent.date.size(), std::string("2026-05").size());
    EXPECT_FALSE(rent.source.empty());
    EXPECT_EQ(rent_of(rent.device), &rent);
  }
  EXPECT_EQ(rent_of("Tesla K80"), nullptr);
}

std::string refusal(const std::string& line) {
  try {
    (void)parse_rents("# comment\ndevice,low,usual,high,date,source\n" + line + "\n");
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Rents, WhatIsNoRentIsNamedWithItsLine) {
  EXPECT_EQ(refusal("X,1,2,3,2026-05,\"A, B\""), "");
  EXPECT_EQ(refusal("X,1,2,3,2026-05"), "rents.csv:3: 5 fields, not 6");
  EXPECT_EQ(refusal("X,1,free,3,2026-05,A"), "rents.csv:3: \"free\" is no price");
  EXPECT_EQ(refusal("X,3,2,1,2026-05,A"), "rents.csv:3: the prices are in no order");
  EXPECT_THROW((void)parse_rents("device,price\n"), Error);
}

}  // namespace
}  // namespace derate
