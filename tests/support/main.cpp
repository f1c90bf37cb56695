// SPDX-License-Identifier: MIT
// main: of every program whose tests are doctest's.
#include <doctest/doctest.h>

int main(int count, char** arguments) { return doctest::Context{count, arguments}.run(); }
