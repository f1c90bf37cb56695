// SPDX-License-Identifier: MIT
// What a worker is made of, and what it knows of its tasks.

#include <trust/worker/core.hpp>
#include <trust/worker/homeward.hpp>
#include <trust/worker/loop.hpp>

namespace trust::worker {
namespace {

const cell_type no_object{[](cell&) noexcept {}, [](cell*) noexcept {}, []() noexcept { return "nothing"; }};

}  // namespace

cell::cell(port& p, std::uint32_t offset, const cell_type& t) : owner{&p}, object{offset}, type{&t}, home{p.home} {
  letter::open = [](letter& l, loop& w) noexcept { w.condemn(static_cast<cell&>(l)); };
  home->hold();
}

cell::~cell() {
  if (keeps_home) home->drop();
}

void cell::send_last_drop() noexcept {
  port& p = *owner.get();
  if (p.parker.peek() == link::forgotten) {  // a forked child: the object stayed with the parent
    if (homeward* k = closer.get(); k != nullptr && here() != nullptr) here()->ready(*k);
    return;
  }
  if (loop* w = here(); w != nullptr && &w->face() == &p && !w->has_left()) return w->condemn(*this);
  if (core::post(p, *this)) return;
  // Its owner destroys the object when it leaves.
  if (homeward* k = closer.get(); k != nullptr && here() != nullptr) here()->ready(*k);
  if (p.reached.see() >= leaving) return drop_weak();
  // Calls to it may still lie in the letters and lanes that the owner has its last look at.
  core* const c = home;
  keeps_home = false;
  const bool taken = p.estate.push(*this);
  TRUST_ASSERT(taken, "an estate is never closed");
  c->drop();
}

loop::loop(core& home, port& face)
    : hall{face, 0, no_object},
      core_{home},
      port_{face},
      table_{home.lane_table(face.index)},
      table_mask_{static_cast<std::uint32_t>(home.lane_table_size() - 1)},
      slice_limit_{slice_limit_of(home)},
      own_chance_{home.opts().shuffle + face.index} {
  hall.keeps_home = false;
  home.drop();
  hall.becomes(cell_state::live);
  face.hall = &hall;
  may_spin_ = !home.shares_cpus();
  face.shortcut = home.opts().shortcut ? &face : nullptr;
  if (home.opts().shuffle != 0) ready_.shuffle(&own_chance_);
  if (base::chance* const by = home.chance_of_simulation(); by != nullptr) ready_.shuffle(by);
}

loop::~loop() = default;

time_point loop::now() const noexcept { return core_.is_simulated() ? core_.virtual_now() : clock::now(); }

void loop::started(coro::root& r) noexcept {
  roots.push_back(r);
  port_.tasks.publish(++tasks_);
  if (phase_ >= stopping) r.env.stop.request(coro::stop_reason::ending);
}

void loop::ended(coro::root& r) noexcept {
  static_cast<base::hook&>(r).unlink();
  port_.tasks.publish(--tasks_);
  if (tasks_ == 0 && phase_ >= stopping && port_.index != 0) ring(core_.at(0));
}

void loop::unheard(std::exception_ptr e, const char* origin) noexcept {
  port_.count.unheard.set(++unheard_);
  core_.report_unheard(std::move(e), origin);
}

}  // namespace trust::worker
