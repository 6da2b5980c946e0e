// SPDX-License-Identifier: Apache-2.0
// A library that is loaded while the program runs, because the program must also start without it.
#pragma once

#include <dlfcn.h>
#include <link.h>

#include <memory>
#include <string>

namespace derate::cuda {

class SharedLibrary {
 public:
  SharedLibrary() = default;

  /// Takes the first of `names` that loads; empty when none does.
  template <typename Names>
  explicit SharedLibrary(const Names& names) {
    for (const auto& name : names) {
      handle_.reset(dlopen(name, RTLD_NOW | RTLD_LOCAL));
      if (handle_) return;
    }
  }

  [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }

  /// The file that was loaded, as the loader found it; empty when none was.
  [[nodiscard]] std::string path() const {
    const link_map* map = nullptr;
    if (!handle_ || dlinfo(handle_.get(), RTLD_DI_LINKMAP, static_cast<void*>(&map)) != 0)
      return "";
    return map->l_name;
  }

  /// The function called `name`; null when the library has none or is not there.
  template <typename Function>
  [[nodiscard]] Function* function(const char* name) const {
    // POSIX guarantees this conversion; C++ only allows it.
    return handle_ ? reinterpret_cast<Function*>(dlsym(handle_.get(), name)) : nullptr;
  }

 private:
  struct Close {
    void operator()(void* handle) const { dlclose(handle); }
  };
  std::unique_ptr<void, Close> handle_;
};

}  // namespace derate::cuda
