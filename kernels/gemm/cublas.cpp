// SPDX-License-Identifier: Apache-2.0
// gemm, cublas: NVIDIA's library as the baseline, in the precision of the operands throughout. In
// f64 it takes tensor units where a device has them, so their peak is the one that bounds it.
#include "backend/cuda/cublas.h"

#include <memory>

#include "gemm/device_workload.h"

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
Workload workload(const Sizes& sizes) {
  Workload workload = device_workload<T>("cublas", "cublas", sizes, prepare<T>);
  if (kPrecisionOf<T> == Precision::f64) workload.units = Units::tensor;
  workload.library = cuda::cublas_version;
  return workload;
}

// One size of each class: what programs get.
const Registration f32_registration{
    workload<float>({.quick = {512, 2048, 8192}, .full = kCubes, .shapes = 360})};
const Registration f64_registration{
    workload<double>({.quick = {4096}, .full = kCubes, .shapes = 360})};

}  // namespace
}  // namespace derate::gemm
