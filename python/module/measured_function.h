// SPDX-License-Identifier: Apache-2.0
// A Python function as a workload of one problem, with what calling it and its check has left.
#pragma once

#include <nanobind/nanobind.h>

#include <exception>
#include <memory>
#include <optional>
#include <string>

#include "derate/backend.h"
#include "derate/workload.h"

namespace derate::python {

/// The calls of one measurement. Made, and destroyed, by a thread that holds the interpreter's
/// lock.
class MeasuredFunction {
 public:
  /// `check` may be None.
  MeasuredFunction(nanobind::object function, nanobind::object check)
      : function_(std::move(function)), check_(std::move(check)) {}

  [[nodiscard]] bool is_checked() const { return !check_.is_none(); }

  /// Calls the function and keeps what it returns. Takes the interpreter's lock. Throws
  /// std::runtime_error with type and text of an exception, and Interrupted for one that asks the
  /// program to end.
  void call();

  /// What is wrong with what the last call returned, as the check says it, in one sentence: it
  /// returned something false, a text, or raised. Takes the lock.
  [[nodiscard]] std::optional<std::string> check();

  /// Whether a signal's handler raised, such as Ctrl-C. Takes the lock.
  [[nodiscard]] bool interrupted();

  /// Throws the exception that asked the program to end, if one did.
  void rethrow_interrupt() const;

  /// The exception that the function raised; None where it did not.
  [[nodiscard]] const nanobind::object& error() const { return error_; }

 private:
  /// Type and text; keeps what asks the program to end and throws Interrupted for it.
  [[nodiscard]] std::string text_of(const nanobind::python_error& error);

  nanobind::object function_;
  nanobind::object check_;
  nanobind::object last_ = nanobind::none();
  nanobind::object error_ = nanobind::none();
  std::exception_ptr interrupt_;
};

/// An Instance that calls `function`. With `on_stream` the device's events time it, otherwise the
/// host's clock.
[[nodiscard]] std::unique_ptr<Instance> make_instance(MeasuredFunction& function, bool on_stream);

/// `session`, whose samples hold the interpreter's lock throughout, so that a call within one does
/// not pay for taking it. Not for a device whose work may wait for a callback of Python's.
[[nodiscard]] std::unique_ptr<Session> holding_the_lock(std::unique_ptr<Session> session);

}  // namespace derate::python
