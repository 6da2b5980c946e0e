// SPDX-License-Identifier: Apache-2.0
// Calibrations: factors by workload, and predictions of matrix products, for whole arrays in one
// loop.
#include "derate/calibration.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <set>
#include <string>
#include <tuple>

#include "derate/error.h"
#include "module/bindings.h"
#include "page/calibration_page.h"

namespace derate::python {
namespace {

namespace nb = nanobind;

template <typename T>
using Array = nb::ndarray<T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using Extents = Array<const std::int64_t>;

/// The model of the products of one variant, made once.
class Products {
 public:
  explicit Products(const CalibratedGemm& gemm)
      : gemm_(gemm), model_(gemm.model), doubt_(doubt_of(gemm)) {}

  [[nodiscard]] const CalibratedGemm& gemm() const { return gemm_; }
  [[nodiscard]] const GemmModel& model() const { return model_; }
  [[nodiscard]] const std::string& doubt() const { return doubt_; }
  /// As far as a peak is known that operations per second can be shares of.
  [[nodiscard]] double peak_flop_per_s() const {
    return gemm_.compute_peak == "specified" ? gemm_.model.peaks.flop_per_s : kUnknown;
  }

 private:
  CalibratedGemm gemm_;
  GemmModel model_;
  std::string doubt_;
};

struct Answers {
  Array<double> time_s;
  Array<double> low_s;
  Array<double> high_s;
  Array<double> distance_octaves;
  Array<std::int8_t> bound;
  Array<bool> extrapolated;
};

void require_same_size(std::size_t size, std::initializer_list<std::size_t> others) {
  if (std::any_of(others.begin(), others.end(), [&](std::size_t each) { return each != size; })) {
    throw Error(ExitCode::usage, "the arrays are not of one size");
  }
}

/// Fills the answers, and returns the seconds that this loop took.
double predict_all(const GemmModel& model, const Extents& m, const Extents& n, const Extents& k,
                   double confidence, const Answers& to) {
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < m.size(); ++i) {
    const GemmPrediction one = model.predict({m.data()[i], n.data()[i], k.data()[i]}, confidence);
    to.time_s.data()[i] = one.time_s;
    to.low_s.data()[i] = one.interval_s.low;
    to.high_s.data()[i] = one.interval_s.high;
    to.distance_octaves.data()[i] = one.distance_octaves;
    to.bound.data()[i] = static_cast<std::int8_t>(one.bound);
    to.extrapolated.data()[i] = one.extrapolated;
  }
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double predict_arrays(const Products& products, const Extents& m, const Extents& n,
                      const Extents& k, double confidence, const Array<double>& time_s,
                      const Array<double>& low_s, const Array<double>& high_s,
                      const Array<double>& distance_octaves, const Array<std::int8_t>& bound,
                      const Array<bool>& extrapolated) {
  require_same_size(m.size(), {n.size(), k.size(), time_s.size(), low_s.size(), high_s.size(),
                               distance_octaves.size(), bound.size(), extrapolated.size()});
  const nb::gil_scoped_release others_may_run;
  return predict_all(products.model(), m, n, k, confidence,
                     {time_s, low_s, high_s, distance_octaves, bound, extrapolated});
}

auto predict_one(const Products& products, std::int64_t m, std::int64_t n, std::int64_t k,
                 double confidence) {
  const GemmPrediction one = products.model().predict({m, n, k}, confidence);
  return std::tuple(one.time_s, one.interval_s.low, one.interval_s.high,
                    static_cast<int>(one.bound), one.distance_octaves, one.extrapolated);
}

/// What there is, for who asked for something else.
template <typename Each, typename Name>
std::string names_of(const std::vector<Each>& all, Name name) {
  std::set<std::string> names;
  for (const Each& each : all) names.insert(name(each));
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

Products products_of(const Calibration& calibration, const std::string& precision,
                     const std::string& provider) {
  if (const CalibratedGemm* gemm = gemm_model_of(calibration, precision, provider)) {
    return Products(*gemm);
  }
  throw Error(
      ExitCode::not_comparable,
      fmt::format(
          "the calibration has no GEMM model for {}{}, but for: {}; derate run --suite shapes "
          "measures what makes one",
          precision, provider.empty() ? "" : " by " + provider,
          names_of(calibration.gemm_models, [](const CalibratedGemm& gemm) {
            return fmt::format("{} by {}", gemm.precision, gemm.provider);
          })));
}

/// The place of the factor that factor_of() chooses, of one provider where that is named.
std::size_t place_of_factor(const Calibration& calibration, const std::string& workload,
                            const std::optional<std::string>& provider,
                            const std::string& precision, const std::string& size) {
  Calibration of_provider;
  of_provider.device = calibration.device;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < calibration.factors.size(); ++i) {
    if (provider && calibration.factors[i].provider != *provider) continue;
    of_provider.factors.push_back(calibration.factors[i]);
    places.push_back(i);
  }
  const Factor* const found = factor_of(of_provider, workload, precision, size);
  if (found != nullptr) return places[static_cast<std::size_t>(found - of_provider.factors.data())];
  throw Error(ExitCode::not_comparable,
              fmt::format("the calibration has no factor of {} in {} ({}{}), but of: {}", workload,
                          precision, size, provider ? ", by " + *provider : "",
                          names_of(calibration.factors, [](const Factor& factor) {
                            return fmt::format("{} {} {} by {}", factor.workload, factor.precision,
                                               factor.size_class, factor.provider);
                          })));
}

Calibration load(const nb::handle& path) {
  const std::string file = system_text(path);
  const nb::gil_scoped_release others_may_run;
  return read_calibration(file);
}

/// Without the interpreter's lock.
template <typename Function>
auto free(Function function) {
  return [function](const Calibration& calibration) {
    const nb::gil_scoped_release others_may_run;
    return function(calibration);
  };
}

void bind_products(nb::module_& module) {
  nb::class_<Products>(module, "Products")
      .def("predict_one", predict_one, nb::arg("m"), nb::arg("n"), nb::arg("k"),
           nb::arg("confidence"))
      .def("predict_arrays", predict_arrays, nb::arg("m"), nb::arg("n"), nb::arg("k"),
           nb::arg("confidence"), nb::arg("time_s"), nb::arg("low_s"), nb::arg("high_s"),
           nb::arg("distance_octaves"), nb::arg("bound"), nb::arg("extrapolated"))
      .def_prop_ro("provider", [](const Products& p) { return p.gemm().provider; })
      .def_prop_ro("variant", [](const Products& p) { return p.gemm().variant; })
      .def_prop_ro("shapes", [](const Products& p) { return p.gemm().model.samples.size(); })
      .def_prop_ro("peak_flop_per_s", &Products::peak_flop_per_s)
      .def_prop_ro("doubt", &Products::doubt);
}

}  // namespace

void bind_calibration(nb::module_& module) {
  bind_products(module);
  nb::class_<Calibration>(module, "Calibration")
      .def_static("load", load, nb::arg("path"))
      .def("to_json", free([](const Calibration& c) { return to_json(c); }))
      .def("to_table", free([](const Calibration& c) { return render(c, Format::table); }))
      .def("to_html", free([](const Calibration& c) { return page::calibration_html(c); }))
      .def("place_of_factor", place_of_factor, nb::arg("workload"), nb::arg("provider").none(),
           nb::arg("precision"), nb::arg("size"))
      .def("products", products_of, nb::arg("precision"), nb::arg("provider"));
}

}  // namespace derate::python
