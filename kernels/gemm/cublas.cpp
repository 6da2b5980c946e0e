// SPDX-License-Identifier: Apache-2.0
// gemm, cublas and cublas_pedantic: NVIDIA's library as the baseline, in the precision of the
// operands throughout. cublas has the library's default math mode, as programs do; in f64 it takes
// tensor units where a device has them, so their peak is the one that bounds it. cublas_pedantic is
// f32 in the mode that prescribes all arithmetic: where the two differ, own code has to stand
// beside the faster.
#include "backend/cuda/cublas.h"

#include <memory>
#include <string>
#include <utility>

#include "gemm/device_workload.h"

namespace derate::gemm {
namespace {

using cuda::CublasMath;

template <typename T, CublasMath kMath>
std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  // Shared, because a std::function must be copyable and a handle is not.
  const auto cublas = std::make_shared<const cuda::Cublas>(cuda::stream_of(session), kMath);
  const auto multiply = [cublas](const Product<T>& product, cudaStream_t) {
    cublas->multiply(product.m, product.n, product.k, product.a, product.b, product.c);
  };
  return std::make_unique<DeviceInstance<T>>(problem, operands, session, multiply,
                                             LayoutOfB::row_major, to_string(kMath));
}

template <typename T, CublasMath kMath = CublasMath::standard>
Workload workload(std::string variant, const Sizes& sizes) {
  Workload workload = device_workload<T>(std::move(variant), "cublas", sizes, prepare<T, kMath>);
  if (kPrecisionOf<T> == Precision::f64) workload.units = Units::tensor;
  workload.library = cuda::cublas_version;
  return workload;
}

Workload pedantic() {
  Workload pedantic = workload<float, CublasMath::pedantic>(
      "cublas_pedantic", {.quick = {8192}, .full = {2048, 4096}});
  pedantic.shapes = {};  // a model of the default says what programs get
  return pedantic;
}

// One size of each class: what programs get.
const Registration f32_registration{
    workload<float>("cublas", {.quick = {512, 2048, 8192}, .full = kCubes, .shapes = 360})};
const Registration f32_pedantic_registration{pedantic()};
const Registration f64_registration{
    workload<double>("cublas", {.quick = {4096}, .full = kCubes, .shapes = 360})};

}  // namespace
}  // namespace derate::gemm
