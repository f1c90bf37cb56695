// SPDX-License-Identifier: MIT
// main: doctest's implementation and main(), compiled once and linked into every suite that uses doctest.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
