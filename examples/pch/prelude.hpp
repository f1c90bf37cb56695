// SPDX-License-Identifier: MIT
// prelude: the headers that most examples include themselves, for a precompiled header; -Db_pch=false does without it.
#include <trust/trust.hpp>

#include <iostream>
#include <map>
#include <string>
#include <vector>
