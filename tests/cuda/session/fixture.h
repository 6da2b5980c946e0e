// SPDX-License-Identifier: Apache-2.0
// A session on the scripted runtime, with what the sources that are not compiled here would do.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string>
#include <utility>

#include "backend/cuda/session.h"

namespace derate::cuda {

extern bool one_process_only;                ///< what admits_one_process() answers
extern std::uint64_t longest_head_start_ns;  ///< that stamp_sms() was asked for
extern int sms_reached;                      ///< by its stamps

inline Device device() {
  Device made;
  made.backend = "cuda";
  made.compute_units = 2;
  return made;
}

class GpuSessionTest : public testing::Test {
 protected:
  void SetUp() override {
    fake::runtime = {};
    one_process_only = false;
    longest_head_start_ns = 0;
    sms_reached = 2;
    for (const char* name :
         {"STATUS", "PIDS", "ENERGY_MJ", "ECC", "VIOLATION", "PCIE", "MEMORY", "REASONS"}) {
      ::unsetenv(("DERATE_FAKE_" + std::string(name)).c_str());
    }
  }
  static Sample sample(GpuSession& session, std::deque<cudaError_t> queries) {
    fake::runtime.queries = std::move(queries);
    fake::runtime.calls.clear();
    return session.sample([](int) { fake::runtime.calls.emplace_back("launch"); }, 2);
  }
};

constexpr cudaError_t kBusy = cudaErrorNotReady;

}  // namespace derate::cuda
