// SPDX-License-Identifier: Apache-2.0
// What the variants on the CPU share: operands, the check, and the workload but for its name.
#pragma once

#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "derate/workload.h"
#include "dot/work.h"

namespace dot {

using Kernel = double (*)(const double* x, const double* y, std::int64_t n);

class HostDot final : public derate::Instance {
 public:
  HostDot(Kernel kernel, const derate::Problem& problem, const derate::Operands& operands,
          const derate::Device& device)
      : kernel_(kernel), n_(problem.at("n")), data_(operands.data) {
    const int sets = operands.sets(work(problem).bytes, device);
    for (int set = 0; set < sets; ++set) sets_.push_back({make(kSeedX), make(kSeedY)});
  }

  void launch(int set) override {
    Set& operands = sets_[static_cast<std::size_t>(set)];
    operands.result = kernel_(operands.x.data(), operands.y.data(), n_);
  }

  [[nodiscard]] int sets() const override { return static_cast<int>(sets_.size()); }

  [[nodiscard]] std::optional<std::string> check() override {
    const Reference right = reference(n_, data_);
    const double got = sets_.front().result;
    if (std::abs(got - right.value) <= right.tolerance) return std::nullopt;
    return "the sum is " + std::to_string(got) + ", not " + std::to_string(right.value);
  }

 private:
  struct Set {
    std::vector<double> x;
    std::vector<double> y;
    // A kernel that does nothing is never right by chance.
    double result = std::numeric_limits<double>::quiet_NaN();
  };

  [[nodiscard]] std::vector<double> make(std::uint64_t seed) const {
    std::vector<double> values(static_cast<std::size_t>(n_));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = element(data_, seed, i);
    return values;
  }

  Kernel kernel_;
  std::int64_t n_;
  derate::DataPattern data_;
  std::vector<Set> sets_;
};

inline derate::Workload host_variant(std::string variant, Kernel kernel) {
  return {.name = "dot",
          .variant = std::move(variant),
          .provider = "my_kernels",
          .backend = "host",
          .precision = derate::Precision::f64,
          .bound = derate::Bound::memory,
          .problems = [](const derate::Device&) -> std::vector<derate::Problem> {
            return {{{"n", 1 << 14}}, {{"n", 1 << 20}}};
          },
          .test_problem = []() -> derate::Problem {
            return {{"n", 1001}};
          },
          .work = work,
          .size_class = size_class,
          .prepare = [kernel](const derate::Problem& problem, const derate::Operands& operands,
                              derate::Session& session) -> std::unique_ptr<derate::Instance> {
            return std::make_unique<HostDot>(kernel, problem, operands, session.device());
          }};
}

}  // namespace dot
