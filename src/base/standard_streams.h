// SPDX-License-Identifier: Apache-2.0
// Standard input, output and error as a caller may leave them: closed, full, without a reader.
#pragma once

#include <string>
#include <string_view>

namespace derate {

/// Fills every closed one of the descriptors 0 to 2, so that no file opened later gets its number
/// and is written to by what is meant for a person. What was closed still fails on use. To be
/// called first in main().
void occupy_standard_streams();

/// Writes `text`, which is safe, to standard error. That nobody can read it is no reason to give up
/// a measurement: failing is ignored.
void say(const std::string& text);

/// The same with "WHO: SENTENCE" as a line, in which names may be anybody's.
void say(std::string_view who, std::string_view sentence);

/// Whether the reader of standard output has gone, as `| head` does.
[[nodiscard]] bool reader_has_gone();

}  // namespace derate
