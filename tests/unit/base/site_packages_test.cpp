// SPDX-License-Identifier: Apache-2.0
// The programs and the module of a wheel know the packages beside them; other programs have none.
#include "base/site_packages.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace derate {
namespace {

namespace fs = std::filesystem;

class SitePackages : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(site_ / "derate/bin"); }
  void TearDown() override { fs::remove_all(site_); }

  fs::path site_ = fs::path(testing::TempDir()) / ("derate-site-" + std::to_string(::getpid()));
};

TEST_F(SitePackages, AreThoseAroundThePackage) {
  std::ofstream(site_ / "derate/__init__.py");
  EXPECT_EQ(site_packages_of(site_ / "derate/bin/derate_bench"), site_);
  EXPECT_EQ(site_packages_of(site_ / "derate/_derate.abi3.so"), site_);
}

TEST_F(SitePackages, AreNoneOfOtherPrograms) {
  // A bundle that was unpacked into a folder "derate".
  EXPECT_EQ(site_packages_of(site_ / "derate/bin/derate_bench"), "");
  std::ofstream(site_ / "derate/__init__.py");
  fs::create_directories(site_ / "other/bin");
  std::ofstream(site_ / "other/__init__.py");
  EXPECT_EQ(site_packages_of(site_ / "other/bin/derate_bench"), "");
  EXPECT_EQ(site_packages_of(site_ / "derate/bin/deep/derate_bench"), "");
  EXPECT_EQ(site_packages_of(""), "");
  EXPECT_EQ(own_site_packages(), "");
}

}  // namespace
}  // namespace derate
