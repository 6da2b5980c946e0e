// SPDX-License-Identifier: Apache-2.0
// Loads the threaded build by dlopen(), looks up its functions by the names of each known build,
// and shortens the busy waiting of its threads, which would disturb the benchmark that follows.
#include "backend/host/openblas.h"

#include <dlfcn.h>

#include <array>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/site_packages.h"
#include "base/trial.h"
#include "base/without_home.h"
#include "derate/error.h"

namespace derate::host {
namespace {

// Fedora's libopenblas is the sequential build; Debian's has threads and knows no other name.
constexpr const char* kThreadedLibrary = "libopenblasp.so.0";
constexpr const char* kLibrary = "libopenblas.so.0";
constexpr const char* kLibraryOfWheel = "scipy_openblas32/lib/libscipy_openblas.so";

/// What is before the name of every function, and what tells this build from others in a record.
struct Build {
  const char* prefix;
  const char* label;
};
constexpr std::array kBuilds = {Build{"", ""}, Build{"scipy_", " (scipy-openblas32)"}};

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// A loaded library, with its functions under the names of one build.
class Functions {
 public:
  Functions(void* handle, const Build& build) : handle_(handle), build_(build) {}

  template <typename Function>
  [[nodiscard]] Function find(const std::string& name) const {
    return reinterpret_cast<Function>(dlsym(handle_, (build_.prefix + name).c_str()));
  }

  /// "OpenBLAS 0.3.21", the first two words of its own description, and the kernels in use, with
  /// who chose them.
  [[nodiscard]] std::string name() const {
    const std::string config = answer("openblas_get_config", "OpenBLAS");
    const std::string core = answer("openblas_get_corename", "");
    std::string text = config.substr(0, config.find(' ', config.find(' ') + 1));
    if (!core.empty()) text += " " + core;
    if (!variable("OPENBLAS_CORETYPE").empty()) text += " (forced by OPENBLAS_CORETYPE)";
    return text + build_.label;
  }

 private:
  [[nodiscard]] std::string answer(const char* function, const char* otherwise) const {
    const auto get = find<const char* (*)()>(function);
    const char* const said = get == nullptr ? nullptr : get();
    return said == nullptr ? otherwise : said;
  }

  void* handle_;
  const Build& build_;
};

/// With what it needs, or without functions.
OpenBlas functions_of(void* handle) {
  for (const Build& build : kBuilds) {
    const Functions functions(handle, build);
    OpenBlas library;
    library.sgemm = functions.find<BlasMultiply<float>>("cblas_sgemm");
    library.dgemm = functions.find<BlasMultiply<double>>("cblas_dgemm");
    library.set_threads = functions.find<void (*)(int)>("openblas_set_num_threads");
    if (!library.sgemm || !library.dgemm || !library.set_threads) continue;
    library.name = functions.name();
    return library;
  }
  return {};
}

/// Its threads wait busily for more work, by default for 2^28 ticks of the time stamp counter: a
/// tenth of a second in which they take cores from whoever is measured next. 2^20 are still far
/// more than lie between two launches.
void limit_busy_waiting() { ::setenv("OPENBLAS_THREAD_TIMEOUT", "20", 0); }

/// The first that is complete; else why none is. Of the names that only the loader knows, the last
/// one's reason tells all.
OpenBlas open_first(const std::vector<std::string>& files) {
  std::string failures;
  std::string last_reason;
  for (const std::string& file : files) {
    now_trying(without_home(file, variable("HOME")));
    void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
      const char* const said = dlerror();
      last_reason = said == nullptr ? file : said;
      if (file.find('/') != std::string::npos) failures += last_reason + "; ";
      continue;
    }
    if (OpenBlas library = functions_of(handle); library.sgemm != nullptr) return library;
    // It stays loaded: it may have started threads.
    last_reason = file + " lacks cblas_sgemm, cblas_dgemm or openblas_set_num_threads";
    failures += last_reason + "; ";
  }
  OpenBlas none;
  none.error = failures.empty() ? last_reason : failures.substr(0, failures.size() - 2);
  return none;
}

OpenBlas load() {
  const std::string file = variable(kOpenBlasVariable);
  OpenBlas library = load_openblas(openblas_files(file, own_site_packages()));
  if (!library.error.empty() && !library.is_harmful) {
    library.error +=
        std::string("; ") + kOpenBlasVariable +
        (file.empty() ? " can name its file" : " names this file, and no other is tried");
  }
  return library;
}

}  // namespace

std::vector<std::string> openblas_files(const std::string& of_variable,
                                        const std::filesystem::path& site_packages) {
  if (!of_variable.empty()) return {of_variable};
  std::vector<std::string> files;
  const std::filesystem::path of_wheel = site_packages / kLibraryOfWheel;
  std::error_code unreadable;
  if (!site_packages.empty() && std::filesystem::exists(of_wheel, unreadable)) {
    files.push_back(of_wheel);
  }
  files.insert(files.end(), {kThreadedLibrary, kLibrary});
  return files;
}

OpenBlas load_openblas(const std::vector<std::string>& files) {
  limit_busy_waiting();
  OpenBlas library;
  if (std::string fault = fault_of_trial([&] { open_first(files); }); !fault.empty()) {
    library.error = std::move(fault);
    library.is_harmful = true;
  } else {
    library = open_first(files);
  }
  if (!library.error.empty()) {
    library.error =
        "OpenBLAS cannot be loaded: " + without_home(std::move(library.error), variable("HOME"));
  }
  return library;
}

const OpenBlas& openblas() {
  static const OpenBlas loaded = load();
  return loaded;
}

const OpenBlas& usable_openblas() {
  if (openblas().is_harmful) throw DeviceError(openblas().error, false);
  if (!openblas().error.empty()) throw Unsupported(openblas().error);
  return openblas();
}

}  // namespace derate::host
