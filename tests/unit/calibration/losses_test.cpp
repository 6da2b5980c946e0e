// SPDX-License-Identifier: Apache-2.0
// Attributed losses: from waterfalls into a calibration, its file, and a sentence.
#include "calibration/losses.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "unit/attribution/simulated_stages.h"
#include "unit/own_path.h"

namespace derate {
namespace {

Calibration calibration_with_losses() {
  attribution_test::Simulated simulated;
  simulated.clock_hz = 2e9;
  simulated.memory = 0.8;
  const Waterfall waterfall = simulated.waterfall();
  Calibration calibration;
  calibration.device = waterfall.whole;
  add_losses({&waterfall, 1}, calibration);
  return calibration;
}

TEST(CalibratedLosses, AreThoseOfTheWaterfall) {
  const Calibration calibration = calibration_with_losses();
  ASSERT_EQ(calibration.losses.size(), 10U);
  EXPECT_EQ(calibration.losses.front().factor, "clock");
  EXPECT_EQ(calibration.losses.front().variant, "tiled");
  double product = 1;
  for (const AttributedLoss& loss : calibration.losses) product *= loss.value.value;
  EXPECT_NEAR(product, 0.98 * 0.99 * 0.97 * 0.96 * 0.8, 0.01);
}

TEST(CalibratedLosses, OfAnotherDeviceAreLeftOut) {
  const Waterfall waterfall = attribution_test::Simulated{}.waterfall(1);
  Calibration calibration;
  calibration.device.device_id = "another";
  add_losses({&waterfall, 1}, calibration);
  EXPECT_TRUE(calibration.losses.empty());
}

TEST(CalibratedLosses, SurviveTheFile) {
  const Calibration before = calibration_with_losses();
  const std::filesystem::path path = test::own_path("derate_losses_");
  std::ofstream(path) << to_json(before);
  const Calibration after = read_calibration(path);
  std::filesystem::remove(path);
  ASSERT_EQ(after.losses.size(), before.losses.size());
  for (std::size_t i = 0; i < after.losses.size(); ++i) {
    EXPECT_EQ(after.losses[i].factor, before.losses[i].factor);
    EXPECT_EQ(after.losses[i].problem, before.losses[i].problem);
    EXPECT_NEAR(after.losses[i].value.value, before.losses[i].value.value, 1e-8);
  }
}

TEST(CalibratedLosses, TheSentenceNamesTheLargestFirst) {
  const Calibration calibration = calibration_with_losses();
  const std::string sentence = losses_sentence(calibration, "f32", "tiled");
  EXPECT_EQ(
      sentence.find("lost on the way from 2·N·C, at tiled f32 m:1000/n:1000/k:1000: memory 1"), 0U)
      << sentence;
  EXPECT_EQ(losses_sentence(calibration, "f64", "tiled"), "");
  EXPECT_EQ(losses_sentence(calibration, "f32", "openblas"), "");
}

}  // namespace
}  // namespace derate
