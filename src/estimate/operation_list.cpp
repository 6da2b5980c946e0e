// SPDX-License-Identifier: Apache-2.0
// Each addition puts its backward operations behind it.
#include "estimate/operation_list.h"

#include <algorithm>

namespace derate {
namespace {

double bytes_or(double bytes, Precision precision) {
  return bytes > 0 ? bytes : bytes_per_element(precision);
}

bool is_same(const Operation& a, const Operation& b) {
  return a.name == b.name && a.shape.m == b.shape.m && a.shape.n == b.shape.n &&
         a.shape.k == b.shape.k && a.products == b.products && a.bytes == b.bytes;
}

}  // namespace

OperationList::OperationList(const LanguageModel& model, const StepSize& size, Step step)
    : element_bytes_(bytes_per_element(model.precision)),
      weight_bytes_(bytes_or(size.weight_bytes, model.precision)),
      key_bytes_(bytes_or(size.key_value_bytes, model.precision)),
      stream_width_(bytes_or(size.residual_bytes, model.precision) / element_bytes_),
      is_training_(step == Step::training),
      learns_weights_(!size.frozen_weights),
      drops_out_(model.dropout && (is_training_ || size.learns)) {}

void OperationList::add(Operation operation) {
  const auto found = std::find_if(found_.begin(), found_.end(), [&](const Operation& other) {
    return is_same(operation, other);
  });
  if (found != found_.end()) {
    found->count += operation.count;
  } else {
    found_.push_back(std::move(operation));
  }
}

void OperationList::product(const std::string& name, std::int64_t count, GemmShape shape,
                            std::int64_t products, double second_bytes, bool is_learned) {
  const auto one = [&](const std::string& title, GemmShape of, double bytes) {
    add({.name = title,
         .count = count,
         .is_product = true,
         .shape = of,
         .products = products,
         .second_bytes = bytes});
  };
  one(name, shape, second_bytes);
  if (!is_training_) return;
  one("gradient of " + name + ", left", {shape.m, shape.k, shape.n}, second_bytes);
  if (is_learned) {
    one("gradient of " + name + ", right", {shape.k, shape.n, shape.m}, element_bytes_);
  }
}

void OperationList::weights(const std::string& name, std::int64_t count, GemmShape shape,
                            std::int64_t products) {
  product(name, count, shape, products, weight_bytes_, learns_weights_);
}

void OperationList::keys(const std::string& name, std::int64_t count, GemmShape shape,
                         std::int64_t products) {
  product(name, count, shape, products, key_bytes_, true);
}

void OperationList::stream(const std::string& name, std::int64_t count, double read,
                           double written) {
  add({.name = name, .count = count, .bytes = (read + written) * element_bytes_});
  if (!is_training_) return;
  add({.name = "gradient of " + name,
       .count = count,
       .bytes = (2 * read + written) * element_bytes_});
}

void OperationList::dropout(const std::string& name, std::int64_t count, double elements) {
  constexpr double kMask_bytes = 1;
  if (!drops_out_) return;
  const double bytes = elements * (2 * element_bytes_ + kMask_bytes);
  add({.name = name, .count = count, .bytes = bytes});
  if (is_training_) add({.name = "gradient of " + name, .count = count, .bytes = bytes});
}

void OperationList::fused(const std::string& name, std::int64_t count, double flops, double moved,
                          double keys) {
  const double bytes = moved * element_bytes_ + keys * key_bytes_;
  add({.name = name, .count = count, .bytes = bytes, .flops = flops});
  if (!is_training_) return;
  add({.name = "gradient of " + name, .count = count, .bytes = 2 * bytes, .flops = 2.5 * flops});
}

}  // namespace derate
