// SPDX-License-Identifier: Apache-2.0
// my_planner CALIBRATION M N K: what a calibration knows of products in f32.
#include <cstdio>
#include <cstdlib>

#include "derate/calibration.h"
#include "derate/error.h"

int main(int count, char** arguments) try {
  if (count != 5) return 2;
  const derate::Calibration calibration = derate::read_calibration(arguments[1]);
  if (const derate::Factor* factor = derate::factor_of(calibration, "gemm", "f32")) {
    std::printf("eta %.3f %.3f %.3f\n", factor->eta.value, factor->eta.interval.low,
                factor->eta.interval.high);
  }
  const auto extent = [&](int i) { return std::atoll(arguments[i]); };
  const derate::GemmPrediction product =
      derate::predict_gemm(calibration, "f32", {extent(2), extent(3), extent(4)});
  std::printf("time_s %.4g %.4g %.4g\n", product.time_s, product.interval_s.low,
              product.interval_s.high);
  return 0;
} catch (const derate::Error& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.code());
}
