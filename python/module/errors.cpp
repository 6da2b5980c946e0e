// SPDX-License-Identifier: Apache-2.0
// What crosses the border between the languages: exceptions of the library, and names of files.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <exception>

#include "base/missing_file.h"
#include "derate/error.h"
#include "module/bindings.h"

namespace derate::python {
namespace {

namespace nb = nanobind;

void raise_as_python(const std::exception_ptr& thrown, void*) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    const nb::object exception =
        nb::module_::import_("derate._errors")
            .attr("error_of")(static_cast<int>(error.code()), error.what(),
                              dynamic_cast<const MissingFile*>(&error) != nullptr);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.ptr())), exception.ptr());
  }
}

}  // namespace

void translate_errors() { nb::register_exception_translator(raise_as_python); }

std::string system_text(nb::handle text) {
  const nb::object bytes = nb::steal(PyUnicode_EncodeFSDefault(text.ptr()));
  if (!bytes.is_valid()) throw nb::python_error();
  char* data = nullptr;
  Py_ssize_t size = 0;
  if (PyBytes_AsStringAndSize(bytes.ptr(), &data, &size) != 0) throw nb::python_error();
  std::string copy(data, static_cast<std::size_t>(size));
  if (copy.find('\0') != std::string::npos) {
    throw nb::value_error("an argument holds a null character");
  }
  return copy;
}

}  // namespace derate::python
