// SPDX-License-Identifier: Apache-2.0
// A file to be read that is not there: another language has an error of its own for that.
#pragma once

#include <string>

#include "derate/error.h"

namespace derate {

class MissingFile : public Error {
 public:
  explicit MissingFile(const std::string& sentence) : Error(ExitCode::invalid_input, sentence) {}
};

}  // namespace derate
