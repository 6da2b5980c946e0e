// SPDX-License-Identifier: Apache-2.0
// derate_bench with the collectives of a box of DERATE_FAKE_DEVICES GPUs that do not exist, beside
// the workloads of none: each is registered for the host, whose session times it, and works on a
// stream of the fake runtime's. Built with cuda=fake_cuda (CMakeLists.txt). A driver of the tests'
// own cannot stand in for all of it: the CUDA runtime asks one for tables that are documented
// nowhere (cuGetExportTable), and a session reads the SM clock by device code.
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collective/nccl.cpp"  // its registrations come before those below
#include "nccl_session.h"

namespace derate {
namespace {

const bool kHasBox = [] {
  const char* const devices = std::getenv("DERATE_FAKE_DEVICES");
  fake::box.devices = devices == nullptr ? 2 : std::atoi(devices);
  return true;
}();

class OnFakeBox final : public Instance {
 public:
  OnFakeBox(const Workload& collective, const Problem& problem, const Operands& operands)
      : inner_(collective.prepare(problem, operands, session_)) {}

  /// Returns when it has ended, as the host's session expects.
  void launch(int set) override {
    inner_->launch(set);
    session_.synchronize();
  }
  [[nodiscard]] bool host_takes_part() const override { return inner_->host_takes_part(); }
  void poison() override { inner_->poison(); }
  [[nodiscard]] std::optional<std::string> check() override { return inner_->check(); }
  [[nodiscard]] std::string algorithm() const override { return inner_->algorithm(); }

 private:
  FakeSession session_;
  std::unique_ptr<Instance> inner_;
};

Workload on_host(const Workload& collective) {
  Workload workload = collective;
  workload.backend = "host";
  workload.prepare = [&collective](const Problem& problem, const Operands& operands, Session&) {
    return std::make_unique<OnFakeBox>(collective, problem, operands);
  };
  return workload;
}

const std::vector<Registration> kOnHost = [] {
  std::vector<Registration> all;
  for (const Workload* collective : registered_workloads()) all.emplace_back(on_host(*collective));
  return all;
}();

}  // namespace
}  // namespace derate
