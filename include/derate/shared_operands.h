// SPDX-License-Identifier: Apache-2.0
// Operand sets that several instances work on, so that variants are compared on the same memory.
#pragma once

#include <map>
#include <memory>
#include <typeindex>
#include <typeinfo>

#include "derate/workload.h"

namespace derate {

/// Holds what the first of several instances made of one problem, for the others. One object serves
/// one problem with one Operands; instances keep what they got alive.
class SharedOperands {
 public:
  /// The T that is held, or what `make` returns, held from now on. Lets its exceptions through.
  template <typename T, typename Make>
  std::shared_ptr<T> get(const Make& make) {
    std::shared_ptr<void>& held = held_[typeid(T)];
    if (!held) held = std::make_shared<T>(make());
    return std::static_pointer_cast<T>(held);
  }

 private:
  std::map<std::type_index, std::shared_ptr<void>> held_;
};

/// What `make` returns; or, where instances are to share theirs, what the first of them made.
template <typename T, typename Make>
std::shared_ptr<T> made_or_shared(const Operands& operands, const Make& make) {
  if (operands.shared) return operands.shared->get<T>(make);
  return std::make_shared<T>(make());
}

}  // namespace derate
