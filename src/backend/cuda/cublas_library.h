// SPDX-License-Identifier: Apache-2.0
// What cuBLAS and cuBLASLt have in common: loading them, and their status codes.
#pragma once

#include <cublas_v2.h>

#include <source_location>
#include <string>

#include "backend/cuda/cublas_search.h"

namespace derate::cuda {

/// "libcublasLt.so.13" for "cublasLt", of the header's major version only: another one may have
/// another ABI. Takes from the environment what would change the precision of a result.
[[nodiscard]] OpenedLibrary load_cublas(const std::string& name);

/// Why `opened`, which lacks a function or is not there, cannot be used: one sentence.
[[nodiscard]] std::string cublas_shortcoming(const OpenedLibrary& opened);

/// Throws it: Unsupported where there is no such library, DeviceError where it is another than its
/// name says.
[[noreturn]] void refuse_cublas(const OpenedLibrary& opened);

/// "cuBLASLt 13.0.2" for the function that each of them has for its version.
[[nodiscard]] std::string cublas_version_text(const std::string& title,
                                              decltype(&cublasGetProperty) property);

/// Returns when `status` is success; otherwise throws DeviceError that names call and place.
void check_cublas(cublasStatus_t status, const char* call,
                  const std::source_location& place = std::source_location::current());

}  // namespace derate::cuda
