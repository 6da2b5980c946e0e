// SPDX-License-Identifier: Apache-2.0
// OpenBLAS, loaded when it is first asked for: a program without it starts all the same. The
// library chooses its kernels by the CPU, unless OPENBLAS_CORETYPE forces some; Haswell's on a Zen
// 5, for instance, halve its speed. So the name tells which kernels ran, and whether they were
// forced.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace derate::host {

/// Names the one library to take, by its file; where it is set, no other is tried.
inline constexpr const char* kOpenBlasVariable = "DERATE_OPENBLAS";

/// The C interface, declared here so that no header of the library is needed. Its enumerations are
/// ints; a build with 64-bit integers has other names for the functions.
inline constexpr int kBlasRowMajor = 101;
inline constexpr int kBlasNoTranspose = 111;
inline constexpr int kBlasTranspose = 112;
template <typename T>
using BlasMultiply = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k,
                              T alpha, const T* a, int lda, const T* b, int ldb, T beta, T* c,
                              int ldc);

struct OpenBlas {
  BlasMultiply<float> sgemm = nullptr;
  BlasMultiply<double> dgemm = nullptr;
  void (*set_threads)(int) = nullptr;
  std::string name = "OpenBLAS";  ///< once loaded, "OpenBLAS 0.3.21 SkylakeX"
  std::string error;              ///< why it cannot be used; empty when it can
  bool is_harmful = false;        ///< ended or held up the process that tried it
};

/// What is tried, in this order: the file that the variable names, alone; else the library of the
/// wheel scipy-openblas32 in `site_packages`, where it is there, then those that the loader knows.
[[nodiscard]] std::vector<std::string> openblas_files(const std::string& of_variable,
                                                      const std::filesystem::path& site_packages);

/// Loads the first of `files` that is an OpenBLAS with 32-bit integers.
[[nodiscard]] OpenBlas load_openblas(const std::vector<std::string>& files);

/// Loaded once and never unloaded: its threads live as long as the process.
[[nodiscard]] const OpenBlas& openblas();

/// The same where it can be used; throws Unsupported where there is none, DeviceError where it is
/// harmful.
[[nodiscard]] const OpenBlas& usable_openblas();

}  // namespace derate::host
