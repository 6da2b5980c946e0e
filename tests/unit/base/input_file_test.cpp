// SPDX-License-Identifier: Apache-2.0
// Files, pipes and devices, read by lines and as a whole.
#include "base/input_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "derate/error.h"
#include "unit/own_path.h"

namespace derate {
namespace {

class Input : public testing::Test {
 protected:
  void TearDown() override { std::filesystem::remove_all(path_); }

  void write(const std::string& text) const { std::ofstream(path_, std::ios::binary) << text; }

  template <typename Read>
  [[nodiscard]] static std::string refusal(Read read) {
    try {
      read();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      return error.what();
    }
    return "read";
  }

  [[nodiscard]] static std::vector<std::string> lines_of(InputFile& file) {
    std::vector<std::string> lines;
    for (std::string line; file.read_line(line);) {
      lines.push_back(line);
      EXPECT_EQ(file.line(), static_cast<std::int64_t>(lines.size()));
    }
    return lines;
  }

  const std::filesystem::path path_ = test::own_path("derate_input_");
};

TEST_F(Input, IsReadByLines) {
  using Lines = std::vector<std::string>;
  const std::string wide(1'000'000, 'x');  // over the end of a buffer
  const std::pair<std::string, Lines> texts[] = {{"", {}},
                                                 {"\n", {""}},
                                                 {"a", {"a"}},
                                                 {"a\n", {"a"}},
                                                 {"a\n\nb\r\n", {"a", "", "b\r"}},
                                                 {"a\n" + wide + "\n" + wide, {"a", wide, wide}}};
  for (const auto& [text, lines] : texts) {
    write(text);
    InputFile file(path_);
    EXPECT_EQ(lines_of(file), lines);
    EXPECT_EQ(file.was_cut(), !text.empty() && text.back() != '\n');
  }
}

TEST_F(Input, KeepsWhatWasLookedAt) {
  const std::string text = "first\nsecond\n" + std::string(1'000'000, 'y');
  write(text);
  InputFile whole(path_);
  EXPECT_EQ(whole.beginning(5), "first");
  EXPECT_EQ(whole.beginning(2'000'000), text);
  EXPECT_EQ(whole.rest(), text);
  InputFile lines(path_);
  EXPECT_EQ(lines.beginning(9), "first\nsec");
  std::string line;
  ASSERT_TRUE(lines.read_line(line));
  EXPECT_EQ(line, "first");
  EXPECT_EQ(lines.rest(), text.substr(6));
}

TEST_F(Input, HasASize) {
  write("12345");
  EXPECT_EQ(text_of_file(path_, 5), "12345");
  write(std::string((2 << 20) + 1, 'x'));
  EXPECT_EQ(refusal([&] { (void)text_of_file(path_, 2 << 20); }),
            path_.string() + " has more than 2 MiB");
}

TEST_F(Input, MayBeAPipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  std::thread writer([&] {
    std::ofstream pipe(path_);
    pipe << "one\n" << std::flush << "two";
  });
  InputFile file(path_);
  EXPECT_EQ(file.beginning(100), "one\ntwo");
  EXPECT_EQ(lines_of(file), (std::vector<std::string>{"one", "two"}));
  writer.join();
}

TEST_F(Input, IsNoDeviceAndNoFolder) {
  EXPECT_EQ(refusal([] { InputFile("/dev/zero"); }), "/dev/zero is a device, not a file");
  EXPECT_EQ(refusal([&] { InputFile(std::filesystem::path(testing::TempDir())); }),
            "cannot read " + testing::TempDir() + ": Is a directory");
  EXPECT_EQ(refusal([&] { InputFile{path_}; }),
            "cannot read " + path_.string() + ": No such file or directory");
}

TEST_F(Input, OfWhichTheEndIsWanted) {
  write("0123456789");
  EXPECT_EQ(end_of_file(path_, 3), "789");
  EXPECT_EQ(end_of_file(path_, 100), "0123456789");
  EXPECT_EQ(end_of_file(path_.string() + "-none", 3), "");
  EXPECT_EQ(end_of_file("/dev/zero", 3), "");
}

}  // namespace
}  // namespace derate
