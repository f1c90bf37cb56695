// SPDX-License-Identifier: MIT
#pragma once
// remote: objects with an owner: runtime::entrust, remote, weak_remote, local, remote_channel, and the generic calls.

#include <trust/delegate/combine.hpp>
#include <trust/delegate/entrust.hpp>
#include <trust/delegate/flush.hpp>
#include <trust/delegate/generic.hpp>
#include <trust/delegate/local.hpp>
#include <trust/delegate/remote.hpp>
#include <trust/delegate/remote_channel.hpp>
#include <trust/delegate/together.hpp>
#include <trust/worker/runtime.hpp>
