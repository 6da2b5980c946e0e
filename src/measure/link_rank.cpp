// SPDX-License-Identifier: Apache-2.0
// SLURM_PROCID and its like are what srun sets for every task; JOB_COMPLETION_INDEX is what
// Kubernetes sets for every pod of an Indexed Job, whose size only the user knows.
#include "measure/link_rank.h"

#include <fmt/format.h>

#include <charconv>

#include "derate/error.h"

namespace derate {
namespace {

std::optional<int> count_in(const VariableOf& variable, const char* name) {
  const std::string text = variable(name);
  if (text.empty()) return std::nullopt;
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value >= 0) return value;
  throw Error(ExitCode::usage, fmt::format("{} is \"{}\", which is no count", name, text));
}

int said_or(const std::optional<int>& said, const std::optional<int>& slurm,
            const std::optional<int>& kubernetes, const char* option) {
  if (said) return *said;
  if (slurm) return *slurm;
  if (kubernetes) return *kubernetes;
  throw Error(ExitCode::usage,
              fmt::format("{} is missing: this was started neither by srun, whose variables say "
                          "it, nor by an Indexed Job of Kubernetes with --ranks",
                          option));
}

/// A step of a job, and which time that job is tried.
std::string start_by_slurm(const VariableOf& variable) {
  const std::string job = variable("SLURM_JOB_ID");
  if (job.empty()) return "";
  std::string start = job;
  for (const char* name : {"SLURM_STEP_ID", "SLURM_RESTART_COUNT"}) {
    if (const std::string part = variable(name); !part.empty()) start += "." + part;
  }
  return start;
}

bool is_file_name(const std::string& name) {
  return name.find('/') == std::string::npos && name.find('\0') == std::string::npos &&
         !name.starts_with('.') && name.size() <= 200;
}

std::string first_of(std::initializer_list<std::string> texts) {
  for (const std::string& text : texts) {
    if (!text.empty()) return text;
  }
  return "";
}

}  // namespace

LinkRank link_rank(const LinkRankOptions& options, const VariableOf& variable,
                   const std::string& host_name) {
  LinkRank rank;
  rank.rank = said_or(options.rank, count_in(variable, "SLURM_PROCID"),
                      count_in(variable, "JOB_COMPLETION_INDEX"), "--rank");
  rank.ranks = said_or(options.ranks, count_in(variable, "SLURM_NTASKS"), std::nullopt, "--ranks");
  rank.local = options.local.value_or(count_in(variable, "SLURM_LOCALID").value_or(0));
  rank.node =
      first_of({options.node, variable("SLURMD_NODENAME"), variable("NODE_NAME"), host_name});
  rank.start = first_of({options.start, start_by_slurm(variable)});
  if (rank.rank >= rank.ranks) {
    throw Error(ExitCode::usage,
                fmt::format("rank {} of {}: ranks are counted from 0 on", rank.rank, rank.ranks));
  }
  if (rank.start.empty()) {
    throw Error(ExitCode::usage,
                "--start is missing: a name that all ranks of this start share and no earlier "
                "start had; srun's job and step say it otherwise");
  }
  for (const std::string& name : {rank.start, rank.node}) {
    if (is_file_name(name) && !name.empty()) continue;
    throw Error(ExitCode::usage, fmt::format("\"{}\" cannot be part of a file's name", name));
  }
  return rank;
}

}  // namespace derate
