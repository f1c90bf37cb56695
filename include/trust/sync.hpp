// SPDX-License-Identifier: MIT
#pragma once
// sync: what the coroutines of one trustee share: latch, shared_latch, condition, event, auto_event, semaphore, channel.

#include <trust/delegate/latch.hpp>
#include <trust/delegate/latched.hpp>
#include <trust/sync/auto_event.hpp>
#include <trust/sync/channel.hpp>
#include <trust/sync/condition.hpp>
#include <trust/sync/event.hpp>
#include <trust/sync/semaphore.hpp>
#include <trust/sync/shared_latch.hpp>
