// SPDX-License-Identifier: Apache-2.0
// NCCL is found in the folder that a variable names and in wheels, and others of its name are told.
#include "backend/cuda/nccl_search.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "unit/backend/cuda/searched_machine.h"

namespace derate::cuda {
namespace {

namespace fs = std::filesystem;

class NcclSearch : public SearchedMachineTest {
 protected:
  NcclSearch() : SearchedMachineTest("nccl") { variables_["HOME"] = root_; }

  /// Any library under its name: it is not called.
  void install(const std::string& folder) {
    fs::create_directories(root_ / folder);
    fs::copy(DERATE_FAKE_CUBLAS_LT, root_ / folder / "libnccl.so.2");
  }

  /// Whether the loader itself knows one, which then goes before all that is installed here.
  static bool machine_has_one() {
    return static_cast<bool>(SharedLibrary(std::vector{"libnccl.so.2"}));
  }
};

TEST_F(NcclSearch, TakesTheFolderOfItsVariableAndNoOther) {
  install("mine");
  install("usr/lib/python3/dist-packages/nvidia/nccl/lib");
  variables_["DERATE_NCCL_FOLDER"] = root_ / "mine";
  const OpenedLibrary opened = open_nccl(machine_);
  EXPECT_EQ(opened.file, "~/mine/libnccl.so.2");
  EXPECT_TRUE(other_nccls(opened, machine_).empty()) << "the user has chosen";
  variables_["DERATE_NCCL_FOLDER"] = root_ / "yours";
  EXPECT_EQ(open_nccl(machine_).reason,
            "NCCL 2 cannot be loaded: there is no libnccl.so.2 in ~/yours, which "
            "DERATE_NCCL_FOLDER names");
}

TEST_F(NcclSearch, TellsOfOthersOfItsName) {
  install("mine");
  variables_["DERATE_NCCL_FOLDER"] = root_ / "mine";
  const OpenedLibrary opened = open_nccl(machine_);
  variables_.erase("DERATE_NCCL_FOLDER");
  install("first");
  install("venv/lib/python3.12/site-packages/nvidia/nccl/lib");
  install("usr/local/cuda-13.0/lib64");
  fs::create_directories(root_ / "links");
  fs::create_symlink(root_ / "mine/libnccl.so.2", root_ / "links/libnccl.so.2");
  variables_["LD_LIBRARY_PATH"] =
      (root_ / "links").string() + "::" + (root_ / "first").string() + ":/nowhere";
  variables_["VIRTUAL_ENV"] = root_ / "venv";
  EXPECT_EQ(other_nccls(opened, machine_),
            (std::vector<std::string>{
                "~/first/libnccl.so.2", "~/usr/local/cuda-13.0/lib64/libnccl.so.2",
                "~/venv/lib/python3.12/site-packages/nvidia/nccl/lib/libnccl.so.2"}));
}

TEST_F(NcclSearch, FindsTheWheelOrSaysWhereItLooked) {
  if (machine_has_one()) GTEST_SKIP() << "this machine has an NCCL on the loader's path";
  EXPECT_EQ(open_nccl(machine_).reason,
            "NCCL 2 cannot be loaded: libnccl.so.2 was looked for on the loader's path and in "
            "~/usr/local/cuda, and nvidia/nccl of the Python packages in ~/.local, ~/usr, "
            "~/usr/local; DERATE_NCCL_FOLDER can name its folder");
  install("usr/lib/python3/dist-packages/nvidia/nccl/lib");
  EXPECT_EQ(open_nccl(machine_).file,
            "~/usr/lib/python3/dist-packages/nvidia/nccl/lib/libnccl.so.2");
}

}  // namespace
}  // namespace derate::cuda
