// SPDX-License-Identifier: Apache-2.0
// Sections through the surface of a GEMM model.
#include "page/gemm_sections.h"

#include <gtest/gtest.h>

#include "page/page_json.h"

namespace derate::page {
namespace {

/// Shapes that all reach 80 % of the peak.
CalibratedGemm level() {
  CalibratedGemm gemm{"library", "examplelib", "",          "f32",       "uniform",
                      "cold",    "burst",      "specified", "specified", {}};
  const GemmPeaks peaks{10e12, 1e12, 100, 4, 4};
  std::vector<GemmSample> samples;
  for (const std::int64_t m : {1024, 2048, 4096, 8192}) {
    for (const std::int64_t n : {1024, 2048, 4096}) {
      for (const std::int64_t k : {1024, 4096, 8192}) {
        samples.push_back({{m, n, k}, gemm_flop({m, n, k}) / 8e12});
      }
    }
  }
  gemm.model = GemmModel::fit(samples, peaks).data();
  return gemm;
}

TEST(GemmSections, CoverTheCalibratedShapesAndStayWithinTheirIntervals) {
  const Json sections = gemm_sections(level());
  EXPECT_EQ(sections.at("measured").size(), 36u);
  ASSERT_EQ(sections.at("lines").size(), 5u);
  EXPECT_EQ(sections.at("lines").front().at("k"), 1024);
  EXPECT_EQ(sections.at("lines").back().at("k"), 8192);
  for (const Json& line : sections.at("lines")) {
    EXPECT_EQ(line.at("points").front().at(0), 1024);
    EXPECT_EQ(line.at("points").back().at(0), 8192);
    for (const Json& point : line.at("points")) {
      const double eta = point.at(1);
      EXPECT_NEAR(eta, 0.8, 0.05);
      EXPECT_LE(point.at(2).get<double>(), eta);
      EXPECT_GE(point.at(3).get<double>(), eta);
    }
  }
}

TEST(GemmSections, OfShapesWithOneDepthAreOneLine) {
  CalibratedGemm gemm = level();
  for (GemmSample& sample : gemm.model.samples) sample.shape.k = 4096;
  EXPECT_EQ(gemm_sections(gemm).at("lines").size(), 1u);
}

}  // namespace
}  // namespace derate::page
