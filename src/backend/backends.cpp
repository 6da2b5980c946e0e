// SPDX-License-Identifier: Apache-2.0
// The list of backends of this build. One that was not compiled is represented by a stand-in that
// reports why, so that callers need no conditional compilation.
#include "backend/cuda/backend.h"
#include "backend/host/backend.h"
#include "backend/selection.h"
#include "derate/backend.h"
#include "derate/error.h"

namespace derate {
namespace {

/// Stands in for a backend that was not compiled: it finds nothing and says why.
class AbsentBackend final : public Backend {
 public:
  AbsentBackend(std::string_view name, std::string reason)
      : name_(name), reason_(std::move(reason)) {}
  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] Probe probe() override { return {{}, reason_}; }
  [[nodiscard]] std::unique_ptr<Session> open(const Device&) override {
    throw Error(ExitCode::no_device, reason_);
  }

 private:
  std::string_view name_;
  std::string reason_;
};

}  // namespace

std::vector<std::unique_ptr<Backend>> make_backends() {
  std::vector<std::unique_ptr<Backend>> backends;
#if DERATE_WITH_CUDA
  backends.push_back(cuda::make_backend());
#else
  backends.push_back(std::make_unique<AbsentBackend>("cuda", DERATE_CUDA_REASON));
#endif
  backends.push_back(host::make_backend());
  return backends;
}

std::unique_ptr<Session> open_on_stream(const Device& device,
                                        [[maybe_unused]] std::uintptr_t stream) {
#if DERATE_WITH_CUDA
  return cuda::open_on_stream(device, stream);
#else
  return AbsentBackend("cuda", DERATE_CUDA_REASON).open(device);
#endif
}

}  // namespace derate
