// SPDX-License-Identifier: Apache-2.0
// What a process wrote, read by the reader of its format: derate records or Google Benchmark's
// JSON, which is told from the beginning of the file.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "base/json_file.h"
#include "derate/error.h"
#include "regression/results/benchmark_result.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

/// The beginning of a file: enough to see what it is, even behind some broken lines.
std::string beginning_of(const std::filesystem::path& path) {
  constexpr std::size_t kEnough = 1 << 20;
  std::ifstream file(path, std::ios::binary);
  std::string text(kEnough, '\0');
  if (!file) throw Error(ExitCode::invalid_input, path.string() + " cannot be read");
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

const Reader& reader_of(const std::filesystem::path& path) {
  std::error_code unknown;
  if (std::filesystem::is_directory(path, unknown)) return kReaders.front();  // of records
  const std::string text = beginning_of(path);
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw Error(ExitCode::invalid_input, path.string() + " is empty");
  }
  if (text.find('\0') != std::string::npos) {
    throw Error(ExitCode::invalid_input,
                path.string() + " is no text in UTF-8: it holds zero bytes, as UTF-16 does");
  }
  for (const Reader& reader : kReaders) {
    if (reader.is_of(text)) return reader;
  }
  throw Error(
      ExitCode::invalid_input,
      fmt::format("{} holds neither derate records nor Google Benchmark's JSON; line 1 "
                  "begins with \"{}\"",
                  path.string(), text.substr(0, std::min(text.find('\n'), std::size_t{60}))));
}

}  // namespace

ProcessReport read_process(const std::filesystem::path& path) {
  return std::move(reader_of(path).read(path, Runs::together).front());
}

std::vector<ProcessReport> read_processes(const std::filesystem::path& path) {
  return reader_of(path).read(path, Runs::apart);
}

}  // namespace derate
