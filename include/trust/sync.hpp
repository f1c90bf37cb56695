// SPDX-License-Identifier: MIT
#pragma once
// sync: what the coroutines of one trustee share: latch, shared_latch, condition, event, auto_event, semaphore, channel.
//
// All are first in, first out, and use no atomics: they belong to one worker. Whoever waits can be cancelled and takes deadlines
// (with_timeout); what is set, released or sent goes to one of them or stays, and is never lost to a request that comes at the same time.
// What tasks of a scope share is declared before the scope, so that it outlives them whatever ends them. To be used from other workers
// each is entrusted like any object, and launched tasks wait for it there. Protocol of the waiting: sync/row.hpp.

#include <trust/delegate/latch.hpp>
#include <trust/delegate/latched.hpp>
#include <trust/sync/auto_event.hpp>
#include <trust/sync/channel.hpp>
#include <trust/sync/condition.hpp>
#include <trust/sync/event.hpp>
#include <trust/sync/semaphore.hpp>
#include <trust/sync/shared_latch.hpp>
