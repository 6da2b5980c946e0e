// SPDX-License-Identifier: Apache-2.0
// gemm, cublas_lt: NVIDIA's library on tensor units, with the algorithm that its own heuristic puts
// first: what a program gets that asks for nothing special. Compared with the peak of dense
// operands of that format.
#include "backend/cuda/cublas_lt.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gemm/device_workload.h"
#include "gemm/tensor_support.h"

namespace derate::gemm {
namespace {

template <typename T>
std::unique_ptr<Instance> prepare(const Problem& problem, const Operands& operands,
                                  Session& session) {
  const auto extent = [&](const char* name) { return static_cast<int>(problem.at(name)); };
  // Shared, because a std::function must be copyable and these are not.
  const auto product =
      std::make_shared<const cuda::CublasLt>(kFormatOf<T>, extent("m"), extent("n"), extent("k"));
  const auto workspace =
      std::make_shared<const cuda::DeviceBuffer<std::byte>>(cuda::CublasLt::kWorkspaceBytes);
  const auto multiply = [product, workspace](const Product<T>& of, cudaStream_t stream) {
    product->multiply(of.a, of.b, of.c, workspace->data(), stream);
  };
  // For 8-bit operands B lies column by column, the only layout that the library takes on every
  // architecture; measured side by side, it reads the same bytes as columns.
  const LayoutOfB layout =
      cuda::wants_column_major_b(kFormatOf<T>) ? LayoutOfB::column_major : LayoutOfB::row_major;
  return std::make_unique<DeviceInstance<T>>(problem, operands, session, multiply, layout,
                                             product->algorithm());
}

template <typename T>
Workload workload(std::vector<std::int64_t> quick) {
  const std::int64_t granule = sizeof(T) == 1 ? 16 : 1;  // 8-bit operands must be multiples of 16
  Workload workload = device_workload<T>(
      "cublas_lt", "cublas",
      {.quick = std::move(quick), .full = kCubes, .shapes = 360, .granule = granule}, prepare<T>);
  // Multiples of 16, but of no tile.
  workload.test_problem = []() -> Problem { return {{"m", 144}, {"n", 80}, {"k", 112}}; };
  workload.unsupported = [](const Device& device) {
    return tensor_units_unsupported("cuBLASLt", kFormatOf<T>, device);
  };
  workload.library = cuda::cublas_lt_version;
  workload.refuses = [granule](const Problem& problem, const Device& device) {
    for (const char* extent : {"m", "n", "k"}) {
      if (problem.at(extent) % granule == 0) continue;
      return std::optional<std::string>("cuBLASLt multiplies 8-bit operands where " +
                                        std::string(extent) + " is a multiple of 16");
    }
    return refused<T>(problem, device);
  };
  return workload;
}

// bf16 in one size of each class, since it is what programs use most.
const Registration f16{workload<F16>({8192})};
const Registration bf16{workload<Bf16>({512, 2048, 8192})};
const Registration tf32{workload<Tf32>({8192})};
const Registration fp8{workload<E4m3>({8192})};
const Registration i8{workload<S8>({8192})};

}  // namespace
}  // namespace derate::gemm
