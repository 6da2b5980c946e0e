// SPDX-License-Identifier: Apache-2.0
// Tells the two kinds of files apart by "model_type", which every config.json has, and reads our
// own: equal layers without biases or learned positions.
#include "estimate/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "estimate/config_fields.h"
#include "estimate/hugging_face_config.h"
#include "estimate/parameters.h"

namespace derate {
namespace {

constexpr double kMostCounted = 9'007'199'254'740'992;  // 2^53: beyond it a double skips numbers

constexpr std::array<std::string_view, 17> kOwnFields = {
    "name",      "layers",  "width",    "heads",   "key_value_heads", "head_width",
    "window",    "latent",  "gated",    "experts", "feed_forward",    "vocabulary",
    "tied_head", "dropout", "sequence", "batch",   "precision"};
constexpr std::array<std::string_view, 4> kExpertFields = {"routed", "active", "width",
                                                           "shared_width"};
constexpr std::array<std::string_view, 4> kLatentFields = {"query_rank", "key_value_rank",
                                                           "rope_width", "value_width"};

void require_known(const ConfigFields& fields, std::span<const std::string_view> known) {
  for (const auto& item : fields.object().items()) {
    if (std::find(known.begin(), known.end(), item.key()) == known.end()) {
      fields.refuse(item.key(), "is no field of a model file");
    }
  }
}

void read_latent(const ConfigFields& fields, Attention& attention) {
  require_known(fields, kLatentFields);
  LatentAttention latent;
  latent.query_rank = fields.count("query_rank", 0);
  latent.key_value_rank = fields.extent("key_value_rank");
  latent.rope_width = fields.extent("rope_width");
  if (latent.rope_width >= attention.head_width) {
    fields.refuse("rope_width", fmt::format("is {}, not less than a head_width of {}",
                                            latent.rope_width, attention.head_width));
  }
  attention.value_width = fields.extent("value_width", attention.head_width);
  attention.key_value_heads = attention.heads;
  attention.latent = latent;
}

Attention read_attention(const ConfigFields& fields, std::int64_t width) {
  Attention attention;
  attention.heads = fields.extent("heads");
  attention.key_value_heads = fields.extent("key_value_heads", attention.heads);
  fields.require_divides("key_value_heads", attention.key_value_heads, attention.heads, "heads");
  if (!fields.has("head_width") && width % attention.heads != 0) {
    fields.refuse("width", fmt::format("is {}, no multiple of {} heads", width, attention.heads));
  }
  attention.head_width = fields.extent("head_width", width / attention.heads);
  attention.value_width = attention.head_width;
  attention.window = fields.extent("window", 0);
  if (fields.has("latent")) {
    if (attention.window > 0) fields.refuse("window", "is of no latent attention");
    read_latent(fields.inside("latent"), attention);
  }
  return attention;
}

Experts read_experts(const ConfigFields& fields) {
  require_known(fields, kExpertFields);
  Experts experts;
  experts.routed = fields.extent("routed");
  experts.active = fields.extent("active");
  if (experts.active > experts.routed) {
    fields.refuse("active",
                  fmt::format("is {}, more than {} routed", experts.active, experts.routed));
  }
  experts.width = fields.extent("width");
  experts.shared_width = fields.count("shared_width", 0);
  return experts;
}

ModelFile read_own(const ConfigFields& fields) {
  require_known(fields, kOwnFields);
  ModelFile file;
  LanguageModel& model = file.model;
  model.name = fields.text("name");
  Block block;
  block.layers = fields.extent("layers");
  model.width = fields.extent("width");
  block.attention = read_attention(fields, model.width);
  if (fields.has("experts")) {
    block.experts = read_experts(fields.inside("experts"));
  } else {
    block.dense = {.width = fields.extent("feed_forward", 4 * model.width),
                   .gated = fields.flag("gated", false)};
  }
  model.blocks = {block};
  file.sequence = fields.extent("sequence");
  model.vocabulary = fields.extent("vocabulary");
  model.tied_head = fields.flag("tied_head", true);
  model.dropout = fields.flag("dropout", false);
  file.batch = fields.extent("batch");
  model.precision = fields.precision("precision");
  return file;
}

/// What multiplies in operations(), in numbers that are exact.
void require_countable(const ModelFile& file, const ConfigFields& fields) {
  const ParameterCount count = parameters(file.model);
  const double all = count.total() + count.predicted_ahead;
  if (all > kMostCounted) {
    fields.refuse("",
                  fmt::format("file describes {:.3g} parameters, more than can be counted", all));
  }
  for (const Block& block : file.model.blocks) {
    const double rows = static_cast<double>(block.attention.heads) *
                        static_cast<double>(file.batch) *
                        static_cast<double>(std::max(file.sequence, block.layers));
    if (rows <= kMostCounted) continue;
    fields.refuse("batch", fmt::format("makes {:.3g} rows of batch, heads and sequence or layers, "
                                       "more than can be counted",
                                       rows));
  }
}

/// "Llama-3-8B" of Llama-3-8B/config.json or Llama-3-8B.json.
std::string name_of(const std::filesystem::path& path) {
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path().filename();
  return path.filename() == "config.json" ? folder.string() : path.stem().string();
}

}  // namespace

ModelFile read_model(const std::filesystem::path& path) {
  const JsonFile json(path);
  const ConfigFields fields(json, json.root());
  ModelFile file;
  if (fields.has("model_type")) {
    file.model = read_hugging_face_config(fields);
    file.model.name = name_of(path);
  } else {
    file = read_own(fields);
  }
  require_countable(file, fields);
  return file;
}

}  // namespace derate
