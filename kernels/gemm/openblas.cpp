// SPDX-License-Identifier: Apache-2.0
// gemm by OpenBLAS, the host's baseline, loaded when it is first asked for: a program without it
// starts all the same. A baseline must be the library at its best, and releases from before a CPU
// fall back to the kernels of a much older one: 0.3.21 takes Zen 5 for a Haswell, 255 instead of
// 480 GFLOP/s on two cores. On a CPU with AVX-512 such a choice is overruled, and the name says so.
#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <string_view>

#include "derate/error.h"
#include "gemm/host_instance.h"
#include "host/cpuid.h"

namespace derate::gemm {
namespace {

constexpr const char* kLibrary = "libopenblas.so.0";
constexpr const char* kCoreVariable = "OPENBLAS_CORETYPE";

// The C interface, declared here so that no header of the library is needed. Its enumerations are
// ints; a build with 64-bit integers has another library name.
constexpr int kRowMajor = 101;
constexpr int kNoTranspose = 111;
template <typename T>
using Multiply = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k, T alpha,
                          const T* a, int lda, const T* b, int ldb, T beta, T* c, int ldc);

struct Library {
  Multiply<float> sgemm = nullptr;
  Multiply<double> dgemm = nullptr;
  void (*set_threads)(int) = nullptr;
  std::string name;   ///< "OpenBLAS 0.3.21 SkylakeX (its own choice: Haswell)"
  std::string error;  ///< why it cannot be used; empty when it can
};

template <typename Function>
Function symbol(void* handle, const char* name) {
  return reinterpret_cast<Function>(dlsym(handle, name));
}

std::string core_name(void* handle) {
  const auto get = symbol<const char* (*)()>(handle, "openblas_get_corename");
  return get == nullptr ? "" : get();
}

/// "OpenBLAS 0.3.21", the first two words of the library's own description.
std::string version_name(void* handle) {
  const auto get = symbol<const char* (*)()>(handle, "openblas_get_config");
  const std::string_view config = get == nullptr ? "OpenBLAS" : get();
  return std::string(config.substr(0, config.find(' ', config.find(' ') + 1)));
}

bool uses_avx512(std::string_view core) {
  constexpr std::array<std::string_view, 4> kCores = {"SkylakeX", "Cooperlake", "SapphireRapids",
                                                      "Zen5"};
  return std::find(kCores.begin(), kCores.end(), core) != kCores.end();
}

/// Loads the library again with the kernels that were asked for. The variable is read while it
/// loads, and is taken back so that no later process inherits it.
void* reload_with_core(void* handle, const char* core) {
  dlclose(handle);
  setenv(kCoreVariable, core, 1);
  handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  unsetenv(kCoreVariable);
  return handle;
}

Library load() {
  Library library;
  void* handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  const std::string own_core = handle == nullptr ? "" : core_name(handle);
  if (!own_core.empty() && !uses_avx512(own_core) && getenv(kCoreVariable) == nullptr &&
      host::read_cpu_identity().avx512) {
    handle = reload_with_core(handle, "SkylakeX");
  }
  if (handle == nullptr) {
    const char* const reason = dlerror();
    library.error = std::string("OpenBLAS cannot be loaded: ") + (reason ? reason : kLibrary);
    return library;
  }
  library.sgemm = symbol<Multiply<float>>(handle, "cblas_sgemm");
  library.dgemm = symbol<Multiply<double>>(handle, "cblas_dgemm");
  library.set_threads = symbol<void (*)(int)>(handle, "openblas_set_num_threads");
  if (!library.sgemm || !library.dgemm || !library.set_threads) {
    library.error = std::string(kLibrary) + " lacks cblas_sgemm, cblas_dgemm or its thread control";
  }
  const std::string core = core_name(handle);
  library.name = version_name(handle) + " " + core;
  if (core != own_core) library.name += " (its own choice: " + own_core + ")";
  return library;
}

/// Loaded once and never unloaded: its threads live as long as the process.
const Library& library() {
  static const Library loaded = load();
  return loaded;
}

template <typename T>
class OpenBlasGemm final : public HostGemm<T> {
 public:
  OpenBlasGemm(const Problem& problem, const Operands& operands, host::HostSession& session)
      : HostGemm<T>(problem, operands, usable(session)) {
    library().set_threads(session.pool().size());
  }

 private:
  /// Refuses before any operand is allocated.
  static host::HostSession& usable(host::HostSession& session) {
    if (!library().error.empty()) throw DeviceError(library().error, false);
    return session;
  }

  void multiply(const T* a, const T* b, T* c) override {
    const auto m = static_cast<int>(this->m_);
    const auto n = static_cast<int>(this->n_);
    const auto k = static_cast<int>(this->k_);
    if constexpr (std::is_same_v<T, float>) {
      library().sgemm(kRowMajor, kNoTranspose, kNoTranspose, m, n, k, 1, a, k, b, n, 0, c, n);
    } else {
      library().dgemm(kRowMajor, kNoTranspose, kNoTranspose, m, n, k, 1, a, k, b, n, 0, c, n);
    }
  }
};

template <typename T>
Workload openblas_workload() {
  Workload workload = host_workload<T, OpenBlasGemm<T>>("openblas", "openblas");
  workload.library = [] { return library().name; };
  return workload;
}

const Registration f32{openblas_workload<float>()};
const Registration f64{openblas_workload<double>()};

}  // namespace
}  // namespace derate::gemm
