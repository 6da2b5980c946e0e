// SPDX-License-Identifier: Apache-2.0
// Reads files record by record into an Aggregate, filtered by device, and reports what was left
// out.
#include "record/load.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/standard_streams.h"
#include "derate/error.h"

namespace derate {

bool is_of_device(const Record& record, const std::string& wanted) {
  return wanted.empty() || wanted == record.backend ||
         wanted == fmt::format("{}:{}", record.backend, record.device_index) ||
         wanted == record.device_id || record.device_name.find(wanted) != std::string::npos;
}

Analysis analyse(const std::vector<std::filesystem::path>& files, const std::string& device,
                 const std::function<void(const Record&)>& also) {
  Analysis analysis;
  Aggregate summary;
  std::int64_t stages = 0;
  const auto add = [&](const Record& record) {
    if (!record.stage.empty()) {  // its work is not that of its problem
      ++stages;
      return;
    }
    const std::int64_t duplicates = summary.duplicates();
    summary.add(record);
    if (also && summary.duplicates() == duplicates) also(record);
  };
  for (const std::filesystem::path& file : files) {
    ReadResult result = read_records(file, [&](const Record& record) {
      if (is_of_device(record, device)) add(record);
    });
    std::move(result.bad.begin(), result.bad.end(), std::back_inserter(analysis.bad));
  }
  analysis.rows = summary.rows();
  analysis.duplicates = summary.duplicates();
  if (analysis.rows.empty() && stages > 0) {
    throw Error(ExitCode::invalid_input,
                fmt::format("all {} records of a device \"{}\" are stages of an attribution; "
                            "derate explain show reads them",
                            stages, device));
  }
  if (analysis.rows.empty()) {
    throw Error(ExitCode::invalid_input, fmt::format("no record is of a device \"{}\"", device));
  }
  return analysis;
}

bool any_failed(const std::vector<Row>& rows) {
  return std::any_of(rows.begin(), rows.end(), [](const Row& row) {
    return row.outcome >= Outcome::incorrect || row.outcome == Outcome::suspect;
  });
}

void warn_of(const std::vector<BadLine>& bad) {
  constexpr std::size_t kShown = 20;
  for (std::size_t i = 0; i < std::min(bad.size(), kShown); ++i) {
    say("derate", fmt::format("{}:{}: left out: {}", bad[i].file, bad[i].line, bad[i].reason));
  }
  if (bad.size() > kShown) {
    say("derate", fmt::format("... and {} more unreadable lines", bad.size() - kShown));
  }
}

void warn_of_duplicates(std::int64_t duplicates) {
  if (duplicates == 0) return;
  say("derate", fmt::format("{} records stand in these files twice; each counts once", duplicates));
}

}  // namespace derate
