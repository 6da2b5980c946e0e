// SPDX-License-Identifier: Apache-2.0
// The process's streams, or the text that the calling thread keeps in their place.
#include "base/kept_streams.h"

#include <iostream>

namespace derate {
namespace {

thread_local KeptStreams* latest = nullptr;

}  // namespace

std::ostream& standard_output() { return latest != nullptr ? latest->output_ : std::cout; }

std::ostream& standard_error() { return latest != nullptr ? latest->messages_ : std::cerr; }

KeptStreams::KeptStreams() : before_(latest) { latest = this; }

KeptStreams::~KeptStreams() { latest = before_; }

bool KeptStreams::are_there() { return latest != nullptr; }

}  // namespace derate
