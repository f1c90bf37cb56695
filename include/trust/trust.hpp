// SPDX-License-Identifier: MIT
#pragma once
// trust: all of the library. See README.md for the map.

#include <trust/coro/sleep.hpp>
#include <trust/coro/task.hpp>
#include <trust/delegate/entrust.hpp>
#include <trust/delegate/latch.hpp>
#include <trust/delegate/remote.hpp>
#include <trust/delegate/spawn.hpp>
#include <trust/worker/runtime.hpp>
