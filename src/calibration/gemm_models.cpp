// SPDX-License-Identifier: Apache-2.0
// Groups rows of matrix products by variant, library, precision and conditions, takes the median
// time per shape, and fits a GEMM model to each group with enough shapes.
#include "calibration/gemm_models.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>
#include <utility>

#include "derate/error.h"
#include "gemm_model/shape_of_problem.h"

namespace derate {
namespace {

using Rows = std::vector<const Row*>;

auto key_of(const Row& row) {
  return std::tie(row.variant, row.provider, row.library, row.precision, row.data, row.cache,
                  row.mode);
}

bool is_for_a_model(const Row& row) {
  const GemmShape shape = gemm_shape_of(row.problem);
  GemmPeaks widths;
  return row.workload == "gemm" && bound_of(row) == Bound::compute && row.data == "uniform" &&
         row.devices_at_once == 1 && row.amount > 0 && row.achieved.value > 0 && shape.m > 0 &&
         shape.n > 0 && shape.k > 0 && set_gemm_widths(widths, row.precision);
}

/// One a shape, with its median time: rows may differ in what a model does not tell apart, such as
/// the format of the sums.
std::vector<GemmSample> samples_of(const Rows& rows) {
  std::map<std::tuple<std::int64_t, std::int64_t, std::int64_t>, std::vector<double>> times;
  for (const Row* row : rows) {
    const GemmShape shape = gemm_shape_of(row->problem);
    times[{shape.m, shape.n, shape.k}].push_back(row->amount / row->achieved.value);
  }
  std::vector<GemmSample> samples;
  for (const auto& [shape, of_shape] : times) {
    const auto& [m, n, k] = shape;
    samples.push_back({{m, n, k}, median(of_shape)});
  }
  return samples;
}

struct FoundPeak {
  double per_s;
  const char* source;
};

/// A specified peak of the rows, or the fastest of them where none is known; else nothing.
FoundPeak peak_of(const Rows& rows) {
  double specified = 0;
  double fastest = 0;
  for (const Row* row : rows) {
    specified = std::fmax(specified, row->peak);  // fmax passes over NaN
    fastest = std::fmax(fastest, row->achieved.value);
  }
  if (specified > 0) return {specified, "specified"};
  return {fastest, "fastest measured"};
}

FoundPeak memory_peak_of(std::span<const Row* const> rows) {
  Rows streams;
  for (const Row* row : rows) {
    if (bound_of(*row) == Bound::memory && row->cache == "cold") streams.push_back(row);
  }
  const FoundPeak found = peak_of(streams);
  return found.per_s > 0 ? found : FoundPeak{kAssumedBytes_per_s, "assumed"};
}

CalibratedGemm model_of(const Rows& rows, std::span<const GemmSample> samples,
                        const FoundPeak& memory) {
  const Row& first = *rows.front();
  const FoundPeak compute = peak_of(rows);
  GemmPeaks peaks{compute.per_s, memory.per_s, std::fmax(0, first.context->compute_units)};
  set_gemm_widths(peaks, first.precision);
  CalibratedGemm made{first.variant, first.provider,
                      first.library, first.precision,
                      first.data,    first.cache,
                      first.mode,    compute.source,
                      memory.source, GemmModel::fit(samples, peaks).data()};
  for (const Row* row : rows) {
    if (row->outcome == Outcome::unstable) ++made.unstable_rows;
    made.others_share = std::fmax(made.others_share, row->others_share);
  }
  return made;
}

}  // namespace

std::vector<CalibratedGemm> calibrate_gemms(std::span<const Row* const> rows) {
  std::vector<Rows> groups;
  for (const Row* row : rows) {
    if (!is_for_a_model(*row)) continue;
    const auto group = std::find_if(groups.begin(), groups.end(), [&](const Rows& each) {
      return key_of(*each.front()) == key_of(*row);
    });
    if (group == groups.end()) {
      groups.push_back({row});
    } else {
      group->push_back(row);
    }
  }
  const FoundPeak memory = memory_peak_of(rows);
  std::vector<CalibratedGemm> models;
  for (const Rows& group : groups) {
    const std::vector<GemmSample> samples = samples_of(group);
    if (samples.size() >= kFewestGemmSamples) models.push_back(model_of(group, samples, memory));
  }
  return models;
}

const CalibratedGemm* gemm_model_of(const Calibration& calibration, std::string_view precision,
                                    std::string_view provider) {
  const CalibratedGemm* best = nullptr;
  for (const CalibratedGemm& gemm : calibration.gemm_models) {
    if (gemm.precision != precision || (!provider.empty() && gemm.provider != provider)) continue;
    const auto rank = [](const CalibratedGemm& g) {
      return std::tuple(g.provider != "derate", g.mode == "sustained", g.cache == "cold",
                        g.model.knee.eta_compute * g.model.peaks.flop_per_s);
    };
    if (best == nullptr || rank(gemm) > rank(*best)) best = &gemm;
  }
  return best;
}

GemmPrediction predict_gemm(const Calibration& calibration, std::string_view precision,
                            const GemmShape& shape, std::string_view provider, double confidence) {
  const CalibratedGemm* const gemm = gemm_model_of(calibration, precision, provider);
  if (gemm == nullptr) {
    throw Error(ExitCode::not_comparable,
                fmt::format("the calibration has no GEMM model for {}{}: derate run --suite "
                            "shapes measures what makes one",
                            precision, provider.empty() ? "" : fmt::format(" by {}", provider)));
  }
  return GemmModel(gemm->model).predict(shape, confidence);
}

}  // namespace derate
