// SPDX-License-Identifier: Apache-2.0
// Descriptors, layouts and heuristic of one product by functions looked up in libcublasLt. Split-k
// reductions in 16 bits are excluded, since records state sums in f32.
#include "backend/cuda/cublas_lt.h"

#include <cstdint>

#include "backend/cuda/cublas_library.h"
#include "backend/cuda/cublas_lt_names.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

/// The functions used, with the types of the header that this program was built with.
struct Api {
  OpenedLibrary opened = load_cublas("cublasLt");
  decltype(&cublasLtCreate) create = find<decltype(cublasLtCreate)>("cublasLtCreate");
  decltype(&cublasLtDestroy) destroy = find<decltype(cublasLtDestroy)>("cublasLtDestroy");
  decltype(&cublasLtGetProperty) property =
      find<decltype(cublasLtGetProperty)>("cublasLtGetProperty");
  decltype(&cublasLtMatmul) matmul = find<decltype(cublasLtMatmul)>("cublasLtMatmul");
  decltype(&cublasLtMatmulDescCreate) create_operation =
      find<decltype(cublasLtMatmulDescCreate)>("cublasLtMatmulDescCreate");
  decltype(&cublasLtMatmulDescDestroy) destroy_operation =
      find<decltype(cublasLtMatmulDescDestroy)>("cublasLtMatmulDescDestroy");
  decltype(&cublasLtMatmulDescSetAttribute) set_operation =
      find<decltype(cublasLtMatmulDescSetAttribute)>("cublasLtMatmulDescSetAttribute");
  decltype(&cublasLtMatrixLayoutCreate) create_layout =
      find<decltype(cublasLtMatrixLayoutCreate)>("cublasLtMatrixLayoutCreate");
  decltype(&cublasLtMatrixLayoutDestroy) destroy_layout =
      find<decltype(cublasLtMatrixLayoutDestroy)>("cublasLtMatrixLayoutDestroy");
  decltype(&cublasLtMatmulPreferenceCreate) create_preference =
      find<decltype(cublasLtMatmulPreferenceCreate)>("cublasLtMatmulPreferenceCreate");
  decltype(&cublasLtMatmulPreferenceDestroy) destroy_preference =
      find<decltype(cublasLtMatmulPreferenceDestroy)>("cublasLtMatmulPreferenceDestroy");
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference =
      find<decltype(cublasLtMatmulPreferenceSetAttribute)>("cublasLtMatmulPreferenceSetAttribute");
  decltype(&cublasLtMatmulAlgoGetHeuristic) heuristic =
      find<decltype(cublasLtMatmulAlgoGetHeuristic)>("cublasLtMatmulAlgoGetHeuristic");
  decltype(&cublasLtMatmulAlgoConfigGetAttribute) configuration =
      find<decltype(cublasLtMatmulAlgoConfigGetAttribute)>("cublasLtMatmulAlgoConfigGetAttribute");

  [[nodiscard]] bool complete() const {
    return create && destroy && property && matmul && create_operation && destroy_operation &&
           set_operation && create_layout && destroy_layout && create_preference &&
           destroy_preference && set_preference && heuristic && configuration;
  }

 private:
  template <typename Function>
  [[nodiscard]] Function* find(const char* name) const {
    return opened.library.function<Function>(name);
  }
};

/// Loaded once and never unloaded: the driver may still hold its kernels at exit.
const Api& api() {
  static const Api* const loaded = new Api;
  return *loaded;
}

/// How cuBLASLt calls what a product consists of.
struct Types {
  cudaDataType_t operands;
  cudaDataType_t result;
  cublasComputeType_t compute;
  cudaDataType_t scale;  // of the factors of A·B and C
};

Types types_of(Precision operands) {
  switch (operands) {
    case Precision::f16:
      return {CUDA_R_16F, CUDA_R_16F, CUBLAS_COMPUTE_32F, CUDA_R_32F};
    case Precision::bf16:
      return {CUDA_R_16BF, CUDA_R_16BF, CUBLAS_COMPUTE_32F, CUDA_R_32F};
    case Precision::tf32:
      return {CUDA_R_32F, CUDA_R_32F, CUBLAS_COMPUTE_32F_FAST_TF32, CUDA_R_32F};
    case Precision::fp8:
      return {CUDA_R_8F_E4M3, CUDA_R_16BF, CUBLAS_COMPUTE_32F, CUDA_R_32F};
    case Precision::i8:
      return {CUDA_R_8I, CUDA_R_32I, CUBLAS_COMPUTE_32I, CUDA_R_32I};
    default:
      throw DeviceError(
          "no product of " + std::string(to_string(operands)) + " operands is asked of cuBLASLt",
          false);
  }
}

struct DestroyPreference {
  void operator()(cublasLtMatmulPreference_t preference) const {
    static_cast<void>(api().destroy_preference(preference));
  }
};

template <typename Value>
void set(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute,
         Value value) {
  check_cublas(api().set_preference(preference, attribute, &value, sizeof value),
               "cublasLtMatmulPreferenceSetAttribute");
}

}  // namespace

std::string cublas_lt_version() {
  return api().complete() ? cublas_version_text("cuBLASLt", api().property) : "cuBLASLt";
}

std::string cublas_lt_origin() {
  if (!api().complete()) return cublas_shortcoming(api().opened);
  return cublas_lt_version() + " is " + api().opened.file;
}

void CublasLt::Destroy::operator()(cublasLtHandle_t handle) const {
  static_cast<void>(api().destroy(handle));
}
void CublasLt::Destroy::operator()(cublasLtMatmulDesc_t operation) const {
  static_cast<void>(api().destroy_operation(operation));
}
void CublasLt::Destroy::operator()(cublasLtMatrixLayout_t layout) const {
  static_cast<void>(api().destroy_layout(layout));
}

/// Of a column-major matrix without gaps.
CublasLt::Layout CublasLt::layout(cudaDataType_t type, int rows, int columns) {
  cublasLtMatrixLayout_t made = nullptr;
  check_cublas(api().create_layout(&made, type, static_cast<std::uint64_t>(rows),
                                   static_cast<std::uint64_t>(columns), rows),
               "cublasLtMatrixLayoutCreate");
  return Layout(made);
}

// cuBLASLt is column-major. Read that way, a row-major matrix is its transpose, and C' = B'·A'. A B
// that lies column by column reads as B itself, and is to be transposed.
CublasLt::CublasLt(Precision operands, int m, int n, int k) : operands_(operands) {
  if (!api().complete()) refuse_cublas(api().opened);
  const Types types = types_of(operands);
  cublasLtHandle_t handle = nullptr;
  check_cublas(api().create(&handle), "cublasLtCreate");
  handle_.reset(handle);
  cublasLtMatmulDesc_t operation = nullptr;
  check_cublas(api().create_operation(&operation, types.compute, types.scale),
               "cublasLtMatmulDescCreate");
  operation_.reset(operation);
  set_exact_sums();
  const bool transposed = wants_column_major_b(operands);
  const auto of_b = static_cast<std::int32_t>(transposed ? CUBLAS_OP_T : CUBLAS_OP_N);
  check_cublas(api().set_operation(operation, CUBLASLT_MATMUL_DESC_TRANSA, &of_b, sizeof of_b),
               "cublasLtMatmulDescSetAttribute");
  b_ = transposed ? layout(types.operands, k, n) : layout(types.operands, n, k);
  a_ = layout(types.operands, k, m);
  c_ = layout(types.result, n, m);
  choose(m, n, k);
}

/// For fp8, where the library could keep partial sums in the tensor units of Ada and Hopper, which
/// is faster: said and not left to a default, since the record states sums in f32.
void CublasLt::set_exact_sums() {
  if (operands_ != Precision::fp8) return;
  const std::int8_t off = 0;
  check_cublas(
      api().set_operation(operation_.get(), CUBLASLT_MATMUL_DESC_FAST_ACCUM, &off, sizeof off),
      "cublasLtMatmulDescSetAttribute");
}

void CublasLt::choose(int m, int n, int k) {
  cublasLtMatmulPreference_t made = nullptr;
  check_cublas(api().create_preference(&made), "cublasLtMatmulPreferenceCreate");
  const std::unique_ptr<cublasLtMatmulPreferenceOpaque_t, DestroyPreference> preference(made);
  set(made, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, std::uint64_t{kWorkspaceBytes});
  const Types types = types_of(operands_);
  if (types.result != types.scale) {
    // Parts of a split k are not to be added in 16 bits: the record says that sums are f32.
    set(made, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK,
        std::uint32_t{CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE});
  }
  cublasLtMatmulHeuristicResult_t first{};
  int found = 0;
  const cublasStatus_t status = api().heuristic(handle_.get(), operation_.get(), b_.get(), a_.get(),
                                                c_.get(), c_.get(), made, 1, &first, &found);
  if (status == CUBLAS_STATUS_NOT_SUPPORTED || (status == CUBLAS_STATUS_SUCCESS && found == 0)) {
    throw DeviceError("cuBLASLt has no algorithm here for " + std::string(to_string(operands_)) +
                          " operands of m = " + std::to_string(m) + ", n = " + std::to_string(n) +
                          ", k = " + std::to_string(k),
                      false);
  }
  check_cublas(status, "cublasLtMatmulAlgoGetHeuristic");
  check_cublas(first.state, "cublasLtMatmulAlgoGetHeuristic");
  algorithm_ = first.algo;
}

void CublasLt::multiply(const void* a, const void* b, void* c, void* workspace,
                        cudaStream_t stream) const {
  const bool integers = operands_ == Precision::i8;
  const float one = 1;
  const float zero = 0;
  const std::int32_t integer_one = 1;
  const std::int32_t integer_zero = 0;
  const void* const alpha = integers ? static_cast<const void*>(&integer_one) : &one;
  const void* const beta = integers ? static_cast<const void*>(&integer_zero) : &zero;
  check_cublas(
      api().matmul(handle_.get(), operation_.get(), alpha, b, b_.get(), a, a_.get(), beta, c,
                   c_.get(), c, c_.get(), &algorithm_, workspace, kWorkspaceBytes, stream),
      "cublasLtMatmul");
}

std::string CublasLt::algorithm() const {
  const char* const sums = operands_ == Precision::fp8 ? ", no fast accumulation" : "";
  return describe(algorithm_, api().configuration) + sums;
}

}  // namespace derate::cuda
