// SPDX-License-Identifier: Apache-2.0
// The Backend interface over probe() and GpuSession.
#include "backend/cuda/backend.h"

#include "backend/cuda/probe.h"
#include "backend/cuda/session.h"

namespace derate::cuda {
namespace {

class CudaBackend final : public Backend {
 public:
  [[nodiscard]] std::string_view name() const override { return "cuda"; }
  [[nodiscard]] Probe probe() override { return cuda::probe(); }
  [[nodiscard]] std::unique_ptr<Session> open(const Device& device) override {
    return std::make_unique<GpuSession>(device);
  }
};

}  // namespace

std::unique_ptr<Backend> make_backend() { return std::make_unique<CudaBackend>(); }

}  // namespace derate::cuda
