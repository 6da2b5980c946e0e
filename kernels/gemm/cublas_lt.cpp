// SPDX-License-Identifier: Apache-2.0
// gemm, cublas_lt: NVIDIA's library on tensor units, with the algorithm that its own heuristic puts
// first: what a program gets that asks for nothing special. Compared with the peak of dense
// operands of that format.
#include "cuda/cublas_lt.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "gemm/device.h"
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
  const LayoutOfB layout =
      cuda::wants_column_major_b(kFormatOf<T>) ? LayoutOfB::column_major : LayoutOfB::row_major;
  return std::make_unique<DeviceInstance<T>>(problem, operands, session, multiply, layout,
                                             product->algorithm());
}

template <typename T>
Workload workload() {
  return {
      .name = "gemm",
      .variant = "cublas_lt",
      .provider = "cublas",
      .backend = "cuda",
      .precision = kFormatOf<T>,
      .bound = Bound::compute,
      .units = Units::tensor,
      .accumulator = OperandOf<T>::kSums,
      .problems =
          [](const Device& device) {
            return cubes<T>({512, 1024, 2048, 4096, 8192}, device);
          },
      // Multiples of 16, which 8-bit operands must be, but of no tile.
      .test_problem = []() -> Problem {
        return {{"m", 144}, {"n", 80}, {"k", 112}};
      },
      .work = work_of<T>,
      .size_class = size_class,
      .prepare = prepare<T>,
      .unsupported = [](const Device& device) -> std::optional<std::string> {
        return tensor_units_unsupported("cuBLASLt", kFormatOf<T>, device);
      },
      .library = cuda::cublas_lt_version,
  };
}

const Registration f16{workload<F16>()};
const Registration bf16{workload<Bf16>()};
const Registration tf32{workload<Tf32>()};
const Registration fp8{workload<E4m3>()};
const Registration i8{workload<S8>()};

}  // namespace
}  // namespace derate::gemm
