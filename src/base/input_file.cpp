// SPDX-License-Identifier: Apache-2.0
// Reads through a buffer of its own, in which lines are searched for.
#include "base/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/missing_file.h"
#include "derate/error.h"

namespace derate {
namespace {

constexpr std::size_t kBuffer_bytes = std::size_t{64} << 10;

std::string in_mebibytes(std::size_t bytes) { return fmt::format("{} MiB", bytes >> 20); }

[[noreturn]] void cannot_read(const std::string& name, int error) {
  const std::string sentence = fmt::format("cannot read {}: {}", name, std::strerror(error));
  if (error == ENOENT) throw MissingFile(sentence);
  throw Error(ExitCode::invalid_input, sentence);
}

}  // namespace

InputFile::InputFile(const std::filesystem::path& path) : name_(path.string()) {
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor_ < 0) cannot_read(name_, errno);
  struct stat status {};
  const int failed = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  const bool is_terminal = S_ISCHR(status.st_mode) && ::isatty(descriptor_) == 1;
  const bool is_device = (S_ISCHR(status.st_mode) && !is_terminal) || S_ISBLK(status.st_mode);
  if (failed == 0 && !is_device && !S_ISDIR(status.st_mode)) return;
  ::close(descriptor_);
  if (is_device) refuse("is a device, not a file");
  cannot_read(name_, failed == 0 ? EISDIR : failed);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::refuse(const std::string& what) const {
  throw Error(ExitCode::invalid_input, fmt::format("{} {}", name_, what));
}

bool InputFile::fill() {
  if (at_ == buffer_.size()) {
    buffer_.clear();
    at_ = 0;
  }
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kBuffer_bytes);
  ssize_t got = 0;
  do {
    got = ::read(descriptor_, buffer_.data() + before, kBuffer_bytes);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0) {
    throw Error(ExitCode::invalid_input, fmt::format("reading {} broke off at line {}: {}", name_,
                                                     line_ + 1, std::strerror(errno)));
  }
  return got > 0;
}

std::string_view InputFile::beginning(std::size_t size) {
  while (buffer_.size() - at_ < size && fill()) {
  }
  return std::string_view(buffer_).substr(at_, size);
}

std::string InputFile::rest(std::size_t limit_bytes) {
  struct stat status {};
  // Its size is that of its room on the disk for a file only; /proc and pipes say 0.
  const bool is_known = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
  const auto size = is_known ? static_cast<std::size_t>(status.st_size) : 0;
  std::string text = size > limit_bytes ? "" : buffer_.substr(at_);
  bool too_large = size > limit_bytes;
  at_ = buffer_.size();
  text.reserve(too_large ? 0 : size);
  while (!too_large && fill()) {
    text.append(buffer_, at_);
    at_ = buffer_.size();
    too_large = text.size() > limit_bytes;
  }
  if (too_large) refuse("has more than " + in_mebibytes(limit_bytes));
  return text;
}

bool InputFile::read_line(std::string& line) {
  line.clear();
  while (true) {
    const std::string_view there = std::string_view(buffer_).substr(at_);
    const std::size_t taken = std::min(there.find('\n'), there.size());
    const bool has_end = taken < there.size();
    if (line.size() + taken > input_limits::kLongestLine_bytes) {
      throw Error(ExitCode::invalid_input,
                  fmt::format("{}, line {} has more than {}", name_, line_ + 1,
                              in_mebibytes(input_limits::kLongestLine_bytes)));
    }
    line.append(there, 0, taken);
    at_ += taken + (has_end ? 1 : 0);
    if (!has_end && fill()) continue;
    if (!has_end && line.empty()) return false;
    was_cut_ = !has_end;
    break;
  }
  if (++line_ > input_limits::kMostLines) {
    refuse(fmt::format("has more than {} lines", input_limits::kMostLines));
  }
  return true;
}

std::string text_of_file(const std::filesystem::path& path, std::size_t limit_bytes) {
  return InputFile(path).rest(limit_bytes);
}

std::string end_of_file(const std::filesystem::path& path, std::size_t size) {
  std::error_code failed;
  const std::uintmax_t whole =
      std::filesystem::is_regular_file(path, failed) ? std::filesystem::file_size(path, failed) : 0;
  std::ifstream file(path, std::ios::binary);
  if (failed || whole == 0 || !file) return "";
  if (whole > size) file.seekg(static_cast<std::streamoff>(whole - size));
  std::string text(std::min<std::uintmax_t>(whole, size), '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace derate
