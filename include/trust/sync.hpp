// SPDX-License-Identifier: MIT
#pragma once
// sync: what the coroutines of one trustee share: latch.

#include <trust/delegate/latch.hpp>
#include <trust/delegate/latched.hpp>
