// SPDX-License-Identifier: Apache-2.0
// What a process wrote, read by the reader of its format, which is told from the beginning of the
// file: derate's records, or JSON.
#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "base/fit_text.h"
#include "base/input_file.h"
#include "derate/error.h"
#include "record/read_lines.h"
#include "regression/results/benchmark_result.h"
#include "regression/results/readers.h"

namespace derate {
namespace {

const Reader& reader_of(InputFile& file) {
  constexpr std::size_t kEnough = 1 << 20;  // to see what it is, even behind some broken lines
  const std::string_view text = file.beginning(kEnough);
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) {
    throw Error(ExitCode::invalid_input, file.name() + " is empty");
  }
  if (text.find('\0') != std::string_view::npos) {
    throw Error(ExitCode::invalid_input,
                file.name() + " is no text in UTF-8: it holds zero bytes, as UTF-16 does");
  }
  for (const Reader& reader : kReaders) {
    if (reader.is_of(text)) return reader;
  }
  throw Error(ExitCode::invalid_input,
              fmt::format("{} holds neither derate records nor JSON of one of these: {}; line 1 "
                          "begins with \"{}\"",
                          file.name(), names_of_json_formats(),
                          fit_text::echoed(text.substr(0, text.find('\n')))));
}

std::vector<ProcessReport> read(const std::filesystem::path& path, Runs runs) {
  InputFile file(records_in(path));
  return reader_of(file).read(file, runs);
}

}  // namespace

ProcessReport read_process(const std::filesystem::path& path) {
  return std::move(read(path, Runs::together).front());
}

std::vector<ProcessReport> read_processes(const std::filesystem::path& path) {
  return read(path, Runs::apart);
}

}  // namespace derate
