// SPDX-License-Identifier: Apache-2.0
// Parameters, operations and shapes of GPT-2 against hand-made counts, and errors in model files.
#include "estimate/transformer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "derate/error.h"
#include "unit/own_path.h"

namespace derate {
namespace {

/// GPT-2 124M: 12 layers of width 768, 12 heads, 50257 words, 1024 tokens.
Transformer gpt2() {
  return {.name = "gpt2",
          .layers = 12,
          .width = 768,
          .heads = 12,
          .key_value_heads = 12,
          .feed_forward = 3072,
          .sequence = 1024,
          .vocabulary = 50257,
          .batch = 4,
          .precision = Precision::bf16};
}

const Operation& named(const std::vector<Operation>& operations, std::string_view name) {
  const auto found = std::find_if(operations.begin(), operations.end(),
                                  [&](const Operation& one) { return one.name == name; });
  if (found == operations.end()) throw std::out_of_range(std::string(name));
  return *found;
}

TEST(Transformer, HasTheParametersOfItsPaper) {
  // 12 layers of 12·768² and 50257·768 of the embedding: 123.5 M; the paper's 124 M has positions,
  // biases and norms besides.
  EXPECT_DOUBLE_EQ(parameters(gpt2()), 12.0 * 12 * 768 * 768 + 50257.0 * 768);
}

TEST(Transformer, DoesTwoOperationsPerParameterAndTokenAndThoseOfAttention) {
  const Transformer model = gpt2();
  const double tokens = 4.0 * 1024;
  const double attention = 12 * 2.0 * 2 * tokens * 1024 * 768;  // scores and values
  const double forward = 2 * parameters(model) * tokens + attention;
  EXPECT_DOUBLE_EQ(product_flops(operations(model, Step::prefill)), forward);
  EXPECT_DOUBLE_EQ(product_flops(operations(model, Step::training)), 3 * forward);
}

TEST(Transformer, DecodesOneTokenAgainstAllKeys) {
  const auto list = operations(gpt2(), Step::decode);
  EXPECT_EQ(named(list, "qkv").shape.m, 4);
  const Operation& scores = named(list, "scores");
  EXPECT_EQ(scores.shape.m, 1);
  EXPECT_EQ(scores.shape.n, 1024);
  EXPECT_EQ(scores.shape.k, 64);
  EXPECT_EQ(scores.products, 4 * 12);
}

TEST(Transformer, SharesKeysAndValuesAmongHeads) {
  Transformer model = gpt2();
  model.key_value_heads = 4;
  EXPECT_EQ(named(operations(model, Step::prefill), "qkv").shape.n, 768 + 2 * 4 * 64);
}

TEST(Transformer, GatesWithAThirdProduct) {
  Transformer model = gpt2();
  model.gated = true;
  EXPECT_EQ(named(operations(model, Step::prefill), "up").count, 24);
  EXPECT_DOUBLE_EQ(parameters(model) - parameters(gpt2()), 12.0 * 768 * 3072);
}

TEST(Transformer, TrainsByTheGradientsOfBothOperands) {
  const auto list = operations(gpt2(), Step::training);
  const GemmShape& up = named(list, "up").shape;
  const GemmShape& left = named(list, "gradient of up, left").shape;
  const GemmShape& right = named(list, "gradient of up, right").shape;
  EXPECT_EQ(left.m, up.m);
  EXPECT_EQ(left.n, up.k);
  EXPECT_EQ(right.m, up.k);
  EXPECT_EQ(right.n, up.n);
  // Weights, two moments in f32 and the gradient and weights in bf16, read and written.
  EXPECT_DOUBLE_EQ(named(list, "adam").bytes, 28 * parameters(gpt2()));
}

TEST(Transformer, MovesWhatANormReadsAndWrites) {
  const auto list = operations(gpt2(), Step::prefill);
  EXPECT_DOUBLE_EQ(named(list, "norm").bytes, 2.0 * 4 * 1024 * 768 * 2);
  EXPECT_EQ(named(list, "norm").count, 24);
  EXPECT_DOUBLE_EQ(named(list, "softmax").bytes, 2.0 * 4 * 12 * 1024 * 1024 * 2);
}

class ModelFile : public testing::Test {
 protected:
  Transformer read(const std::string& text) {
    std::ofstream(path_) << text;
    return read_transformer(path_);
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
  const Transformer model = read(with("", ""));
  EXPECT_EQ(model.key_value_heads, 4);
  EXPECT_EQ(model.feed_forward, 256);
  EXPECT_FALSE(model.gated);
  EXPECT_EQ(model.precision, Precision::f32);
  EXPECT_EQ(read(with("feed_forward", "100")).feed_forward, 100);
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
  EXPECT_THROW((void)read_transformer("/nonexistent.json"), Error);
  EXPECT_THROW((void)read_transformer(testing::TempDir()), Error) << "a folder";
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
