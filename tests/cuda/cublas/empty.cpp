// SPDX-License-Identifier: Apache-2.0
// A library without a single function of its name.
