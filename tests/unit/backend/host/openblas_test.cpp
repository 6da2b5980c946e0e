// SPDX-License-Identifier: Apache-2.0
// Which files OpenBLAS is looked for in, and what is said of those that are none; the functions of
// each build are called by programs/openblas.
#include "backend/host/openblas.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace derate::host {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kOfLoader = {"libopenblasp.so.0", "libopenblas.so.0"};

TEST(OpenBlasFiles, AreTheWheelsBeforeTheSystems) {
  const fs::path site =
      fs::path(testing::TempDir()) / ("derate-openblas-" + std::to_string(::getpid()));
  EXPECT_EQ(openblas_files("", ""), kOfLoader);
  EXPECT_EQ(openblas_files("", site), kOfLoader) << "where the wheel is not installed";
  const fs::path file = site / "scipy_openblas32/lib/libscipy_openblas.so";
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "no library";
  EXPECT_EQ(openblas_files("", site),
            (std::vector<std::string>{file, "libopenblasp.so.0", "libopenblas.so.0"}));
  EXPECT_EQ(openblas_files("/mine/x.so", site), std::vector<std::string>{"/mine/x.so"});
  fs::remove_all(site);
}

TEST(OpenBlas, NamesEachFileThatIsNone) {
  const std::string text = fs::path(testing::TempDir()) / "derate-no-openblas.so";
  std::ofstream(text) << "no library, but long enough for the loader to read a header from it";
  const OpenBlas none = load_openblas({"/no/such/file.so", text, "libm.so.6", "libno.so.7"});
  EXPECT_EQ(none.error,
            "OpenBLAS cannot be loaded: /no/such/file.so: cannot open shared object file: No such "
            "file or directory; " +
                text +
                ": invalid ELF header; libm.so.6 lacks cblas_sgemm, cblas_dgemm or "
                "openblas_set_num_threads");
  EXPECT_FALSE(none.is_harmful);
  EXPECT_EQ(none.name, "OpenBLAS");
  fs::remove(text);
}

TEST(OpenBlas, SaysWhatTheLoaderSaidWhereNoFileIsThere) {
  EXPECT_EQ(
      load_openblas({"libno.so.6", "libno.so.7"}).error,
      "OpenBLAS cannot be loaded: libno.so.7: cannot open shared object file: No such file or "
      "directory");
}

}  // namespace
}  // namespace derate::host
