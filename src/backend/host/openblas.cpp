// SPDX-License-Identifier: Apache-2.0
// Loads the threaded build by dlopen(), looks up its functions, and shortens the busy waiting of
// its threads, which would disturb the benchmark that follows.
#include "backend/host/openblas.h"

#include <dlfcn.h>

#include <cstdlib>
#include <string_view>

#include "base/trial.h"
#include "derate/error.h"

namespace derate::host {
namespace {

// Fedora's libopenblas is the sequential build; Debian's has threads and knows no other name.
constexpr const char* kThreadedLibrary = "libopenblasp.so.0";
constexpr const char* kLibrary = "libopenblas.so.0";

template <typename Function>
Function symbol(void* handle, const char* name) {
  return reinterpret_cast<Function>(dlsym(handle, name));
}

/// "OpenBLAS 0.3.21", the first two words of the library's own description.
std::string version_name(void* handle) {
  const auto get = symbol<const char* (*)()>(handle, "openblas_get_config");
  const char* const answer = get == nullptr ? nullptr : get();
  const std::string_view config = answer == nullptr ? "OpenBLAS" : answer;
  return std::string(config.substr(0, config.find(' ', config.find(' ') + 1)));
}

/// The kernels in use, and who chose them.
std::string core_name(void* handle) {
  const auto get = symbol<const char* (*)()>(handle, "openblas_get_corename");
  const char* const answer = get == nullptr ? nullptr : get();
  const std::string core = answer == nullptr ? "" : std::string(" ") + answer;
  return getenv("OPENBLAS_CORETYPE") == nullptr ? core : core + " (forced by OPENBLAS_CORETYPE)";
}

/// Its threads wait busily for more work, by default for 2^28 ticks of the time stamp counter: a
/// tenth of a second in which they take cores from whoever is measured next. 2^20 are still far
/// more than lie between two launches.
void limit_busy_waiting() { ::setenv("OPENBLAS_THREAD_TIMEOUT", "20", 0); }

void* open_library() {
  for (const char* const name : {kThreadedLibrary, kLibrary}) {
    now_trying(name);
    if (void* const handle = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return handle;
  }
  return nullptr;
}

OpenBlas load() {
  limit_busy_waiting();
  OpenBlas library;
  if (const std::string fault = fault_of_trial(open_library); !fault.empty()) {
    library.error = "OpenBLAS cannot be loaded: " + fault;
    return library;
  }
  void* const handle = open_library();
  if (handle == nullptr) {
    const char* const reason = dlerror();
    library.error = std::string("OpenBLAS cannot be loaded: ") + (reason ? reason : kLibrary);
    return library;
  }
  library.sgemm = symbol<BlasMultiply<float>>(handle, "cblas_sgemm");
  library.dgemm = symbol<BlasMultiply<double>>(handle, "cblas_dgemm");
  library.set_threads = symbol<void (*)(int)>(handle, "openblas_set_num_threads");
  if (!library.sgemm || !library.dgemm || !library.set_threads) {
    library.error = std::string(kLibrary) + " lacks cblas_sgemm, cblas_dgemm or its thread control";
  }
  library.name = version_name(handle) + core_name(handle);
  return library;
}

}  // namespace

const OpenBlas& openblas() {
  static const OpenBlas loaded = load();
  return loaded;
}

const OpenBlas& usable_openblas() {
  if (!openblas().error.empty()) throw DeviceError(openblas().error, false);
  return openblas();
}

}  // namespace derate::host
