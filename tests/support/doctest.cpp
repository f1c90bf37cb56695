// SPDX-License-Identifier: MIT
// doctest: its implementation, compiled once. main() lies apart, so that a program with a main of its own links too.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
