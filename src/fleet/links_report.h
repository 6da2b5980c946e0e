// SPDX-License-Identifier: Apache-2.0
// Nodes and links as a table and in words.
#pragma once

#include <ostream>

#include "derate/format.h"
#include "fleet/links.h"

namespace derate::fleet {

struct LinksView {
  Format format = Format::table;
  bool all = false;    ///< healthy nodes too, where there are many
  bool pairs = false;  ///< every pair rather than every node
};

/// Nodes, slow links, who is missing and why, and what could have been found; JSON has the matrix
/// of all pairs besides.
void write_links(std::ostream& out, const FleetLinks& links, const PairModel& model,
                 const LinksView& view);

/// Whether a node or a link is slow.
[[nodiscard]] bool any_slow(const FleetLinks& links, const PairModel& model);

}  // namespace derate::fleet
