// SPDX-License-Identifier: Apache-2.0
// The model file: one table of its fields drives reading and every refusal.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <variant>

#include "derate/error.h"
#include "derate/transformer.h"

namespace derate {
namespace {

using Json = nlohmann::json;

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

constexpr std::array kPrecisions = {Precision::f64, Precision::f32,  Precision::tf32,
                                    Precision::f16, Precision::bf16, Precision::fp8};

/// What is wrong with one field; the caller adds file and name.
struct Wrong {
  std::string why;
};

void read(const Json& value, std::string& to) {
  if (!value.is_string()) throw Wrong{"is not text"};
  to = value.get<std::string>();
}

void read(const Json& value, std::int64_t& to) {
  constexpr std::int64_t kMost = 1'000'000'000;  // no extent of a model is near it
  if (!value.is_number_integer() || value < 1 || value > kMost) {
    throw Wrong{fmt::format("is {}, not a whole number from 1 to 10⁹", value.dump())};
  }
  to = value.get<std::int64_t>();
}

void read(const Json& value, bool& to) {
  if (!value.is_boolean()) throw Wrong{"is neither true nor false"};
  to = value.get<bool>();
}

void read(const Json& value, Precision& to) {
  std::string names;
  for (const Precision precision : kPrecisions) {
    if (value.is_string() && value.get<std::string>() == to_string(precision)) {
      to = precision;
      return;
    }
    names += (names.empty() ? "" : ", ") + std::string(to_string(precision));
  }
  throw Wrong{fmt::format("is {}, not one of {}", value.dump(), names)};
}

Json parse(const std::filesystem::path& path) {
  std::ifstream file(path);
  if (!file) {
    throw Error(ExitCode::invalid_input, fmt::format("{}: cannot be read", path.string()));
  }
  try {
    Json json = Json::parse(file);
    if (json.is_object()) return json;
  } catch (const Json::exception& error) {
    throw Error(ExitCode::invalid_input,
                fmt::format("{}: is not JSON ({})", path.string(), error.what()));
  }
  throw Error(ExitCode::invalid_input, fmt::format("{}: is not a JSON object", path.string()));
}

}  // namespace

Transformer read_transformer(const std::filesystem::path& path) {
  const Json json = parse(path);
  const auto refuse = [&](std::string_view field, std::string_view why) {
    throw Error(ExitCode::invalid_input, fmt::format("{}: \"{}\" {}", path.string(), field, why));
  };
  for (const auto& item : json.items()) {
    const std::string& name = item.key();
    const bool is_known = std::any_of(kFields.begin(), kFields.end(),
                                      [&](const Field& field) { return name == field.name; });
    if (!is_known) refuse(name, "is no field of a model file");
  }
  Transformer model;
  for (const Field& field : kFields) {
    if (!json.contains(field.name)) {
      if (field.is_required) refuse(field.name, "is missing");
      continue;
    }
    try {
      std::visit([&](auto member) { read(json.at(field.name), model.*member); }, field.member);
    } catch (const Wrong& wrong) {
      refuse(field.name, wrong.why);
    }
  }
  if (model.key_value_heads == 0) model.key_value_heads = model.heads;
  if (model.feed_forward == 0) model.feed_forward = 4 * model.width;
  if (model.width % model.heads != 0) {
    refuse("width", fmt::format("is {}, no multiple of {} heads", model.width, model.heads));
  }
  if (model.heads % model.key_value_heads != 0) {
    refuse("key_value_heads", fmt::format("is {}, which does not divide {} heads",
                                          model.key_value_heads, model.heads));
  }
  return model;
}

}  // namespace derate
