// SPDX-License-Identifier: MIT
#pragma once
// task: coroutines and what runs them: task, stream, runtime, explore, spawn, sleep, scope, with_scope, timeouts, blocking,
// hop_to, adopt, as_result, when_all.

#include <trust/coro/scope.hpp>
#include <trust/coro/sleep.hpp>
#include <trust/coro/stream.hpp>
#include <trust/coro/task.hpp>
#include <trust/delegate/adopt.hpp>
#include <trust/delegate/blocking.hpp>
#include <trust/delegate/combine.hpp>
#include <trust/delegate/context.hpp>
#include <trust/delegate/hop_to.hpp>
#include <trust/delegate/owned.hpp>
#include <trust/delegate/priority.hpp>
#include <trust/delegate/race.hpp>
#include <trust/delegate/shielded.hpp>
#include <trust/delegate/spawn.hpp>
#include <trust/delegate/timeout.hpp>
#include <trust/delegate/with_scope.hpp>
#include <trust/delegate/with_stop.hpp>
#include <trust/worker/explore.hpp>
#include <trust/worker/runtime.hpp>
