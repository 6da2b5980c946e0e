// SPDX-License-Identifier: Apache-2.0
// Manifests for Kubernetes: an Indexed Job with one pod on each node that measures, one that
// checks, one that measures what lies between them, and how the image is made that both start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace derate::fleet {

/// With which exit code a pod ends that finds its node measured already: the Job starts it again,
/// on another node where there is one.
inline constexpr int kMeasuredAlready = 75;

struct KubernetesJob {
  std::string name;   ///< label of all of it: letters, digits and dashes
  std::string start;  ///< tells the Jobs of several starts apart
  std::string image;
  std::string name_space;  ///< empty: kubectl's
  std::int64_t count = 0;  ///< pods, each on a node of its own
  int gpus = 8;            ///< that each pod asks for: all of its node
  std::string claim;       ///< of a volume that all nodes share; empty for none
  std::string host_path;   ///< a folder of each node; empty for none
  std::vector<std::pair<std::string, std::string>> selector;  ///< labels of the nodes
  std::vector<std::string> taints;                            ///< keys that are tolerated
  std::vector<std::string> nodes;                             ///< only these; empty: any
  std::vector<std::string> measured;                          ///< not these
  std::vector<std::string> run_options;
  std::optional<double> limit_s;     ///< of one run
  std::optional<double> deadline_s;  ///< of the whole Job
};

/// The name of its Job, by which its pods are known from those of other starts.
[[nodiscard]] std::string name_of_measuring_job(const KubernetesJob& job);
/// As YAML, with how to start it in a comment.
[[nodiscard]] std::string measuring_job(const KubernetesJob& job);
/// `derate check --validator` on each node: a pod's exit code is its node's verdict.
[[nodiscard]] std::string checking_job(const KubernetesJob& job);

/// `derate fleet links --measure`, a rank on each node, measured or not; they meet on the claimed
/// volume.
[[nodiscard]] std::string links_job(const KubernetesJob& job);

/// The image, from the wheel of this version.
[[nodiscard]] std::string dockerfile();

}  // namespace derate::fleet
