// SPDX-License-Identifier: Apache-2.0
// Times the fit of the GEMM model and 100,000 predictions, on one core: least of
// five.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <vector>

#include "derate/gemm_model.h"
#include "unit/gemm_model/synthetic_gemms.h"

namespace {

constexpr int kRepetitions = 5;
constexpr std::uint64_t kPredictions = 100'000;

template <typename Work>
double least_s(const Work& work) {
  double least = HUGE_VAL;
  for (int i = 0; i < kRepetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
    least = std::min(least, taken.count());
  }
  return least;
}

}  // namespace

int main() {
  derate::GemmTruth truth;
  truth.field = 0.3;
  truth.peaks.compute_units = 132;  // with waves: both forms are fitted and asked
  const std::vector<derate::GemmSample> asked = derate::synthetic_gemms(truth, kPredictions, 2);
  for (const std::uint64_t count : {300U, 1000U, 3000U}) {
    const std::vector<derate::GemmSample> samples = derate::synthetic_gemms(truth, count, 1);
    const double fit_s = least_s([&] { (void)derate::GemmModel::fit(samples, truth.peaks); });
    const derate::GemmModel model = derate::GemmModel::fit(samples, truth.peaks);
    double sum_s = 0;
    const double predict_s = least_s([&] {
      for (const derate::GemmSample& one : asked) sum_s += model.predict(one.shape).time_s;
    });
    std::printf("%5d shapes: fit %.3f s; %d predictions %.3f s (%.3g s in all)\n",
                static_cast<int>(count), fit_s, static_cast<int>(kPredictions), predict_s,
                sum_s / kRepetitions);
  }
}
