// SPDX-License-Identifier: MIT
#pragma once
// sharded: many objects at once: one on each trustee, under one handle.

#include <trust/delegate/sharded.hpp>
