// SPDX-License-Identifier: MIT
// Unit tests of base::fd: a descriptor is closed exactly once, by its last owner.

#include <trust/base/fd.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <utility>

namespace {

using trust::base::fd;

fd some() { return fd{open("/dev/null", O_RDONLY | O_CLOEXEC)}; }
bool is_open(int number) { return fcntl(number, F_GETFD) != -1; }

}  // namespace

TEST_CASE("an fd that holds nothing is false and closes nothing") {
  fd none;
  CHECK_FALSE(none);
  CHECK(none.get() == -1);
  CHECK_FALSE(fd{-5});
}

TEST_CASE("an fd closes its descriptor when it dies") {
  int number = -1;
  {
    fd one = some();
    REQUIRE(one);
    number = one.get();
    CHECK(is_open(number));
  }
  CHECK_FALSE(is_open(number));
}

TEST_CASE("moving an fd leaves nothing behind, and what was overwritten is closed") {
  fd a = some();
  fd b = some();
  const int first = a.get();
  const int second = b.get();
  b = std::move(a);
  CHECK_FALSE(is_open(second));
  CHECK(b.get() == first);
  CHECK(a.get() == -1);
  fd& self = b;
  b = std::move(self);
  CHECK(b.get() == first);
  CHECK(is_open(first));
  const fd c{std::move(b)};
  CHECK(c.get() == first);
}

TEST_CASE("a released descriptor stays open") {
  fd a = some();
  const int number = a.release();
  CHECK_FALSE(a);
  a.reset();
  CHECK(is_open(number));
  fd{number}.reset();
  CHECK_FALSE(is_open(number));
}
