// SPDX-License-Identifier: Apache-2.0
// The Backend interface over probe(), GpuSession and the libraries that are opened at run time.
#include "backend/cuda/backend.h"

#include "backend/cuda/cublas.h"
#include "backend/cuda/cublas_lt.h"
#include "backend/cuda/nccl_library.h"
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
  [[nodiscard]] std::vector<std::string> libraries() override {
    return {cublas_origin(), cublas_lt_origin(), nccl_origin()};
  }
};

}  // namespace

std::unique_ptr<Backend> make_backend() { return std::make_unique<CudaBackend>(); }

std::unique_ptr<Session> open_on_stream(const Device& device, std::uintptr_t stream) {
  // As an integer is how frameworks hand a stream on. NOLINTNEXTLINE(performance-no-int-to-ptr)
  return std::make_unique<GpuSession>(device, reinterpret_cast<cudaStream_t>(stream));
}

}  // namespace derate::cuda
