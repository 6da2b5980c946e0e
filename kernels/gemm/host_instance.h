// SPDX-License-Identifier: Apache-2.0
// What the host's gemm variants share: operands, the check and the sizes. A variant adds
// multiply().
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "derate/shared_operands.h"
#include "derate/workload.h"
#include "gemm/shapes.h"
#include "gemm/work.h"
#include "hardware/peak.h"

namespace derate::gemm {

/// A, B and C, as often as launches rotate over them.
template <typename T>
class HostSets {
 public:
  struct Set {
    host::Buffer<T> a;
    host::Buffer<T> b;
    host::Buffer<T> c;
  };

  HostSets(const Problem& problem, const Operands& operands, host::PoolSession& session) {
    const std::int64_t m = problem.at("m");
    const std::int64_t n = problem.at("n");
    const std::int64_t k = problem.at("k");
    const double bytes_per_set = work(problem, kPrecisionOf<T>).bytes;
    sets_.resize(static_cast<std::size_t>(operands.sets(bytes_per_set, session.device())));
    for (Set& set : sets_) {
      set = {host::make_operand<T>(session.pool(), m * k, operands.data, kSeedA),
             host::make_operand<T>(session.pool(), k * n, operands.data, kSeedB),
             host::make_result<T>(session.pool(), m * n)};
    }
  }

  [[nodiscard]] int count() const { return static_cast<int>(sets_.size()); }
  [[nodiscard]] Set& operator[](int set) { return sets_[static_cast<std::size_t>(set)]; }

 private:
  std::vector<Set> sets_;
};

template <typename T>
class HostGemm : public Instance {
 public:
  HostGemm(const Problem& problem, const Operands& operands, host::PoolSession& session)
      : m_(problem.at("m")),
        n_(problem.at("n")),
        k_(problem.at("k")),
        pool_(session.pool()),
        problem_(problem),
        data_(operands.data),
        sets_(made_or_shared<HostSets<T>>(
            operands, [&] { return HostSets<T>(problem, operands, session); })) {}

  void launch(int set) override {
    auto& operands = (*sets_)[set];
    multiply(operands.a.data(), operands.b.data(), operands.c.data());
  }

  [[nodiscard]] int sets() const override { return sets_->count(); }

  void poison() override { host::poison(pool_, (*sets_)[0].c); }

  [[nodiscard]] std::optional<std::string> check() override {
    const host::Buffer<T>& c = (*sets_)[0].c;
    return gemm::check<T>(data_, problem_, [&](std::int64_t row) { return c.data() + row * n_; });
  }

 protected:
  /// C = A·B, row-major: A is m x k, B is k x n.
  virtual void multiply(const T* a, const T* b, T* c) = 0;

  const std::int64_t m_;
  const std::int64_t n_;
  const std::int64_t k_;
  host::ThreadPool& pool_;

 private:
  Problem problem_;
  DataPattern data_;
  std::shared_ptr<HostSets<T>> sets_;
};

/// Launches of 20 ms at the most, were they at the peak.
template <typename T>
std::vector<Problem> host_shapes(std::int64_t count, const Device& device) {
  const std::optional<Peak> peak = peak_of(device, Bound::compute, kPrecisionOf<T>);
  const double most_flops = 0.02 * (peak ? peak->specified() : std::nullopt).value_or(1e11);
  return shapes(count, limits_of(most_flops, 0.1 * static_cast<double>(device.memory_bytes) /
                                                 static_cast<double>(sizeof(T))));
}

/// Everything about a host variant of gemm but who multiplies. `shape_count`: of the suite of
/// shapes.
template <typename T>
Workload host_workload(const std::string& variant, const std::string& provider,
                       std::int64_t shape_count, const decltype(Workload::prepare)& prepare) {
  return {
      .name = "gemm",
      .variant = variant,
      .provider = provider,
      .backend = "host",
      .precision = kPrecisionOf<T>,
      .bound = Bound::compute,
      .problems =
          [](const Device&) {
            return cubes({512, 2048});
          },
      // No extent is a multiple of a vector or of a block: every edge is met.
      .test_problem = []() -> Problem {
        return {{"m", 67}, {"n", 45}, {"k", 131}};
      },
      .work = [](const Problem& problem) { return work(problem, kPrecisionOf<T>); },
      .size_class = size_class,
      .prepare = prepare,
      .more_problems =
          [](const Device&) {
            return cubes({64, 128, 256, 384, 768, 1000, 1024, 1536, 3072});
          },
      .shapes = [shape_count](const Device& device) { return host_shapes<T>(shape_count, device); },
      .refuses = refused<T>};
}

/// The same for a variant without stages, whose constructor does all.
template <typename T, typename Variant>
Workload host_workload(const std::string& variant, const std::string& provider,
                       std::int64_t shape_count) {
  return host_workload<T>(variant, provider, shape_count,
                          [](const Problem& problem, const Operands& operands,
                             Session& session) -> std::unique_ptr<Instance> {
                            return std::make_unique<Variant>(problem, operands,
                                                             host::pool_session(session));
                          });
}

}  // namespace derate::gemm
