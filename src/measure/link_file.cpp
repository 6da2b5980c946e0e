// SPDX-License-Identifier: Apache-2.0
// Each line is on the disk before the next step begins: a kill costs what was under way.
#include "measure/link_file.h"

#include <algorithm>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <variant>

#include "base/input_file.h"
#include "base/time_utc.h"

namespace derate {
namespace {

std::filesystem::path made(const std::filesystem::path& folder, const LinkRank& rank) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) cannot_write(folder, failed.message());
  return folder / (rank.node + "-" + std::to_string(rank.rank) + ".jsonl");
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

LinkFile::LinkFile(const std::filesystem::path& folder, LinkRank rank)
    : rank_(std::move(rank)), file_(made(folder, rank_), Links::refused) {
  const std::string end = end_of_file(made(folder, rank_), 1);
  if (!end.empty() && end != "\n") file_.write("\n");  // a line that a kill cut off
}

void LinkFile::write(const LinkRecord& record) {
  file_.write(to_json_line(record) + "\n");
  file_.sync();
}

void LinkFile::end(ExitCode code, const std::string& reason) {
  file_.write(to_json_line(LinkEnd{rank_.node, rank_.rank, rank_.ranks, static_cast<int>(code),
                                   reason, rank_.start, now_utc()}) +
              "\n");
  file_.sync();
}

MeasuredLinks::MeasuredLinks(const std::filesystem::path& folder, std::int64_t bytes) {
  for (const std::filesystem::path& path : link_files(folder)) {
    InputFile file(path);
    std::string line;
    while (file.read_line(line)) {
      try {
        const LinkLine parsed = parse_link_line(line);
        const auto* const record = std::get_if<LinkRecord>(&parsed);
        if (record == nullptr || record->outcome != "passed" || record->bytes != bytes) continue;
        passed_.emplace(sorted(record->nodes), record->devices);
      } catch (const std::invalid_argument&) {
        continue;  // the report says so
      }
    }
  }
}

bool MeasuredLinks::hold(const LinkStep& step, const LinkLayout& layout) const {
  return std::all_of(step.groups.begin(), step.groups.end(), [&](const auto& group) {
    std::vector<std::string> names;
    for (const std::size_t place : group) names.push_back(layout.nodes[place].name);
    const auto devices = static_cast<std::int64_t>(group.size()) * layout.devices;
    return passed_.contains({sorted(std::move(names)), devices});
  });
}

}  // namespace derate
