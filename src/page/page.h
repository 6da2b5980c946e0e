// SPDX-License-Identifier: Apache-2.0
// One HTML page that needs no network: style, scripts and chart library are in the program, and
// page.js shows the data that it is given.
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace derate::page {

/// The page before and behind its data, put together by cmake/Page.cmake.
extern const std::string_view kBeforeData;
extern const std::string_view kBehindData;

/// JSON that stands within a <script> element: no character in it can end the element or begin
/// another, whatever a device or a kernel is called.
[[nodiscard]] std::string json_for_script(const nlohmann::ordered_json& data);

/// The whole page.
[[nodiscard]] std::string html(const nlohmann::ordered_json& data);

}  // namespace derate::page
