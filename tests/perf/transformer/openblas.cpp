// SPDX-License-Identifier: Apache-2.0
// transformer, openblas: every matrix product a call of OpenBLAS, one per head of each sequence in
// the attention; between them rows by vectors on the pool's threads. Attention is not masked,
// weights are random, and a product is scaled by 1/√k, so that all layers see numbers of about the
// same size.
#include "backend/host/openblas.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "derate/host/buffer.h"
#include "derate/host/pool_session.h"
#include "transformer/reference.h"
#include "transformer/row_ops.h"
#include "transformer/work.h"

namespace derate::transformer {
namespace {

void multiply(const Product& p) {
  const auto transposed = [](const Matrix& matrix) {
    return matrix.is_transposed ? host::kBlasTranspose : host::kBlasNoTranspose;
  };
  host::openblas().sgemm(host::kBlasRowMajor, transposed(p.a), transposed(p.b),
                         static_cast<int>(p.m), static_cast<int>(p.n), static_cast<int>(p.k),
                         p.alpha, p.a.data, static_cast<int>(p.a.pitch), p.b.data,
                         static_cast<int>(p.b.pitch), 0, p.c, static_cast<int>(p.pitch_of_c));
}

struct Weights {
  host::Buffer<float> qkv, out, up, down;
};

/// Every intermediate result has an array of its own, so that check() finds the inputs of each
/// operation of the last layer beside its result.
struct Activations {
  host::Buffer<float> in, norm1, qkv, scores, shares, values, out, middle, norm2, up, hidden, down,
      next, last, logits;
};

class OpenBlasTransformer final : public Instance {
 public:
  OpenBlasTransformer(const Problem& problem, const Operands& operands, host::PoolSession& session)
      : model_(decoder_of(problem)),
        tokens_(model_.batch * model_.sequence),
        head_(model_.width / model_.heads),
        data_(operands.data),
        pool_(session.pool()) {
    host::usable_openblas().set_threads(pool_.size());
    for (std::int64_t layer = 0; layer < model_.layers; ++layer) {
      weights_.push_back({operand(3 * model_.width * model_.width),
                          operand(model_.width * model_.width),
                          operand(model_.width * model_.feed_forward),
                          operand(model_.width * model_.feed_forward)});
    }
    embedding_ = operand(model_.vocabulary * model_.width);
    const std::int64_t stream = tokens_ * model_.width;
    const std::int64_t hidden = tokens_ * model_.feed_forward;
    const std::int64_t scores = model_.heads * tokens_ * model_.sequence;
    const auto array = [&](std::int64_t count) { return host::make_result<float>(pool_, count); };
    at_ = {array(stream), array(stream), array(3 * stream),
           array(scores), array(scores), array(stream),
           array(stream), array(stream), array(stream),
           array(hidden), array(hidden), array(stream),
           array(stream), array(stream), array(tokens_ * model_.vocabulary)};
  }

  void launch(int /*set*/) override {
    embed();
    for (std::size_t layer = 0; layer < weights_.size(); ++layer) {
      if (layer > 0) std::swap(at_.in, at_.next);
      attend(weights_[layer]);
      feed_forward(weights_[layer]);
    }
    rows(tokens_, [this](host::Range range) {
      norm(at_.next.data(), at_.last.data(), model_.width, range);
    });
    multiply(logits());
  }

  [[nodiscard]] int sets() const override { return 1; }

  /// Each operation of the last layer, and the logits, from its own inputs.
  [[nodiscard]] std::optional<std::string> check() override {
    for (const std::string& wrong : {check_attention(), check_feed_forward(), check_ends()}) {
      if (!wrong.empty()) return wrong;
    }
    return std::nullopt;
  }

 private:
  host::Buffer<float> operand(std::int64_t count) {
    return host::make_operand<float>(pool_, count, data_, ++seed_);
  }

  /// Each thread its share of `count` rows.
  void rows(std::int64_t count, const std::function<void(host::Range)>& work) {
    pool_.run([&](int thread) { work(host::share(count, 1, pool_.size(), thread)); });
  }

  /// The tokens are not of any text: they go through the vocabulary in large strides.
  [[nodiscard]] std::int64_t token(std::int64_t position) const {
    return position * 7919 % model_.vocabulary;
  }

  void embed() {
    rows(tokens_, [this](host::Range range) {
      for (std::int64_t row = range.begin; row < range.end; ++row) {
        const float* const from = embedding_.data() + token(row) * model_.width;
        std::copy_n(from, model_.width, at_.in.data() + row * model_.width);
      }
    });
  }

  void attend(Weights& weights) {
    rows(tokens_,
         [this](host::Range range) { norm(at_.in.data(), at_.norm1.data(), model_.width, range); });
    multiply(dense(at_.norm1, weights.qkv, at_.qkv, 3 * model_.width, model_.width));
    for (std::int64_t i = 0; i < model_.batch * model_.heads; ++i) multiply(scores(i));
    rows(model_.heads * tokens_, [this](host::Range range) {
      softmax(at_.scores.data(), at_.shares.data(), model_.sequence, range);
    });
    for (std::int64_t i = 0; i < model_.batch * model_.heads; ++i) multiply(values(i));
    multiply(dense(at_.values, weights.out, at_.out, model_.width, model_.width));
    rows(tokens_, [this](host::Range range) {
      add(at_.in.data(), at_.out.data(), at_.middle.data(), model_.width, range);
    });
  }

  void feed_forward(Weights& weights) {
    rows(tokens_, [this](host::Range range) {
      norm(at_.middle.data(), at_.norm2.data(), model_.width, range);
    });
    multiply(dense(at_.norm2, weights.up, at_.up, model_.feed_forward, model_.width));
    rows(tokens_, [this](host::Range range) {
      activate(at_.up.data(), at_.hidden.data(), model_.feed_forward, range);
    });
    multiply(dense(at_.hidden, weights.down, at_.down, model_.width, model_.feed_forward));
    rows(tokens_, [this](host::Range range) {
      add(at_.middle.data(), at_.down.data(), at_.next.data(), model_.width, range);
    });
  }

  /// All tokens times a matrix of weights.
  Product dense(const host::Buffer<float>& a, const host::Buffer<float>& b, host::Buffer<float>& c,
                std::int64_t n, std::int64_t k) {
    return {tokens_, n, k, scale(k), {a.data(), k}, {b.data(), n}, c.data(), n};
  }

  static float scale(std::int64_t k) { return 1 / std::sqrt(static_cast<float>(k)); }

  /// Queries times keys of head i, counted over the sequences.
  Product scores(std::int64_t i) {
    const std::int64_t s = model_.sequence;
    const float* const queries = head(i);
    return {s,
            s,
            head_,
            scale(head_),
            {queries, 3 * model_.width},
            {queries + model_.width, 3 * model_.width, true},
            at_.scores.data() + i * s * s,
            s};
  }

  /// Shares of attention times the values.
  Product values(std::int64_t i) {
    const std::int64_t s = model_.sequence;
    const std::int64_t first = i / model_.heads * s * model_.width + i % model_.heads * head_;
    return {s,
            head_,
            s,
            1,
            {at_.shares.data() + i * s * s, s},
            {head(i) + 2 * model_.width, 3 * model_.width},
            at_.values.data() + first,
            model_.width};
  }

  /// Where the queries of head i lie; keys and values lie one and two widths behind.
  [[nodiscard]] const float* head(std::int64_t i) const {
    return at_.qkv.data() + i / model_.heads * model_.sequence * 3 * model_.width +
           i % model_.heads * head_;
  }

  /// The embedding once more, now from tokens to words.
  Product logits() {
    const std::int64_t w = model_.width;
    return {tokens_,           model_.vocabulary,    w,
            scale(w),          {at_.last.data(), w}, {embedding_.data(), w, true},
            at_.logits.data(), model_.vocabulary};
  }

  std::string check_attention() {
    const std::int64_t w = model_.width;
    const std::int64_t s = model_.sequence;
    Weights& weights = weights_.back();
    const auto as_norm = [w](const float* row) { return normed(row, w); };
    const auto as_shares = [s](const float* row) { return probabilities(row, s); };
    const std::int64_t last_head = model_.batch * model_.heads - 1;
    return first_of({wrong_rows("norm", at_.in.data(), at_.norm1.data(), tokens_, w, as_norm),
                     wrong_product("qkv", dense(at_.norm1, weights.qkv, at_.qkv, 3 * w, w)),
                     wrong_product("scores", scores(0)), wrong_product("scores", scores(last_head)),
                     wrong_rows("softmax", at_.scores.data(), at_.shares.data(),
                                model_.heads * tokens_, s, as_shares),
                     wrong_product("values", values(0)), wrong_product("values", values(last_head)),
                     wrong_product("attention out", dense(at_.values, weights.out, at_.out, w, w)),
                     wrong_sum("residual", at_.in, at_.out, at_.middle)});
  }

  std::string check_feed_forward() {
    const std::int64_t w = model_.width;
    const std::int64_t f = model_.feed_forward;
    Weights& weights = weights_.back();
    const auto as_norm = [w](const float* row) { return normed(row, w); };
    const auto as_hidden = [f](const float* row) { return activated(row, f); };
    return first_of(
        {wrong_rows("norm", at_.middle.data(), at_.norm2.data(), tokens_, w, as_norm),
         wrong_product("up", dense(at_.norm2, weights.up, at_.up, f, w)),
         wrong_rows("activation", at_.up.data(), at_.hidden.data(), tokens_, f, as_hidden),
         wrong_product("down", dense(at_.hidden, weights.down, at_.down, w, f)),
         wrong_sum("residual", at_.middle, at_.down, at_.next)});
  }

  std::string check_ends() {
    const std::int64_t w = model_.width;
    std::string embedded;
    for (std::int64_t i = 0; i < w && model_.layers == 1; ++i) {
      const std::int64_t row = tokens_ - 1;
      if (at_.in[row * w + i] == embedding_[token(row) * w + i]) continue;
      embedded = "embedding(" + std::to_string(row) + ", " + std::to_string(i) + ") is another";
    }
    return first_of({embedded,
                     wrong_rows("last norm", at_.next.data(), at_.last.data(), tokens_, w,
                                [w](const float* row) { return normed(row, w); }),
                     wrong_product("logits", logits())});
  }

  std::string wrong_sum(const std::string& name, const host::Buffer<float>& a,
                        const host::Buffer<float>& b, const host::Buffer<float>& sum) const {
    for (std::int64_t i = 0; i < sum.size(); ++i) {
      if (sum[i] != a[i] + b[i]) return name + "(" + std::to_string(i) + ") is no sum";
    }
    return "";
  }

  static std::string first_of(const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences) {
      if (!sentence.empty()) return sentence;
    }
    return "";
  }

  Decoder model_;
  std::int64_t tokens_;
  std::int64_t head_;  ///< width of one
  DataPattern data_;
  host::ThreadPool& pool_;
  std::uint64_t seed_ = 0;
  std::vector<Weights> weights_;
  host::Buffer<float> embedding_;
  Activations at_;
};

std::vector<Problem> sizes(const Device&) {
  return {problem(4, 512, 8, 256, 2, 4096), problem(2, 768, 12, 256, 4, 8192)};
}

const Registration registration{{
    .name = "transformer",
    .variant = "openblas",
    .provider = "openblas",
    .backend = "host",
    .precision = Precision::f32,
    .bound = Bound::compute,
    .cache = CachePolicy::hot,  // a step finds in the caches what the one before left there
    .problems = [](const Device&) { return std::vector<Problem>{}; },
    .test_problem = [] { return problem(1, 48, 3, 20, 2, 67); },
    .work = [](const Problem& problem) { return work(problem, Precision::f32); },
    .size_class = [](const Problem&) { return std::string("all"); },
    .prepare = [](const Problem& problem, const Operands& operands,
                  Session& session) -> std::unique_ptr<Instance> {
      return std::make_unique<OpenBlasTransformer>(problem, operands, host::pool_session(session));
    },
    .more_problems = sizes,
    .shapes = sizes,
    .library = [] { return host::openblas().name; },
}};

}  // namespace
}  // namespace derate::transformer
