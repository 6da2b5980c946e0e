// SPDX-License-Identifier: Apache-2.0
// derate fleet run --kubernetes: manifests and a Dockerfile, for kubectl and docker.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "base/file.h"
#include "base/shell_text.h"
#include "base/time_utc.h"
#include "cli/fleet_engines.h"
#include "derate/build_info.h"
#include "fleet/kubernetes_job.h"
#include "record/output_folder.h"

namespace derate::cli {
namespace {

namespace fs = std::filesystem;

/// What Kubernetes takes for a name: letters, digits and dashes, at most 63.
std::string fault_of_label(const std::string& text) {
  const bool is_label = !text.empty() && text.size() <= 63 && text.front() != '-' &&
                        text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
                          return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
                        });
  return is_label ? ""
                  : fmt::format("{} is no name of lower-case letters, digits and dashes", text);
}

/// A key of a label or a taint, with a prefix or without.
std::string fault_of_key(const std::string& text) {
  const bool is_key = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-' ||
           c == '/';
  });
  return is_key ? "" : fmt::format("\"{}\" is no key of a label", text);
}

std::string fault_of_selector(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return text + " is not KEY=VALUE";
  std::string fault = fault_of_key(text.substr(0, equals));
  if (!fault.empty() || equals + 1 == text.size()) return fault;
  return fault_of_key(text.substr(equals + 1));
}

std::string fault_of_image(const std::string& text) {
  const bool is_word = !text.empty() && std::all_of(text.begin(), text.end(),
                                                    [](char c) { return c > ' ' && c < '\x7f'; });
  return is_word ? "" : fmt::format("\"{}\" is no name of an image", text);
}

std::string fault_of_host_path(const std::string& text) {
  return text.starts_with('/') ? "" : text + " is not absolute";
}

/// "derate-fleet" with what of the folder's name may stand behind it.
std::string name_of_fleet(const fs::path& fleet) {
  // With "-check", the time and a pod's index, of up to five digits, a pod has 63 letters at most.
  constexpr std::size_t kLongest = 34;
  std::string name = "derate";
  for (const char c : fleet.filename().string()) {
    const auto letter = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const bool fits = (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9');
    if (fits && name == "derate") name += '-';
    if (fits) name += letter;
    if (!fits && name.back() != '-') name += '-';
  }
  name.resize(std::min(name.size(), kLongest));
  while (name.ends_with('-')) name.pop_back();
  return name;
}

fleet::KubernetesJob job_of_options(const FleetRunOptions& options,
                                    const fleet::FleetStart& start) {
  fleet::KubernetesJob job;
  job.name = name_of_fleet(options.fleet);
  // 2026-11-21T01:02:03Z as 20261121-010203: a Job cannot be changed, so each start has its own.
  for (const char c : now_utc()) {
    if (c == 'T') job.start += '-';
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) job.start += c;
  }
  job.image = options.image.empty() ? "derate:" + build_info().version : options.image;
  job.name_space = options.name_space;
  job.nodes = start.to_measure;
  job.measured = start.measured;
  job.count = job.nodes.empty() ? start.to_choose : static_cast<std::int64_t>(job.nodes.size());
  job.gpus = options.gpus;
  job.claim = options.claim;
  job.host_path = options.host_path;
  for (const std::string& each : options.selector) {
    const std::size_t equals = each.find('=');
    job.selector.emplace_back(each.substr(0, equals), each.substr(equals + 1));
  }
  job.taints = options.taints;
  job.run_options = options.run_options;
  job.limit_s = options.limit_s;
  job.deadline_s = options.wait_s;
  return job;
}

/// Takes in what the pods of this start printed, and of no other.
std::string gathering(const fleet::KubernetesJob& job, const fs::path& fleet) {
  return fmt::format(
      "kubectl logs {}--selector batch.kubernetes.io/job-name={} --tail=-1 "
      "--max-log-requests={} | derate fleet gather {} -",
      job.name_space.empty() ? "" : fmt::format("--namespace {} ", job.name_space),
      fleet::name_of_measuring_job(job), job.count, shell_quoted(fleet.string()));
}

void write_manifests(const fs::path& folder, const fleet::KubernetesJob& job) {
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) cannot_write(folder, failed.message());
  replace_file(folder / "job.yaml", fleet::measuring_job(job));
  replace_file(folder / "check.yaml", fleet::checking_job(job));
  if (!job.claim.empty()) replace_file(folder / "links.yaml", fleet::links_job(job));
  replace_file(folder / "Dockerfile", fleet::dockerfile());
}

}  // namespace

void add_kubernetes_options(Command& command, FleetRunOptions& options) {
  command.add_flag("--kubernetes", options.kubernetes,
                   "for Kubernetes: manifests and a Dockerfile in FOLDER/kubernetes");
  command.add_option("--image", options.image, "of the pods (default: derate:VERSION)")
      .check(fault_of_image);
  command.add_option("--namespace", options.name_space, "of the Jobs").check(fault_of_label);
  command.add_option("--gpus", options.gpus, "of a node, all of which its pod asks for")
      .range(0, 1024)
      .show_default();
  command.add_option("--claim", options.claim, "PersistentVolumeClaim that all nodes can write to")
      .check(fault_of_label);
  command.add_option("--host-path", options.host_path, "folder of each node to keep its records in")
      .check(fault_of_host_path)
      .excludes("--claim");
  command
      .add_option("--node-selector", options.selector,
                  "KEY=VALUE, a label of the nodes; may be given several times")
      .check(fault_of_selector)
      .repeatable();
  command
      .add_option("--tolerate", options.taints,
                  "key of a taint of the nodes; may be given several times")
      .check(fault_of_key)
      .repeatable()
      .show_default();
}

ExitCode write_for_kubernetes(const FleetRunOptions& options) {
  const std::vector<std::string>& named = options.named;
  const HeldFolder held(options.fleet);
  const fleet::FleetStart start =
      fleet::start_fleet(options.fleet, wanted_manifest(options, "kubernetes", named), {});
  say_what_starts(start, 0);
  const fleet::KubernetesJob job = job_of_options(options, start);
  if (job.count <= 0) return print_fleet(options, {});
  const fs::path folder = options.fleet / "kubernetes";
  write_manifests(folder, job);
  const bool is_printed = job.claim.empty() && job.host_path.empty();
  write_command("Written; to start it:",
                "kubectl create -f " + shell_quoted((folder / "job.yaml").string()));
  if (is_printed) write_command("Afterwards:", gathering(job, options.fleet));
  return ExitCode::ok;
}

}  // namespace derate::cli
