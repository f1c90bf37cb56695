// SPDX-License-Identifier: MIT
// prelude: the headers that nearly every test includes itself, for a precompiled header. It adds nothing: each file
// still includes what it uses, and compiles without this one.
#include <trust/trust.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>
