// SPDX-License-Identifier: Apache-2.0
// Temporary files on file systems that can do without a name, and on those that cannot, where
// somebody else has put links.
#include "base/temporary_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "base/file.h"
#include "base/system_calls.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr int kNew = O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

/// What the replaced calls have seen.
struct Seen {
  std::vector<std::string> names;  ///< that a temporary file was to get
  std::vector<int> flags;          ///< of what was opened by name
  std::size_t taken = 0;           ///< so many names are somebody else's link to "victim"
};
Seen seen;

/// Somebody else is quicker with the first names, whatever they are.
void plant(const char* name) {
  seen.names.emplace_back(name);
  if (seen.names.size() <= seen.taken) std::filesystem::create_symlink("victim", name);
}

int open_without_unnamed(const char* path, int flags, mode_t mode) {
  if ((flags & O_TMPFILE) == O_TMPFILE) {
    errno = EOPNOTSUPP;
    return -1;
  }
  if ((flags & O_DIRECTORY) == 0 && (flags & O_ACCMODE) == O_WRONLY) {
    seen.flags.push_back(flags);
    plant(path);
  }
  return ::open(path, flags, mode);
}

int link_late(int old_folder, const char* from, int new_folder, const char* to, int flags) {
  plant(to);
  return ::linkat(old_folder, from, new_folder, to, flags);
}

class Temporary : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_);
    std::ofstream(folder_ / "victim") << "precious";
    seen = {};
    if (GetParam()) {
      calls_.linkat = link_late;
    } else {
      calls_.open = open_without_unnamed;
    }
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  [[nodiscard]] std::string text(const char* name) const {
    std::ostringstream all;
    all << std::ifstream(folder_ / name).rdbuf();
    return all.str();
  }
  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) /
                                  ("derate_temporary_" + std::to_string(::getpid()));
  SystemCalls calls_ = system_calls();
};

TEST_P(Temporary, IsNoLinkOfSomebodyElse) {
  seen.taken = 3;
  const SystemCallsReplaced replaced(calls_);
  write_file(folder_ / "file", "text");
  EXPECT_EQ(text("file"), "text");
  EXPECT_EQ(text("victim"), "precious");
  EXPECT_EQ(seen.names.size(), 4);
  EXPECT_NE(seen.names.front(), seen.names.back());
  for (const int flags : seen.flags) EXPECT_EQ(flags & kNew, kNew);
  EXPECT_EQ(files(), 2 + 3);  // the links are not ours to remove
}

TEST_P(Temporary, GivesUpWhereEveryNameIsTaken) {
  seen.taken = 100000;
  const SystemCallsReplaced replaced(calls_);
  EXPECT_THROW(write_file(folder_ / "file", "text"), Error);
  EXPECT_EQ(text("victim"), "precious");
  EXPECT_FALSE(std::filesystem::exists(folder_ / "file"));
}

TEST_P(Temporary, GoesWithItsOwner) {
  const SystemCallsReplaced replaced(calls_);
  { const TemporaryFile file(folder_, 0600); }
  require_room(folder_, 1000);
  EXPECT_EQ(files(), 1);
}

TEST_P(Temporary, GoesWhereItCannotBeRenamed) {
  calls_.rename = [](const char*, const char*) {
    errno = EBUSY;
    return -1;
  };
  const SystemCallsReplaced replaced(calls_);
  TemporaryFile file(folder_, 0600);
  EXPECT_THROW(file.replace(folder_ / "file"), std::system_error);
  EXPECT_THROW(write_file(folder_ / "file", "text"), Error);
  EXPECT_EQ(files(), 1 + 1);  // `file` still lives
}

TEST_P(Temporary, LetsASignalWait) {
  static volatile std::sig_atomic_t came = 0;
  came = 0;
  const auto before = std::signal(SIGTERM, [](int) { came = 1; });
  const SystemCallsReplaced replaced(calls_);
  {
    const TemporaryFile file(folder_, 0600);
    std::raise(SIGTERM);
    EXPECT_EQ(came, 0);
  }
  EXPECT_EQ(came, 1);
  std::signal(SIGTERM, before);
}

INSTANTIATE_TEST_SUITE_P(Unnamed, Temporary, testing::Values(true));
INSTANTIATE_TEST_SUITE_P(Named, Temporary, testing::Values(false));

}  // namespace
}  // namespace derate
