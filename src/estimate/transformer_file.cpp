// SPDX-License-Identifier: Apache-2.0
// The model file: one table of its fields drives reading and every refusal.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <variant>

#include "base/json.h"
#include "base/json_file.h"
#include "estimate/transformer.h"

namespace derate {
namespace {

using Json = JsonFile::Json;

struct Field {
  const char* name;
  std::variant<std::string Transformer::*, std::int64_t Transformer::*, bool Transformer::*,
               Precision Transformer::*>
      member;
  bool is_required = true;
};

constexpr std::array kFields = {Field{"name", &Transformer::name},
                                Field{"layers", &Transformer::layers},
                                Field{"width", &Transformer::width},
                                Field{"heads", &Transformer::heads},
                                Field{"key_value_heads", &Transformer::key_value_heads, false},
                                Field{"feed_forward", &Transformer::feed_forward, false},
                                Field{"gated", &Transformer::gated, false},
                                Field{"sequence", &Transformer::sequence},
                                Field{"vocabulary", &Transformer::vocabulary},
                                Field{"batch", &Transformer::batch},
                                Field{"precision", &Transformer::precision}};

/// What is wrong with one field; the caller adds file and name.
struct Wrong {
  std::string why;
};

void read(const Json& value, std::string& to) {
  if (!value.is_string()) throw Wrong{"is not text"};
  to = value.get<std::string>();
  const auto is_control = [](unsigned char c) { return c < ' ' || c == 0x7F; };
  if (std::any_of(to.begin(), to.end(), is_control)) throw Wrong{"holds a control character"};
}

void read(const Json& value, std::int64_t& to) {
  constexpr std::int64_t kMost = 1'000'000'000;  // no extent of a model is near it
  if (!value.is_number_integer() || value < 1 || value > kMost) {
    throw Wrong{fmt::format("is {}, not a whole number from 1 to 10⁹", brief(value))};
  }
  to = value.get<std::int64_t>();
}

void read(const Json& value, bool& to) {
  if (!value.is_boolean()) throw Wrong{"is neither true nor false"};
  to = value.get<bool>();
}

void read(const Json& value, Precision& to) {
  std::string names;
  for (const PrecisionFacts& facts : kPrecisions) {
    const bool is_integer = facts.product == Precision::i32;
    if (facts.arithmetic != Arithmetic::matrix_products || is_integer) continue;
    if (value.is_string() && value.get<std::string>() == facts.name) {
      to = facts.precision;
      return;
    }
    names += (names.empty() ? "" : ", ") + std::string(facts.name);
  }
  throw Wrong{fmt::format("is {}, not one of {}", brief(value), names)};
}

/// The numbers that operations() multiplies: beyond 2^53 not even a double counts them.
void require_countable(const Transformer& model, const JsonFile& file) {
  constexpr double kMost = 9'007'199'254'740'992;
  const auto layers = static_cast<double>(model.layers);
  const auto batch = static_cast<double>(model.batch);
  const double heads = static_cast<double>(model.heads) * batch;
  const double rows = heads * static_cast<double>(model.sequence);
  if (layers * heads > kMost) {
    file.refuse("batch", fmt::format("makes {:.3g} products of layers, batch and heads, more than "
                                     "can be counted",
                                     layers * heads));
  }
  if (rows > kMost) {
    file.refuse("batch",
                fmt::format("makes {:.3g} rows of batch, heads and sequence, more than can "
                            "be counted",
                            rows));
  }
}

}  // namespace

Transformer read_transformer(const std::filesystem::path& path) {
  const JsonFile file(path);
  const Json& json = file.root();
  if (!json.is_object()) file.refuse("", "is not a JSON object");
  for (const auto& item : json.items()) {
    const std::string& name = item.key();
    const bool is_known = std::any_of(kFields.begin(), kFields.end(),
                                      [&](const Field& field) { return name == field.name; });
    if (!is_known) file.refuse(name, "is no field of a model file");
  }
  Transformer model;
  for (const Field& field : kFields) {
    if (!json.contains(field.name)) {
      if (field.is_required) file.refuse(field.name, "is missing");
      continue;
    }
    try {
      std::visit([&](auto member) { read(json.at(field.name), model.*member); }, field.member);
    } catch (const Wrong& wrong) {
      file.refuse(field.name, wrong.why);
    }
  }
  if (model.key_value_heads == 0) model.key_value_heads = model.heads;
  if (model.feed_forward == 0) model.feed_forward = 4 * model.width;
  if (model.width % model.heads != 0) {
    file.refuse("width", fmt::format("is {}, no multiple of {} heads", model.width, model.heads));
  }
  if (model.heads % model.key_value_heads != 0) {
    file.refuse("key_value_heads", fmt::format("is {}, which does not divide {} heads",
                                               model.key_value_heads, model.heads));
  }
  require_countable(model, file);
  return model;
}

}  // namespace derate
