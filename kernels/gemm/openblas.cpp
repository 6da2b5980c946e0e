// SPDX-License-Identifier: Apache-2.0
// gemm by OpenBLAS, the host's baseline.
#include "backend/host/openblas.h"

#include "gemm/host_instance.h"

namespace derate::gemm {
namespace {

template <typename T>
class OpenBlasGemm final : public HostGemm<T> {
 public:
  OpenBlasGemm(const Problem& problem, const Operands& operands, host::PoolSession& session)
      : HostGemm<T>(problem, operands, usable(session)) {
    host::openblas().set_threads(session.pool().size());
  }

 private:
  /// Refuses before any operand is allocated.
  static host::PoolSession& usable(host::PoolSession& session) {
    (void)host::usable_openblas();
    return session;
  }

  void multiply(const T* a, const T* b, T* c) override {
    const auto m = static_cast<int>(this->m_);
    const auto n = static_cast<int>(this->n_);
    const auto k = static_cast<int>(this->k_);
    constexpr int kPlain = host::kBlasNoTranspose;
    const auto run = [&](host::BlasMultiply<T> gemm) {
      gemm(host::kBlasRowMajor, kPlain, kPlain, m, n, k, 1, a, k, b, n, 0, c, n);
    };
    if constexpr (std::is_same_v<T, float>) {
      run(host::openblas().sgemm);
    } else {
      run(host::openblas().dgemm);
    }
  }
};

template <typename T>
Workload openblas_workload(std::int64_t shape_count) {
  Workload workload = host_workload<T, OpenBlasGemm<T>>("openblas", "openblas", shape_count);
  workload.library = [] { return host::openblas().name; };
  return workload;
}

const Registration f32{openblas_workload<float>(400)};
const Registration f64{openblas_workload<double>(60)};

}  // namespace
}  // namespace derate::gemm
