// SPDX-License-Identifier: MIT
#pragma once
// with_stop: std::stop_token in: what is awaited is asked to stop when a token of somebody else's is.
//
// The request may come from any thread; a letter brings it to the task's worker. What ends for it ends with errc::cancelled; what had begun and
// completes has its value. Begun by get, future or start, the request reaches trustees only, who begin no more of it.
// Who owns what    the letter is shared by who awaits and by the token's callback; it is dropped by both, or opened once.
// Tests: tests/unit/delegate/surroundings.cpp

#include <trust/delegate/inside.hpp>

#include <concepts>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace trust {
namespace delegate {

struct heeding {
  std::stop_token token;

  class Around {
   public:
    explicit Around(const heeding& h) : token_{h.token} {}
    Around(const Around&) = delete;
    ~Around() { ended(); }
    [[nodiscard]] static errc refuses() noexcept { return {}; }
    [[nodiscard]] coro::environment& enter(coro::environment& around) {
      env_.lies_in(around);
      if (token_.stop_requested()) {
        env_.request_stop();
      } else if (token_.stop_possible()) {
        letter_ = new request{env_, worker::here()->face()};
        asked_there_.emplace(token_, poster{letter_});
      }
      return env_;
    }
    [[nodiscard]] coro::environment& enter_alone() {
      env_.stands_alone(time_point::max(), false);
      asked_here_.emplace(token_, asker{&env_});
      return env_;
    }
    void ended() noexcept {
      asked_there_.reset();
      asked_here_.reset();
      if (letter_ == nullptr) return;
      letter_->env = nullptr;
      std::exchange(letter_, nullptr)->drop();
    }
    template <class R> static void adjust(const result<R>&) noexcept {}

   private:
    struct request : worker::letter {
      request(worker::bound_environment& e, worker::port& p) noexcept : env{&e}, home{&p} {
        open = [](worker::letter& l, worker::loop&) noexcept {
          auto& self = static_cast<request&>(l);
          if (self.env != nullptr) self.env->request_stop();
          self.drop();
        };
      }
      void drop() noexcept {
        if (holders.drop()) delete this;
      }
      link::refcount<worker::machine> holders{2};
      worker::bound_environment* env;  // its worker's
      worker::port* home;
    };
    /// Posts the letter, or drops it when the token goes unasked.
    class poster {
     public:
      explicit poster(request* r) noexcept : request_{r} {}
      poster(poster&& o) noexcept : request_{std::exchange(o.request_, nullptr)} {}
      poster& operator=(poster&&) = delete;
      ~poster() {
        if (request_ != nullptr) request_->drop();
      }
      void operator()() noexcept {
        request* const r = std::exchange(request_, nullptr);
        if (!worker::core::post(*r->home, *r)) r->drop();
      }

     private:
      request* request_;
    };
    struct asker {
      worker::bound_environment* env;
      void operator()() const noexcept { env->ask(); }
    };
    std::stop_token token_;
    worker::bound_environment env_;
    request* letter_ = nullptr;
    std::optional<std::stop_callback<poster>> asked_there_;
    std::optional<std::stop_callback<asker>> asked_here_;
  };
};

}  // namespace delegate

/// Awaited, gives what `awaitable` gives, which is asked to stop when `token` is. Throws std::bad_alloc.
template <class A>
  requires std::derived_from<std::remove_cvref_t<A>, coro::ours>
[[nodiscard]] auto with_stop(std::stop_token token, A&& awaitable) {
  return delegate::inside_of<A, delegate::heeding>{std::forward<A>(awaitable), delegate::heeding{std::move(token)}};
}

}  // namespace trust
