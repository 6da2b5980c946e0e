// SPDX-License-Identifier: Apache-2.0
// derate's own model files: what they may leave out, and what is refused by its name.
#include "estimate/model_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "derate/error.h"
#include "unit/own_path.h"

namespace derate {
namespace {

class ModelFile : public testing::Test {
 protected:
  LanguageModel read(const std::string& text) {
    std::ofstream(path_) << text;
    return read_model(path_).model;
  }
  std::string refusal(const std::string& text) {
    try {
      (void)read(text);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ExitCode::invalid_input);
      EXPECT_NE(std::string(error.what()).find(path_.string()), std::string::npos);
      return error.what();
    }
    return "";
  }
  void TearDown() override { std::filesystem::remove(path_); }

  static std::string with(const std::string& field, const std::string& value) {
    std::string text = R"({"name": "tiny", "layers": 2, "width": 64, "heads": 4, "sequence": 32, )"
                       R"("vocabulary": 100, "batch": 3, "precision": "f32"})";
    if (field.empty()) return text;
    const std::size_t at = text.find("\"" + field + "\": ");
    if (at == std::string::npos) return "{\"" + field + "\": " + value + ", " + text.substr(1);
    const std::size_t begin = at + field.size() + 4;
    return text.substr(0, begin) + value + text.substr(text.find_first_of(",}", begin));
  }

  std::filesystem::path path_ = test::own_path("derate_model_");
};

TEST_F(ModelFile, HasDefaults) {
  const LanguageModel model = read(with("", ""));
  const Block& block = model.blocks.front();
  EXPECT_EQ(block.attention.key_value_heads, 4);
  EXPECT_EQ(block.attention.head_width, 16);
  EXPECT_EQ(block.dense.width, 256);
  EXPECT_FALSE(block.dense.gated);
  EXPECT_TRUE(model.tied_head);
  EXPECT_EQ(model.precision, Precision::f32);
  EXPECT_EQ(read(with("feed_forward", "100")).blocks.front().dense.width, 100);
}

TEST_F(ModelFile, SaysHeadsExpertsAndWindows) {
  const std::string latent = R"({"key_value_rank": 8, "rope_width": 4, "value_width": 12})";
  const Attention attention = read(with("latent", latent)).blocks.front().attention;
  EXPECT_EQ(attention.latent->key_value_rank, 8);
  EXPECT_EQ(attention.value_width, 12);
  const std::string experts = R"({"routed": 8, "active": 2, "width": 20, "shared_width": 40})";
  const Block block = read(with("experts", experts)).blocks.front();
  EXPECT_EQ(block.experts->routed, 8);
  EXPECT_EQ(block.dense.width, 0);
  EXPECT_EQ(read(with("window", "7")).blocks.front().attention.window, 7);
  EXPECT_EQ(read(with("head_width", "65")).blocks.front().attention.head_width, 65);
  EXPECT_FALSE(read(with("tied_head", "false")).tied_head);
}

TEST_F(ModelFile, RefusesWhatContradictsItself) {
  EXPECT_NE(refusal(with("latent", R"({"key_value_rank": 8, "rope_width": 4}, "window": 7)"))
                .find("window"),
            std::string::npos);
  const std::pair<const char*, const char*> wrong[] = {
      {R"({"routed": 2, "active": 3, "width": 20})", "experts.active"},
      {R"({"routed": 2, "active": 1, "width": 20, "wide": 1})", "experts.wide"},
      {R"({"routed": 2, "active": 1})", "experts.width"}};
  for (const auto& [experts, field] : wrong) {
    EXPECT_NE(refusal(with("experts", experts)).find(field), std::string::npos) << experts;
  }
  EXPECT_NE(refusal(with("latent", R"({"key_value_rank": 8, "rope_width": 16})"))
                .find("latent.rope_width"),
            std::string::npos);
}

TEST_F(ModelFile, RefusesExtentsThatNobodyCanCount) {
  std::string huge = R"({"name":"x","layers":N,"width":N,"heads":N,"sequence":N,"vocabulary":N,)"
                     R"("batch":N,"precision":"f32"})";
  for (std::size_t at = huge.find('N'); at != std::string::npos; at = huge.find('N')) {
    huge.replace(at, 1, "1000000000");
  }
  EXPECT_NE(refusal(huge).find("more than can be counted"), std::string::npos) << refusal(huge);
}

TEST_F(ModelFile, NamesTheFieldThatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"layers", "0"},        {"layers", "-3"},         {"layers", "1.5"},
      {"layers", "\"2\""},    {"layers", "1e30"},       {"width", "65"},
      {"name", "7"},          {"gated", "1"},           {"batch", "null"},
      {"precision", "\"x\""}, {"key_value_heads", "3"}, {"hiden", "4"}};
  for (const auto& [field, value] : wrong) {
    EXPECT_NE(refusal(with(field, value)).find("\"" + std::string(field) + "\""), std::string::npos)
        << field << " = " << value << ": " << refusal(with(field, value));
  }
}

TEST_F(ModelFile, NamesTheFieldThatIsMissing) {
  EXPECT_NE(refusal("{}").find("\"name\" is missing"), std::string::npos);
  EXPECT_NE(refusal("[]").find("not a JSON object"), std::string::npos);
  EXPECT_NE(refusal("{").find("line 1: not JSON"), std::string::npos);
  EXPECT_THROW((void)read_model("/nonexistent.json"), Error);
  EXPECT_THROW((void)read_model(testing::TempDir()), Error) << "a folder";
}

TEST_F(ModelFile, SaysWhatIsNoJsonInItsOwnWords) {
  EXPECT_NE(refusal(with("layers", "1e400"))
                .find("field \"layers\" is 1e400, beyond what a number can hold"),
            std::string::npos);
  for (const char* layers : {"NaN", "\"\xFF\"", "[", ""}) {
    const std::string said = refusal(with("layers", layers));
    EXPECT_NE(said.find(": not JSON: "), std::string::npos) << said;
    EXPECT_EQ(said.find("exception"), std::string::npos) << said;
    EXPECT_EQ(said.find("  "), std::string::npos) << said;
  }
}

TEST_F(ModelFile, RefusesAFieldThatStandsThereTwice) {
  const std::string twice = with("layers", "1,\n \"layers\": 2");
  EXPECT_NE(refusal(twice).find("field \"layers\" stands there twice"), std::string::npos)
      << refusal(twice);
}

TEST_F(ModelFile, RefusesControlCharactersInTheName) {
  EXPECT_NE(refusal(with("name", "\"\\u001b[31m\"")).find("control character"), std::string::npos);
  EXPECT_EQ(refusal(with("name", "\"Größe\"")), "");
}

}  // namespace
}  // namespace derate
