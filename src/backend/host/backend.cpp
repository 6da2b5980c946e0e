// SPDX-License-Identifier: Apache-2.0
// The Backend interface over probe_device() and HostSession; there is always exactly one device.
#include "backend/host/backend.h"

#include "backend/host/probe.h"
#include "backend/host/session.h"

namespace derate::host {
namespace {

class HostBackend final : public Backend {
 public:
  [[nodiscard]] std::string_view name() const override { return "host"; }
  [[nodiscard]] Probe probe() override { return {{probe_device()}, ""}; }
  [[nodiscard]] std::unique_ptr<Session> open(const Device& device) override {
    return std::make_unique<HostSession>(device);
  }
};

}  // namespace

std::unique_ptr<Backend> make_backend() { return std::make_unique<HostBackend>(); }

}  // namespace derate::host
