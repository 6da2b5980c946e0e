// SPDX-License-Identifier: Apache-2.0
// Files on a disk that is full, slow or gone, through the calls that a test may replace.
#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "base/system_calls.h"
#include "base/time_utc.h"
#include "derate/error.h"

namespace derate {
namespace {

class File : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string text() const {
    std::ostringstream all;
    all << std::ifstream(file_).rdbuf();
    return all.str();
  }
  /// What is in the folder besides the file.
  [[nodiscard]] std::ptrdiff_t others() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {}) -
           (std::filesystem::exists(file_) ? 1 : 0);
  }
  template <typename Write>
  [[nodiscard]] std::string refusal(Write write) const {
    try {
      write();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::output);
      return error.what();
    }
    return "written";
  }

  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) / ("derate_file_" + std::to_string(::getpid()));
  std::filesystem::path file_ = folder_ / "file";
  SystemCalls calls_ = system_calls();
};

ssize_t full_disk(int, const void*, std::size_t) {
  errno = ENOSPC;
  return -1;
}

TEST_F(File, IsReplacedAsAWhole) {
  write_file(file_, "old");
  write_file(file_, "new");
  EXPECT_EQ(text(), "new");
  EXPECT_EQ(others(), 0);
}

TEST_F(File, StaysAsItWasOnAFullDisk) {
  write_file(file_, "old");
  calls_.write = full_disk;
  const SystemCallsReplaced replaced(calls_);
  EXPECT_EQ(refusal([&] { write_file(file_, "new"); }),
            "cannot write " + file_.string() + ": No space left on device");
  EXPECT_EQ(text(), "old");
  EXPECT_EQ(others(), 0);
}

TEST_F(File, StaysAsItWasWhereItCannotBeRenamed) {
  write_file(file_, "old");
  calls_.rename = [](const char*, const char*) {
    errno = EROFS;
    return -1;
  };
  const SystemCallsReplaced replaced(calls_);
  EXPECT_EQ(refusal([&] { write_file(file_, "new"); }),
            "cannot write " + file_.string() + ": Read-only file system");
  EXPECT_EQ(text(), "old");
  EXPECT_EQ(others(), 0);
}

TEST_F(File, IsWrittenByAsManyCallsAsItTakes) {
  calls_.write = [](int descriptor, const void* data, std::size_t size) -> ssize_t {
    static int call = 0;
    if (++call % 2 == 0) {
      errno = EINTR;
      return -1;
    }
    return ::write(descriptor, data, std::min<std::size_t>(size, 3));
  };
  const SystemCallsReplaced replaced(calls_);
  write_file(file_, "in several parts");
  EXPECT_EQ(text(), "in several parts");
}

TEST_F(File, BehindALinkIsReplacedThere) {
  std::filesystem::create_symlink("file", folder_ / "link");
  write_file(folder_ / "link", "text");
  EXPECT_EQ(text(), "text");
  EXPECT_TRUE(std::filesystem::is_symlink(folder_ / "link"));
}

TEST_F(File, GrowsAndSaysWhyItCannot) {
  AppendedFile file(file_);
  file.write("one\n");
  AppendedFile(file_).write("two\n");
  EXPECT_EQ(text(), "one\ntwo\n");
  calls_.write = full_disk;
  const SystemCallsReplaced replaced(calls_);
  EXPECT_EQ(refusal([&] { file.write("three\n"); }),
            "cannot write " + file_.string() + ": No space left on device");
}

TEST_F(File, OfAUserKeepsItsPermissions) {
  const auto permissions = [&] { return std::filesystem::status(file_).permissions(); };
  using std::filesystem::perms;
  const mode_t umask_before = ::umask(027);
  write_file(file_, "new");
  EXPECT_EQ(permissions(), perms{0640});
  std::filesystem::permissions(file_, perms{0602});
  write_file(file_, "newer");
  EXPECT_EQ(permissions(), perms{0602});
  ::umask(umask_before);
}

TEST_F(File, StaysAsItWasWhereTheDiskDoesNotTakeTheNewOne) {
  write_file(file_, "old");
  calls_.fsync = [](int) {
    errno = EIO;
    return -1;
  };
  const SystemCallsReplaced replaced(calls_);
  EXPECT_EQ(refusal([&] { write_file(file_, "new"); }),
            "cannot write " + file_.string() + ": Input/output error");
  EXPECT_EQ(text(), "old");
  EXPECT_EQ(others(), 0);
}

TEST_F(File, IsOnTheDiskBeforeItHasItsNameAndItsFolderAfterwards) {
  static std::string order;
  order.clear();
  calls_.fsync = [](int descriptor) {
    struct stat of {};
    ::fstat(descriptor, &of);
    order += S_ISDIR(of.st_mode) ? "folder " : "file ";
    return 0;
  };
  calls_.rename = [](const char* from, const char* to) {
    order += "rename ";
    return ::rename(from, to);
  };
  const SystemCallsReplaced replaced(calls_);
  write_file(file_, "text");
  EXPECT_EQ(order, "file rename folder ");
}

TEST_F(File, OfARunIsNotBehindALink) {
  std::ofstream(folder_ / "victim") << "precious";
  std::filesystem::create_symlink("victim", file_);
  EXPECT_EQ(refusal([&] { AppendedFile(file_, Links::refused); }),
            "cannot write " + file_.string() + ": it is a symbolic link");
  replace_file(file_, "text");
  EXPECT_FALSE(std::filesystem::is_symlink(file_));
  std::filesystem::remove(file_);
  std::filesystem::create_symlink("victim", file_);
  ::close(open_anew(file_));
  EXPECT_EQ(text(), "");
  EXPECT_FALSE(std::filesystem::is_symlink(file_));
  file_ = folder_ / "victim";
  EXPECT_EQ(text(), "precious");
}

TEST(Clock, OfTheSystemIsTheOneOfRecords) {
  SystemCalls calls = system_calls();
  calls.utc_now = [] {
    return std::chrono::system_clock::time_point(std::chrono::seconds(1'795'000'000));
  };
  const SystemCallsReplaced replaced(calls);
  EXPECT_EQ(now_utc(), "2026-11-18T11:06:40Z");
}

}  // namespace
}  // namespace derate
