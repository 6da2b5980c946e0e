// SPDX-License-Identifier: Apache-2.0
// What is usual: lines of a table of references, and intervals of the figures of collections.
#include "report/usual.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "derate/error.h"
#include "unit/report/checked_runs.h"

namespace derate {
namespace {

using test::holds;

TEST_F(Files, AReferenceIsOfAProblemOrElseOfItsClassOfSizes) {
  const References references = References::of_file(write(
      "sizes.csv",
      R"(device,workload,precision,problem,mode,eta_low,eta_high,devices,collections,source,licence
Example GPU,gemm,f32,large,burst,0.5,0.6,,1,a table,CC0
Example GPU,gemm,f32,m:4096/n:4096/k:4096,burst,0.8,0.9,,5,a table,CC0
Example GPU,memory_triad,f32,large,burst,0.7,0.8,,1,a table,CC0
)"));
  Row row = test::rows_of(product(0.85)).front();
  EXPECT_EQ(references.usual(row)->low, 0.8);
  row.problem = "m:8192/n:8192/k:8192";
  EXPECT_EQ(references.usual(row)->low, 0.5);
  row.size_class = "small";
  EXPECT_FALSE(references.usual(row));
  row.size_class = "large";
  row.provider = "derate";  // products of others are a library's
  EXPECT_FALSE(references.usual(row));
  row.workload = "memory_triad";  // and their streams are their own, as here
  EXPECT_EQ(references.usual(row)->low, 0.7);
}

TEST_F(Files, BadReferencesAreNamedByLine) {
  for (const auto& [text, words] : std::map<std::string, std::string>{
           {"a,b\n", "line 1: 2 fields"},
           {"# remark\nd,w,p,x,m,0.5,zero,1,2,s,l\n", "line 2: field \"eta_high\" is \"zero\""},
           {"d,w,p,x,m,0.5,0.4,1,2,s,l\n", "line 1: field \"eta_low\" is above"},
           {"d,w,p,x,m,-1,0.4,1,2,s,l\n", "line 1: field \"eta_low\" is \"-1\""},
           {"d,w,p,x,m,0.1,0.4,1,,s,l\n", "line 1: field \"collections\" is \"\""}}) {
    try {
      static_cast<void>(References::of_file(write("bad.csv", text)));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      EXPECT_TRUE(holds(error.what(), words)) << error.what();
    }
  }
}

TEST(Usual, IsTheIntervalOfTheNextFigure) {
  // ln: mean -0.2231, deviation 0.1; t of 2 degrees of freedom is 2.920.
  const std::array figures = {0.8 * std::exp(-0.1), 0.8, 0.8 * std::exp(0.1)};
  const Usual usual = usual_of(figures, "");
  const double half = 2.920 * 0.1 * std::sqrt(1 + 1.0 / 3);
  EXPECT_NEAR(usual.low, 0.8 * std::exp(-half), 1e-3);
  EXPECT_NEAR(usual.high, 0.8 * std::exp(half), 1e-3);
  EXPECT_FALSE(usual_of(std::span(figures).first(1), "").is_range());
}

/// Every figure of the collections, held against the range of the other collections.
TEST(Usual, HoldsNineInTenOfTheCollectionsLeftOut) {
  std::ifstream file(std::filesystem::path(DERATE_SHARED_DATA) / "gemm_eta_collections.csv");
  if (!file) GTEST_SKIP() << "no collections of other people's figures here";
  std::map<std::string, std::vector<double>> cells;
  for (std::string line; std::getline(file, line);) {
    const std::size_t eta = line.rfind(',');
    const std::size_t collection = line.rfind(',', eta - 1);
    if (line.starts_with('#') || line.starts_with("device,")) continue;
    cells[line.substr(0, collection)].push_back(std::stod(line.substr(eta + 1)));
  }
  double all = 0, held = 0, bf16 = 0, low = 0;
  for (const auto& [cell, etas] : cells) {
    if (etas.size() < 3) continue;
    for (std::size_t out = 0; out < etas.size(); ++out) {
      std::vector<double> others = etas;
      others.erase(others.begin() + static_cast<std::ptrdiff_t>(out));
      const Usual usual = usual_of(others, "");
      ++all;
      held += usual.low <= etas[out] && etas[out] <= usual.high;
      if (cell.find(",bf16,") == std::string::npos) continue;
      ++bf16;
      low += 0.75 * median(others) < usual.low;
    }
  }
  EXPECT_GT(all, 900);
  EXPECT_NEAR(held / all, 0.902, 0.005);
  EXPECT_GE(low / bf16, 0.80);
}

TEST(Reference, KnowsTheBuiltInDevices) {
  Record record = product(0.7).front();
  record.precision = "bf16";
  record.device_name = "NVIDIA H200";
  const std::vector<Row> rows = test::rows_of({record});
  const std::optional<Usual> usual = References::built_in().usual(rows.front());
  ASSERT_TRUE(usual);
  EXPECT_EQ(usual->figures, 10);
  EXPECT_NEAR(usual->low, 0.634, 0.001);
}

}  // namespace
}  // namespace derate
