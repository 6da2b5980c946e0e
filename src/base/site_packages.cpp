// SPDX-License-Identifier: Apache-2.0
// The loader knows the file that this code was loaded from; of the program itself it has no name.
#include "base/site_packages.h"

#include <dlfcn.h>
#include <link.h>

#include <system_error>

namespace derate {
namespace {

namespace fs = std::filesystem;

/// The program or module that holds this code; empty where /proc is not mounted.
fs::path own_file() {
  Dl_info info{};
  void* found = nullptr;
  auto* const here = reinterpret_cast<void*>(&own_site_packages);
  if (dladdr1(here, &info, &found, RTLD_DL_LINKMAP) != 0 && found != nullptr) {
    fs::path module = static_cast<const link_map*>(found)->l_name;
    if (!module.empty()) return module;
  }
  std::error_code unreadable;
  return fs::read_symlink("/proc/self/exe", unreadable);
}

}  // namespace

fs::path site_packages_of(const fs::path& file) {
  fs::path package = file.parent_path();
  if (package.filename() == "bin") package = package.parent_path();
  std::error_code unreadable;
  const bool is_package =
      package.filename() == "derate" && fs::exists(package / "__init__.py", unreadable);
  return is_package ? package.parent_path() : fs::path();
}

fs::path own_site_packages() { return site_packages_of(own_file()); }

}  // namespace derate
