// SPDX-License-Identifier: Apache-2.0
// Rows → the report, in four formats.
#pragma once

#include <ostream>
#include <span>
#include <string>
#include <string_view>

#include "derate/aggregate.h"
#include "derate/format.h"
#include "derate/record_file.h"

namespace derate {

/// The whole report: devices with their N and C, one line per row, what is wrong or unstable, what
/// was measured side by side, lines that could not be read, and a closing sentence per device. CSV
/// is the rows alone.
void write_report(std::ostream& out, std::span<const Row> rows, std::span<const BadLine> bad,
                  Format format);
[[nodiscard]] std::string render_report(std::span<const Row> rows, std::span<const BadLine> bad,
                                        Format format);

/// One sentence that places a device against the rule of thumb of 15-25 % overhead; `rows` are all
/// of that device.
[[nodiscard]] std::string conclusion(std::span<const Row> rows);

/// The report's columns as a Markdown table, for the documentation.
[[nodiscard]] std::string document_report_columns();

}  // namespace derate
