// SPDX-License-Identifier: Apache-2.0
// Calibrations: what is read can be shown and asked, and written and read again it is the same.
#include "derate/calibration.h"
#include "fuzz.h"

namespace derate::fuzz {
namespace {

void ask(const Calibration& calibration) {
  for (const CalibratedGemm& gemm : calibration.gemm_models) {
    const GemmPrediction predicted =
        predict_gemm(calibration, gemm.precision, {300, 700, 500}, gemm.provider);
    require(predicted.time_s > 0, "a product takes no time");
  }
}

void read_and_write_calibration(std::string_view input) {
  const Calibration calibration = read_calibration(file_of(input));
  const std::string once = to_json(calibration);
  require_equal(once, read_again([&] { return to_json(read_calibration(file_of(once))); }),
                "a calibration changed as it was written");
  static_cast<void>(render(calibration, Format::table));
  ask(calibration);
}

const Registered calibration({"calibration", read_and_write_calibration});

}  // namespace
}  // namespace derate::fuzz
