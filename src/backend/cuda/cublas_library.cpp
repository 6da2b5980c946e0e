// SPDX-License-Identifier: Apache-2.0
// Loads a library of the major version that the program was built with, after clearing the
// environment variables that would change the precision of its arithmetic.
#include "backend/cuda/cublas_library.h"

#include <array>
#include <cstdlib>

#include "derate/cuda/check.h"
#include "derate/error.h"

namespace derate::cuda {
namespace {

// Variables that let cuBLAS emulate a precision with narrower tensor units, or use TF32, without
// having been asked to by the program.
constexpr std::array kPrecisionSwitches = {
    "CUBLAS_EMULATE_SINGLE_PRECISION",
    "CUBLAS_EMULATE_DOUBLE_PRECISION",
    "CUBLAS_EMULATION_STRATEGY",
    "NVIDIA_TF32_OVERRIDE",
};

const char* name_of(cublasStatus_t status) {
  switch (status) {
    case CUBLAS_STATUS_NOT_INITIALIZED:
      return "CUBLAS_STATUS_NOT_INITIALIZED";
    case CUBLAS_STATUS_ALLOC_FAILED:
      return "CUBLAS_STATUS_ALLOC_FAILED";
    case CUBLAS_STATUS_INVALID_VALUE:
      return "CUBLAS_STATUS_INVALID_VALUE";
    case CUBLAS_STATUS_ARCH_MISMATCH:
      return "CUBLAS_STATUS_ARCH_MISMATCH";
    case CUBLAS_STATUS_EXECUTION_FAILED:
      return "CUBLAS_STATUS_EXECUTION_FAILED";
    case CUBLAS_STATUS_INTERNAL_ERROR:
      return "CUBLAS_STATUS_INTERNAL_ERROR";
    case CUBLAS_STATUS_NOT_SUPPORTED:
      return "CUBLAS_STATUS_NOT_SUPPORTED";
    default:
      return "an unknown status";
  }
}

}  // namespace

OpenedLibrary load_cublas(const std::string& name) {
  // A peak of the operands' own precision bounds the result, so the environment has no say.
  for (const char* variable : kPrecisionSwitches) static_cast<void>(unsetenv(variable));
  return open_cublas(name, CUBLAS_VER_MAJOR);
}

std::string cublas_shortcoming(const OpenedLibrary& opened) {
  if (!opened.library) return opened.reason;
  return opened.file + " lacks functions of cuBLAS " + std::to_string(CUBLAS_VER_MAJOR);
}

void refuse_cublas(const OpenedLibrary& opened) {
  if (!opened.library) throw Unsupported(cublas_shortcoming(opened));
  throw DeviceError(cublas_shortcoming(opened), false);
}

std::string cublas_version_text(const std::string& title, decltype(&cublasGetProperty) property) {
  std::string text = title + " ";
  for (const libraryPropertyType part : {MAJOR_VERSION, MINOR_VERSION, PATCH_LEVEL}) {
    int value = 0;
    if (property(part, &value) != CUBLAS_STATUS_SUCCESS) return title;
    text += (part == MAJOR_VERSION ? "" : ".") + std::to_string(value);
  }
  return text;
}

void check_cublas(cublasStatus_t status, const char* call, const std::source_location& place) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  // A fault of the device itself says more than cuBLAS makes of it, and may be final.
  check(cudaGetLastError(), call, place);
  throw DeviceError(std::string(call) + " failed with " + name_of(status) + " (" +
                        std::to_string(static_cast<int>(status)) + ") at " + to_string(place),
                    false);
}

}  // namespace derate::cuda
