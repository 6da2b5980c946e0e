// SPDX-License-Identifier: Apache-2.0
#include "cli/output_folder.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <system_error>

#include "derate/error.h"

namespace derate::cli {
namespace {

/// Lower-case letters and digits, everything else one dash.
std::string slug(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) {
      out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  while (out.ends_with('-')) out.pop_back();
  return out.empty() ? "device" : out;
}

[[noreturn]] void cannot_write(const std::filesystem::path& path, const std::string& reason) {
  throw Error(ExitCode::output, fmt::format("cannot write {}: {}", path.string(), reason));
}

}  // namespace

std::filesystem::path default_folder(const Device& device) {
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::string name = slug(device.name);
  if (device.index > 0) name += fmt::format("-{}", device.index);
  return std::filesystem::path("derate-out") /
         fmt::format("{:%Y%m%dT%H%M%SZ}-{}", fmt::gmtime(now), name);
}

void require_writable(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) cannot_write(folder, failed.message());
  constexpr std::size_t kRoomForARun = 1 << 20;
  const std::filesystem::path trial = folder / ".derate-trial";
  errno = 0;
  std::ofstream out(trial, std::ios::binary);
  out << std::string(kRoomForARun, '\n') << std::flush;
  const std::string reason = std::strerror(errno);
  const bool written = out.good();
  out.close();
  std::filesystem::remove(trial, failed);
  if (!written) cannot_write(folder, reason);
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  const std::filesystem::path part = path.string() + ".part";
  std::ofstream out(part, std::ios::binary);
  out << text << std::flush;
  if (!out) cannot_write(path, std::strerror(errno));
  out.close();
  std::error_code failed;
  std::filesystem::rename(part, path, failed);
  if (failed) cannot_write(path, failed.message());
}

}  // namespace derate::cli
