// SPDX-License-Identifier: MIT
#pragma once
// trust: all of the library. README.md has the map; the floors below are not API, these names are.

#include <trust/remote.hpp>
#include <trust/sharded.hpp>
#include <trust/sync.hpp>
#include <trust/task.hpp>
