// SPDX-License-Identifier: Apache-2.0
// Pods that ended no longer keep others from their node, so anti-affinity alone would let a pod
// that waited measure a node twice: such a pod ends with an exit code that the Job does not count.
#include "fleet/kubernetes_job.h"

#include <fmt/format.h>

#include "base/json.h"
#include "derate/build_info.h"
#include "fleet/yaml_text.h"

namespace derate::fleet {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kContainer = "derate";
constexpr const char* kMount = "/fleet";
constexpr const char* kInstance = "app.kubernetes.io/instance";
constexpr const char* kHostname = "kubernetes.io/hostname";

Json labels_of(const KubernetesJob& job) {
  return {{"app.kubernetes.io/name", "derate"}, {kInstance, job.name}};
}

/// At most one pod of the Job at a time on a node, and on which nodes.
Json affinity_of(const KubernetesJob& job) {
  Json term = {{"labelSelector", {{"matchLabels", {{kInstance, job.name}}}}},
               {"topologyKey", kHostname}};
  Json affinity = {
      {"podAntiAffinity",
       {{"requiredDuringSchedulingIgnoredDuringExecution", Json::array({std::move(term)})}}}};
  Json expressions = Json::array();
  const auto require = [&](const char* how, const std::vector<std::string>& nodes) {
    if (nodes.empty()) return;
    expressions.push_back({{"key", kHostname}, {"operator", how}, {"values", nodes}});
  };
  require("In", job.nodes);
  require("NotIn", job.measured);
  if (expressions.empty()) return affinity;
  Json selector = {{"matchExpressions", std::move(expressions)}};
  affinity["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]["nodeSelectorTerms"] =
      Json::array({std::move(selector)});
  return affinity;
}

Json tolerations_of(const KubernetesJob& job) {
  Json all = Json::array();
  for (const std::string& key : job.taints) {
    all.push_back({{"key", key}, {"operator", "Exists"}});
  }
  return all;
}

Json command_of(const KubernetesJob& job) {
  Json command = {"derate", "fleet", "node"};
  if (!job.claim.empty() || !job.host_path.empty()) {
    command.push_back("--fleet");
    command.push_back(kMount);
  }
  if (job.claim.empty()) command.push_back("--print");
  command.push_back("--measured-code");
  command.push_back(std::to_string(kMeasuredAlready));
  if (job.limit_s) {
    command.push_back("--limit");
    command.push_back(fmt::format("{:.0f}", *job.limit_s));
  }
  command.push_back("--");
  for (const std::string& option : job.run_options) command.push_back(option);
  return command;
}

Json volume_of(const KubernetesJob& job) {
  if (!job.claim.empty()) {
    return {{"name", "fleet"}, {"persistentVolumeClaim", {{"claimName", job.claim}}}};
  }
  return {{"name", "fleet"},
          {"hostPath", {{"path", job.host_path}, {"type", "DirectoryOrCreate"}}}};
}

Json container_of(const KubernetesJob& job, Json command) {
  Json name_of_node = {{"name", "NODE_NAME"},
                       {"valueFrom", {{"fieldRef", {{"fieldPath", "spec.nodeName"}}}}}};
  Json container = {{"name", kContainer},
                    {"image", job.image},
                    {"command", std::move(command)},
                    {"env", Json::array({std::move(name_of_node)})}};
  if (job.gpus > 0) container["resources"] = {{"limits", {{"nvidia.com/gpu", job.gpus}}}};
  return container;
}

Json pod_of(const KubernetesJob& job, Json container) {
  Json pod = {{"restartPolicy", "Never"}};
  for (const auto& [key, value] : job.selector) pod["nodeSelector"][key] = value;
  pod["tolerations"] = tolerations_of(job);
  pod["affinity"] = affinity_of(job);
  pod["containers"] = Json::array({std::move(container)});
  return pod;
}

/// A node that is drained, or a pod that makes room for another one, is no failure.
Json not_counted(bool with_measured) {
  Json rules = Json::array();
  if (with_measured) {
    rules.push_back({{"action", "Ignore"},
                     {"onExitCodes",
                      {{"containerName", kContainer},
                       {"operator", "In"},
                       {"values", Json::array({kMeasuredAlready})}}},
                     {"onPodConditions", Json::array()}});  // the schema of the API wants both
  }
  Json condition = {{"type", "DisruptionTarget"}, {"status", "True"}};
  rules.push_back({{"action", "Ignore"}, {"onPodConditions", Json::array({std::move(condition)})}});
  return {{"rules", std::move(rules)}};
}

std::string name_of_start(const KubernetesJob& job) { return job.name + "-" + job.start; }

Json whole_job(const KubernetesJob& job, Json pod, bool with_measured) {
  Json metadata = {{"name", name_of_start(job)}};
  if (!job.name_space.empty()) metadata["namespace"] = job.name_space;
  metadata["labels"] = labels_of(job);
  Json spec = {{"completionMode", "Indexed"},
               {"completions", job.count},
               {"parallelism", job.count},
               {"backoffLimitPerIndex", 0},
               {"podFailurePolicy", not_counted(with_measured)}};
  if (job.deadline_s) spec["activeDeadlineSeconds"] = static_cast<std::int64_t>(*job.deadline_s);
  spec["template"] = {{"metadata", {{"labels", labels_of(job)}}}, {"spec", std::move(pod)}};
  return {{"apiVersion", "batch/v1"},
          {"kind", "Job"},
          {"metadata", std::move(metadata)},
          {"spec", std::move(spec)}};
}

void mount_volume(const KubernetesJob& job, Json& pod) {
  Json mount = {{"name", "fleet"}, {"mountPath", kMount}};
  pod["containers"][0]["volumeMounts"] = Json::array({std::move(mount)});
  pod["volumes"] = Json::array({volume_of(job)});
}

}  // namespace

std::string name_of_measuring_job(const KubernetesJob& job) { return name_of_start(job); }

std::string measuring_job(const KubernetesJob& job) {
  Json pod = pod_of(job, container_of(job, command_of(job)));
  if (!job.claim.empty() || !job.host_path.empty()) mount_volume(job, pod);
  return "# Written by derate fleet run. One pod measures each node:\n"
         "#   kubectl create -f job.yaml\n" +
         yaml_text(whole_job(job, std::move(pod), true));
}

std::string checking_job(const KubernetesJob& job) {
  Json container = container_of(job, Json::array({"derate", "check", "--validator"}));
  // Of another name than those that measure, which need not be kept off its node.
  KubernetesJob check = job;
  check.name += "-check";
  check.measured.clear();
  return "# Written by derate fleet run. One pod checks each node; its exit code is the verdict, 0 "
         "healthy, 1 slow,\n"
         "# 2 not known, and its reason is the pod's termination message:\n"
         "#   kubectl create -f check.yaml\n" +
         yaml_text(whole_job(check, pod_of(check, std::move(container)), false));
}

std::string links_job(const KubernetesJob& job) {
  KubernetesJob links = job;
  links.name += "-links";
  links.count += static_cast<std::int64_t>(job.measured.size());
  if (!job.nodes.empty()) {
    links.nodes.insert(links.nodes.end(), job.measured.begin(), job.measured.end());
  }
  links.measured.clear();
  // Kubernetes gives each pod its rank, JOB_COMPLETION_INDEX, and not how many there are.
  Json command = {
      "derate",  "fleet",    "links", "--measure", kMount, "--ranks", std::to_string(links.count),
      "--start", links.start};
  Json pod = pod_of(links, container_of(links, std::move(command)));
  mount_volume(links, pod);
  return "# Written by derate fleet run. A pod on each node, all at the same time; afterwards, "
         "where "
         "the volume is\n"
         "# mounted: derate fleet links FOLDER\n"
         "#   kubectl create -f links.yaml\n" +
         yaml_text(whole_job(links, std::move(pod), false));
}

std::string dockerfile() {
  return fmt::format(
      "# Written by derate fleet run. The image of job.yaml, check.yaml and links.yaml, from the\n"
      "# wheel that scripts/wheel of derate packs (build/derate-{0}-*.whl), which lies beside this "
      "file:\n"
      "#   docker build -t IMAGE .\n"
      "# The Python that the wheel is for, as its name says (cp311 is 3.11).\n"
      "ARG PYTHON=3.11\n"
      "FROM python:${{PYTHON}}-slim-bookworm\n"
      "COPY derate-{0}-*.whl /tmp/\n"
      "# With NVIDIA's cuBLAS and NCCL; the driver comes from the node.\n"
      "RUN pip install --no-cache-dir \"$(ls /tmp/derate-{0}-*.whl)[cuda]\" && rm "
      "/tmp/derate-*.whl\n"
      "ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility\n"
      "ENTRYPOINT []\n"
      "CMD [\"derate\", \"run\"]\n",
      build_info().version);
}

}  // namespace derate::fleet
