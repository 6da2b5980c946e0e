// SPDX-License-Identifier: Apache-2.0
// Calls from the sampler into Python: the interpreter's lock around each, exceptions as sentences.
#include "module/measured_function.h"

#include <stdexcept>
#include <string>
#include <utility>

#include "measure/sampler.h"

namespace derate::python {
namespace {

namespace nb = nanobind;

/// `str(object)` as UTF-8 on one line; what cannot be encoded is escaped.
std::string line_of(nb::handle object) {
  const nb::object text = nb::steal(PyObject_Str(object.ptr()));
  nb::object bytes;
  if (text.is_valid()) {
    bytes = nb::steal(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "backslashreplace"));
  }
  char* data = nullptr;
  Py_ssize_t size = 0;
  if (!bytes.is_valid() || PyBytes_AsStringAndSize(bytes.ptr(), &data, &size) != 0) {
    PyErr_Clear();
    return "(it has no text)";
  }
  std::string line;
  for (const char c : std::string_view(data, static_cast<std::size_t>(size))) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\0';
    if (!blank)
      line += c;
    else if (!line.empty() && line.back() != ' ')
      line += ' ';
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

class FunctionInstance final : public Instance {
 public:
  FunctionInstance(MeasuredFunction& function, bool on_stream)
      : function_(function), on_stream_(on_stream) {}

  void launch(int) override { function_.call(); }
  [[nodiscard]] bool host_takes_part() const override { return !on_stream_; }
  [[nodiscard]] bool is_kernels_alone() const override { return false; }
  [[nodiscard]] std::optional<std::string> check() override { return function_.check(); }

 private:
  MeasuredFunction& function_;
  bool on_stream_;
};

class LockedSession final : public Session {
 public:
  explicit LockedSession(std::unique_ptr<Session> session) : session_(std::move(session)) {}

  [[nodiscard]] const Device& device() const override { return session_->device(); }
  void activate() override { session_->activate(); }
  [[nodiscard]] Sample sample(const std::function<void(int)>& launch, int launches) override {
    const nb::gil_scoped_acquire lock;
    return session_->sample(launch, launches);
  }
  [[nodiscard]] Sample sample_by_host(const std::function<void(int)>& launch,
                                      int launches) override {
    const nb::gil_scoped_acquire lock;
    return session_->sample_by_host(launch, launches);
  }
  void synchronize() override { session_->synchronize(); }
  [[nodiscard]] double clock_rise_s() const override { return session_->clock_rise_s(); }
  void rest(double time_s) override { session_->rest(time_s); }
  [[nodiscard]] Telemetry telemetry() override { return session_->telemetry(); }

 private:
  std::unique_ptr<Session> session_;
};

}  // namespace

void MeasuredFunction::call() {
  const nb::gil_scoped_acquire lock;
  try {
    last_ = function_();
  } catch (const nb::python_error& error) {
    error_ = nb::borrow(error.value());
    throw std::runtime_error(text_of(error));
  }
}

std::optional<std::string> MeasuredFunction::check() {
  const nb::gil_scoped_acquire lock;
  if (!is_checked()) return std::nullopt;
  try {
    const nb::object said = check_(last_);
    if (said.is_none()) return std::nullopt;
    if (PyUnicode_Check(said.ptr())) {
      std::string sentence = line_of(said);
      return sentence.empty() ? std::nullopt : std::optional(std::move(sentence));
    }
    const int truth = PyObject_IsTrue(said.ptr());
    if (truth < 0) throw nb::python_error();
    return truth == 0 ? std::optional<std::string>("check returned " + line_of(said))
                      : std::nullopt;
  } catch (const nb::python_error& error) {
    return text_of(error);
  }
}

bool MeasuredFunction::interrupted() {
  const nb::gil_scoped_acquire lock;
  if (PyErr_CheckSignals() == 0) return false;
  interrupt_ = std::make_exception_ptr(nb::python_error());
  return true;
}

void MeasuredFunction::rethrow_interrupt() const {
  if (interrupt_) std::rethrow_exception(interrupt_);
}

std::string MeasuredFunction::text_of(const nb::python_error& error) {
  if (!error.matches(PyExc_Exception)) {  // KeyboardInterrupt, SystemExit
    interrupt_ = std::current_exception();
    throw Interrupted{};
  }
  const std::string text = line_of(error.value());
  const std::string type = line_of(error.type().attr("__name__"));
  return text.empty() ? type : type + ": " + text;
}

std::unique_ptr<Instance> make_instance(MeasuredFunction& function, bool on_stream) {
  return std::make_unique<FunctionInstance>(function, on_stream);
}

std::unique_ptr<Session> holding_the_lock(std::unique_ptr<Session> session) {
  return std::make_unique<LockedSession>(std::move(session));
}

}  // namespace derate::python
