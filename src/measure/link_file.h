// SPDX-License-Identifier: Apache-2.0
// The file that a rank writes of a measurement between nodes, and what the files of all ranks hold
// already when another start begins.
#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "derate/error.h"
#include "measure/link_rank.h"
#include "measure/link_steps.h"
#include "record/link_record.h"

namespace derate {

/// FOLDER/NODE-RANK.jsonl, to which lines are added: what an earlier start left stays.
class LinkFile {
 public:
  /// Makes the folder. Throws Error(output).
  LinkFile(const std::filesystem::path& folder, LinkRank rank);

  void write(const LinkRecord& record);
  /// The last line of this start. From any thread.
  void end(ExitCode code, const std::string& reason);

 private:
  LinkRank rank_;
  AppendedFile file_;
};

/// What passed in earlier starts, over messages of the same size.
class MeasuredLinks {
 public:
  /// Lines that cannot be read hold nothing.
  MeasuredLinks(const std::filesystem::path& folder, std::int64_t bytes);

  /// Whether every group of the step passed, with as many GPUs.
  [[nodiscard]] bool hold(const LinkStep& step, const LinkLayout& layout) const;

 private:
  std::set<std::pair<std::vector<std::string>, std::int64_t>> passed_;  ///< sorted names, devices
};

}  // namespace derate
