// SPDX-License-Identifier: Apache-2.0
// Where NCCL is missing the row is unsupported and says where it was looked for; where a file of
// its name is something else, the row fails and no device is lost.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "backend/cuda/nccl_library.h"
#include "cuda/refusal.h"
#include "nccl_session.h"

namespace derate {
namespace {

/// Before the library is asked for the first time, which decides for the whole process.
void take_nccl_from(const std::string& folder) {
  setenv("HOME", "/nowhere", 1);
  setenv("DERATE_NCCL_FOLDER", folder.c_str(), 1);
}

std::string prepared() {
  FakeSession session;
  const Workload& workload = collective_of("all_reduce", "out_of_place");
  return refusal_of(
      [&] { static_cast<void>(workload.prepare(workload.test_problem(), {}, session)); });
}

TEST(MissingNccl, IsNamedAndHasNoVersion) {
  take_nccl_from("/no/such/folder");
  const std::string wanted =
      "NCCL 2 cannot be loaded: there is no libnccl.so.2 in /no/such/folder, which "
      "DERATE_NCCL_FOLDER names";
  EXPECT_EQ(prepared(), "unsupported: " + wanted);
  EXPECT_EQ(cuda::nccl_origin(), wanted);
  EXPECT_EQ(cuda::nccl_version(), "NCCL");
}

TEST(EmptyNccl, IsNamedAndHasNoVersion) {
  const std::string folder = std::string(DERATE_NCCL_TEST_FOLDER) + "/empty";
  take_nccl_from(folder);
  EXPECT_EQ(prepared(), folder + "/libnccl.so.2 lacks functions of NCCL 2.7");
  EXPECT_EQ(cuda::nccl_version(), "NCCL");
}

}  // namespace
}  // namespace derate
