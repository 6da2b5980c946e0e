// SPDX-License-Identifier: Apache-2.0
// One rank of a measurement between nodes, on GPUs that do not exist: derate_links_rank FOLDER RANK
// RANKS LOCAL NODE DEVICES [BYTES]. Its clock is the fake NCCL's.
#include <cuda_runtime.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "backend/cuda/nccl_between_nodes.h"
#include "base/system_calls.h"

namespace {

std::int64_t number_of(const char* name, std::int64_t otherwise) {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : std::atoll(value);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 7) return 2;
  derate::LinkPlan plan;
  plan.folder = argv[1];
  plan.rank = {std::atoi(argv[2]), std::atoi(argv[3]), std::atoi(argv[4]), argv[5],
               std::getenv("START") == nullptr ? "first" : std::getenv("START")};
  derate::fake::box.devices = std::atoi(argv[6]);
  plan.bytes = argc > 7 ? std::atoll(argv[7]) : 40'012;
  plan.samples = number_of("SAMPLES", 5);
  plan.launches = number_of("LAUNCHES", 2);
  plan.wait_s = 5;
  plan.again = std::getenv("AGAIN") != nullptr;
  derate::SystemCalls calls = derate::system_calls();
  calls.steady_now = [] {
    return std::chrono::steady_clock::time_point(
        std::chrono::nanoseconds(derate::fake::passed_ns.load()));
  };
  const derate::SystemCallsReplaced replaced(calls);
  const derate::ExitCode code = derate::cuda::measure_between_nodes(
      plan, [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); });
  std::fflush(nullptr);
  ::_exit(static_cast<int>(code));
}
