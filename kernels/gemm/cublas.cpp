// SPDX-License-Identifier: Apache-2.0
// gemm, cublas: NVIDIA's library as the baseline, in the precision of the operands throughout. In
// f64 it takes tensor units where a device has them, so their peak is the one that bounds it.
#include "cuda/cublas.h"

#include <memory>

#include "gemm/device.h"

namespace derate::gemm {
namespace {

template <typename T>
std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  // Shared, because a std::function must be copyable and a handle is not.
  const auto cublas =
      std::make_shared<const cuda::Cublas>(cuda::stream_of(session), kPrecisionOf<T>);
  const auto multiply = [cublas](const Product<T>& product, cudaStream_t) {
    cublas->multiply(product.m, product.n, product.k, product.a, product.b, product.c);
  };
  return std::make_unique<DeviceInstance<T>>(problem, operands, session, multiply);
}

template <typename T>
Workload workload(Precision precision) {
  return {
      .name = "gemm",
      .variant = "cublas",
      .provider = "cublas",
      .backend = "cuda",
      .precision = precision,
      .bound = Bound::compute,
      .units = precision == Precision::f64 ? Units::tensor : Units::vector,
      .problems =
          [](const Device& device) {
            return cubes<T>({512, 1024, 2048, 4096, 8192}, device);
          },
      .test_problem = device_test_problem,
      .work = [precision](const Problem& problem) { return work(problem, precision); },
      .size_class = size_class,
      .prepare = prepare<T>,
      .library = cuda::cublas_version,
  };
}

const Registration f32_registration{workload<float>(Precision::f32)};
const Registration f64_registration{workload<double>(Precision::f64)};

}  // namespace
}  // namespace derate::gemm
