// SPDX-License-Identifier: Apache-2.0
// gemm by OpenBLAS, the host's baseline, loaded when it is first asked for: a program without it
// starts all the same. The library chooses its kernels by the CPU, unless OPENBLAS_CORETYPE forces
// some; Haswell's on a Zen 5, for instance, halve its speed. So the name tells which kernels ran,
// and whether they were forced.
#include <dlfcn.h>

#include <cstdlib>
#include <string_view>

#include "derate/error.h"
#include "gemm/host_instance.h"

namespace derate::gemm {
namespace {

// Fedora's libopenblas is the sequential build; Debian's has threads and knows no other name.
constexpr const char* kThreadedLibrary = "libopenblasp.so.0";
constexpr const char* kLibrary = "libopenblas.so.0";

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
  std::string name = "OpenBLAS";  ///< once loaded, "OpenBLAS 0.3.21 SkylakeX"
  std::string error;              ///< why it cannot be used; empty when it can
};

template <typename Function>
Function symbol(void* handle, const char* name) {
  return reinterpret_cast<Function>(dlsym(handle, name));
}

/// "OpenBLAS 0.3.21", the first two words of the library's own description.
std::string version_name(void* handle) {
  const auto get = symbol<const char* (*)()>(handle, "openblas_get_config");
  const std::string_view config = get == nullptr ? "OpenBLAS" : get();
  return std::string(config.substr(0, config.find(' ', config.find(' ') + 1)));
}

/// The kernels in use, and who chose them.
std::string core_name(void* handle) {
  const auto get = symbol<const char* (*)()>(handle, "openblas_get_corename");
  const std::string core = get == nullptr ? "" : std::string(" ") + get();
  return getenv("OPENBLAS_CORETYPE") == nullptr ? core : core + " (forced by OPENBLAS_CORETYPE)";
}

/// Its threads wait busily for more work, by default for 2^28 ticks of the time stamp counter: a
/// tenth of a second in which they take cores from whoever is measured next. 2^20 are still far
/// more than lie between two launches.
void limit_busy_waiting() { ::setenv("OPENBLAS_THREAD_TIMEOUT", "20", 0); }

Library load() {
  limit_busy_waiting();
  Library library;
  void* handle = dlopen(kThreadedLibrary, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
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
  library.name = version_name(handle) + core_name(handle);
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
Workload openblas_workload(std::int64_t shape_count) {
  Workload workload = host_workload<T, OpenBlasGemm<T>>("openblas", "openblas", shape_count);
  workload.library = [] { return library().name; };
  return workload;
}

const Registration f32{openblas_workload<float>(150)};
const Registration f64{openblas_workload<double>(60)};

}  // namespace
}  // namespace derate::gemm
