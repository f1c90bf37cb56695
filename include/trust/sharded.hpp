// SPDX-License-Identifier: MIT
#pragma once
// sharded: many objects at once: sharded, and the tables that are spread over all trustees, sharded_map and sharded_set.

#include <trust/delegate/sharded.hpp>
#include <trust/delegate/sharded_map.hpp>
#include <trust/delegate/sharded_set.hpp>
