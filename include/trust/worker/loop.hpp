// SPDX-License-Identifier: MIT
#pragma once
// loop: one worker: the pass over everything that can be gone on with, and the way of a call out of it.
//
// A pass (`step`) never sleeps: it runs ready coroutines, opens the inbox, serves each lane a bounded burst and publishes the answers,
// runs its own queued calls, collects answers and resumes their callers from that loop, reaps the driver, fires timers, and destroys what has
// lost its last handle. Parking is apart (park.cpp). Everything has a budget, so nobody starves (promise 12).
// While it serves nothing is resumed; a launched task runs in its place up to its first suspension.
// Lanes: those that come in are polled every pass while they are active; eight sleeping ones in turn; all before parking.
// Who owns what    everything here is this worker's alone; others reach it through its port.
// Files            src/worker/{pass,simulated_pass,serve,send,stopped,park,ending}.cpp   Tests: tests/unit/worker/, tests/stress/

#include <trust/base/error.hpp>
#include <trust/coro/scheduler.hpp>
#include <trust/worker/call.hpp>
#include <trust/worker/inbound.hpp>
#include <trust/worker/options.hpp>
#include <trust/worker/outbound.hpp>
#include <trust/worker/port.hpp>

#include <memory>
#include <string>
#include <vector>

namespace trust::worker {

class core;
class simulation;
struct lease;
struct relayed;
struct migration;
enum class lease_wish : std::uint8_t;

/// Says that the object is another worker's by now: never seen outside of the library.
inline constexpr errc moved{255};

/// How far a runtime is with its end: see core.hpp.
enum phase : std::uint32_t { running, stopping, ending_tasks, destroying, leaving };

class alignas(128) loop final : public coro::scheduler {
 public:
  loop(core& home, port& face);
  ~loop();

  [[nodiscard]] port& face() const noexcept { return port_; }
  [[nodiscard]] core& home() const noexcept { return core_; }
  [[nodiscard]] time_point now() const noexcept override;
  [[nodiscard]] bool slice_goes_on() noexcept override;

  // The pass.

  /// Goes once over everything; `all` looks at sleeping lanes too. True if anything was done.
  bool step(bool all);
  /// Runs until the runtime has ended. The worker's thread calls it.
  void run();
  /// A simulation's pass: some of it, as `by` draws; all of it, if that was nothing. False: all of it was nothing.
  bool pass_as_drawn(simulation& by);
  /// How much has been done, over all passes.
  [[nodiscard]] std::uint64_t work_done() const noexcept { return work_; }
  /// When there is something to do for a worker that has nothing to do now; max: never.
  [[nodiscard]] time_point next_due(time_point now) noexcept;

  // The way out of a call. `send` begins it: by lane, which it makes where there is none, or by the worker's own queue.

  /// The lane to `trustee` if one is there and nothing waits for room in it.
  [[nodiscard]] outbound* open_lane(const port* trustee) const noexcept {
    outbound* o = table_[trustee->index & table_mask_];
    return o != nullptr && o->trustee == trustee && o->waiting.first == nullptr ? o : nullptr;
  }
  /// After a record was published: rings if need be, keeps the lane polled for its answer. True.
  [[gnu::always_inline]] bool published(outbound& o) noexcept {
    const std::uint32_t seen = o.trustee->parker.look_after_publishing(o.trustee->membarrier);
    if (o.active && seen == link::awake) [[likely]]
      return true;
    return attend(o, seen);
  }
  /// The straight way of an awaited call, in two halves; between them its closure goes into the record, if it is not empty.
  /// Inline in the library's own src/worker/publish.hpp, as `send` is.
  struct vacancy {
    outbound* lane;
    link::record* place;  ///< null: the lane is not open, or has no room that is known of
  };
  [[nodiscard, gnu::always_inline]] vacancy find_vacancy(const port* trustee, std::uint32_t granules) const noexcept;
  [[gnu::always_inline]] bool publish_at(vacancy v, call& c, call_type::thunk thunk, std::uint32_t granules) noexcept;
  /// False: refused, c.status and c.small say why.
  [[nodiscard, gnu::always_inline]] bool send(call& c, const call_type& t);
  /// The same for a call that nobody awaits, which does not wait for room without end: also errc::overloaded.
  [[nodiscard]] bool send_unawaited(call& c);
  [[nodiscard]] bool has_room(port* trustee) noexcept;

  /// Rings `p` if it sleeps.
  void ring(port& p) noexcept;

  // What serving needs.

  /// Runs or holds or refuses what came by inbox or by the worker's own queue.
  void deliver(call& c) noexcept;
  /// A request that is answered `later` waits at `s`, which a stop request will find; null: it goes on now.
  void waits(call& c, way_back* from, stoppable* s) noexcept;
  /// A call that was answered `later` has its result.
  void complete(call& c, way_back* from, link::status s) noexcept;
  /// Tells `h`, which waits on the worker that it names in `home_port`, that what it waits for has happened.
  void send_home(homeward& h) noexcept;
  /// Pins of launched tasks.
  void unpin(cell& c) noexcept;
  /// The way on which the running closure came, or null.
  [[nodiscard]] way_back* origin() const noexcept { return origin_; }

  void built(cell& c) noexcept;        ///< building is over: live or failed
  void condemn(cell& c) noexcept;      ///< the last handle is gone
  void adopt(inbound& in) noexcept;    ///< a client registers a lane
  void client_left(lane& l) noexcept;  ///< and takes it apart
  void gone(cell& c) noexcept;         ///< extracted: the object is no more

  /// An error that nobody waits for.
  void unheard(std::exception_ptr e, const char* origin) noexcept;

  // Tasks.

  void started(coro::root& r) noexcept;
  void ended(coro::root& r) noexcept;
  [[nodiscard]] bool takes_tasks() const noexcept { return !ending_; }
  [[nodiscard]] bool refuses() const noexcept { return refuses_; }
  [[nodiscard]] bool takes_objects() const noexcept { return phase_ < destroying; }
  [[nodiscard]] bool has_left() const noexcept { return left_; }

  /// Posts that were sent before `ticket` have left: see trust::sent.
  [[nodiscard]] outbound* lane_to(const port* trustee) const noexcept;
  [[nodiscard]] bool own_queue_empty() const noexcept { return own_.first == nullptr; }
  [[nodiscard]] const std::vector<std::unique_ptr<outbound>>& lanes_out() const noexcept { return out_; }

  void describe_state(std::string& text);  ///< for dump

  base::list<cell> owned;       ///< every object of this worker
  base::list<homeward> abroad;  ///< what waits for something that no lane brings
  base::list<call>
      waiting_here;  ///< calls to objects of this worker, by tasks of this worker, that were answered `later`
  base::list<parked_request> parked;
  cell hall;  ///< an object of no type: pings and flushes go to it

 private:
  // serve.cpp
  unsigned serve(inbound& in, unsigned most) noexcept;
  link::status except(cell& c, link::record& r, void* out, way_back* from) noexcept;
  link::status run_or_hold(cell& c, link::record& r, void* out, way_back* from) noexcept;
  link::status refuse(link::record& r, void* out, errc e) noexcept;
  [[nodiscard]] errc too_late(const link::record& r) const noexcept;
  link::status refuse_now(void* out, errc e) noexcept;
  link::status run_now(cell& c, link::record& r, void* out, way_back* from) noexcept;
  link::status hold(cell& c, link::record& r, void* out, way_back* from) noexcept;
  void stop_held(held& h) noexcept;
  friend struct held;
  void name_stall(const cell* c, link::record* r) noexcept;
  unsigned run_ready_briefly() noexcept;
  unsigned run_ready_timed(unsigned most) noexcept;
  unsigned serve_own(unsigned most) noexcept;
  void finish_here(call& c, link::status s) noexcept;

  // leases.cpp
 public:
  /// On the trustee of the lease's objects: what its maker asks for.
  [[nodiscard]] link::status ask(lease& l, lease_wish w, link::record& r, void* out) noexcept;
  /// The lease is over.
  void give_back(lease& l) noexcept;

 private:
  friend struct lease;
  friend struct relayed;
  [[nodiscard]] static std::uint32_t slice_limit_of(const core& home) noexcept;
  void settle(cell& c) noexcept;
  void look_at_fifo(cell& c) noexcept;
  void let_pass(cell& c) noexcept;
  [[nodiscard]] bool passes(const cell& c, const link::record& r, const way_back* from,
                            const entry* end) const noexcept;
  void run_held(cell& c, held& h, bool passes_a_claim = false) noexcept;
  [[nodiscard]] bool is_free(const lease& l) const noexcept;
  [[nodiscard]] bool is_first(const lease& l) const noexcept;
  [[nodiscard]] bool is_calm(const lease& l) const noexcept;
  [[nodiscard]] errc obstacle(const lease& l) const noexcept;
  void becomes_granted(lease& l) noexcept;
  [[nodiscard]] bool goes_on(lease& l) noexcept;
  void work_on(lease& l) noexcept;
  void stop_lease(lease& l, errc why) noexcept;

  // moving.cpp
  [[nodiscard]] port* elsewhere(const cell& c) const noexcept;
  link::status relay(link::record& r, void* out, way_back* from, port& to) noexcept;
  void run_relayed(relayed& x) noexcept;
  void come_back(relayed& x, link::status s) noexcept;
  void relayed_is_over(relayed& x) noexcept;
  void stop_relayed(relayed& x) noexcept;
  void begin_move(lease& l, call& who, way_back* from) noexcept;
  void arrives(migration& m) noexcept;
  void switched(migration& m) noexcept;
  void has_moved(migration& m) noexcept;
  unsigned ask_for_fences() noexcept;
  void send_fence(lane& l) noexcept;
  unsigned publish_fence(outbound& o) noexcept;
  static link::status fence_there(link::verb v, link::record& r, void* out);
  void fence_came() noexcept;

  // send.cpp
  outbound& make_lane(port& trustee);
  [[gnu::noinline]] void activate(outbound& o) noexcept;
  [[gnu::noinline]] void knock(outbound& o, link::duty d) noexcept;
  [[gnu::noinline]] bool attend(outbound& o, std::uint32_t seen) noexcept;
  bool send_abroad(call& c, port& trustee);
  void take_completions(outbound& o, coro::resumable* chain) noexcept;
  unsigned resume_completions(outbound& o, unsigned most) noexcept;
  bool queue_own(call& c);
  [[gnu::noinline]] bool send_slowly(call& c, port& to);
  [[gnu::always_inline]] bool publish(outbound& o, call& c, const call_type& t) noexcept;
  unsigned collect(outbound& o, unsigned most, bool look_for_end) noexcept;
  unsigned collect_answers(outbound& o, unsigned most) noexcept;
  unsigned drain_waiting(outbound& o) noexcept;
  unsigned give_up(outbound& o) noexcept;
  void arrive(call& c, link::status s, std::uint64_t value) noexcept;
  void note_left(outbound& o) noexcept;

  // stopped.cpp
  void listen(call& c, call_ear::place at, outbound* o) noexcept;
  static void heard(coro::stop_node& n) noexcept;
  void stop_call(call& c) noexcept;
  void take_back(call& c) noexcept;
  [[nodiscard]] bool tell_to_stop(call& c) noexcept;
  unsigned tell_unsaid(outbound& o) noexcept;
  void answered_later(call& c, outbound& o) noexcept;
  bool is_told_to_stop(call& c, outbound& o) noexcept;
  static link::status stop_there(link::verb v, link::record& r, void* out);

  // pass.cpp
  unsigned open_mail() noexcept;
  unsigned serve_lanes(bool all) noexcept;
  unsigned collect_lanes(bool all) noexcept;
  unsigned sweep_dying() noexcept;
  bool try_destroy(cell& c) noexcept;
  void destroy(cell& c) noexcept;
  [[nodiscard]] static bool quiet(const outbound& o) noexcept;
  unsigned tell_completions() noexcept;

  // simulated_pass.cpp
  void go_through(simulation& by, bool all);
  unsigned serve_as_drawn(simulation& by, bool all) noexcept;
  unsigned collect_as_drawn(simulation& by, bool all) noexcept;

  // park.cpp
  void idle();
  void park();
  void let_another_make_its_barrier() const noexcept;
  [[nodiscard]] bool anything_shows() noexcept;

  // ending.cpp
  void follow_phase();
  void fire_stop() noexcept;
  void end_roots() noexcept;
  void destroy_objects() noexcept;
  void leave();
  void part(inbound& in) noexcept;
  void remove(inbound& in) noexcept;
  [[nodiscard]] bool busy() const noexcept;

  core& core_;
  port& port_;
  outbound** table_;  // in pages that a fork wipes
  std::uint32_t table_mask_;
  std::vector<std::unique_ptr<outbound>> out_;
  base::list<inbound> in_active_;  // polled every pass
  base::list<inbound> in_asleep_;  // polled eight a pass, in turn
  std::size_t in_count_ = 0;
  fifo own_;
  std::size_t own_unawaited_ = 0;  // of those, what nobody awaits
  std::uint64_t served_ = 0;
  letter* first_dying_ = nullptr;  // linked through the cells
  std::vector<outbound*> out_active_;
  cell* first_settling_ = nullptr;  // objects whose FIFOs are to be looked at
  bool settles_ = false;
  std::size_t leases_ = 0;             // granted or lent
  std::size_t moves_ = 0;              // from here
  migration* fencing_ = nullptr;       // these wait for fences that are on their way
  migration* next_fencing_ = nullptr;  // these for the next ones
  std::size_t fences_ = 0;
  inbound* telling_ = nullptr;  // lanes whose completions are to be published
  std::uint64_t lanes_polled_ = 0;
  unsigned ready_budget_ = 32;       // halved while slices are long, see pass.cpp
  const std::uint32_t slice_limit_;  // see slice.cpp
  way_back* origin_ = nullptr;
  std::uint64_t work_ = 0;
  std::uint64_t passes_ = 0;
  std::uint32_t phase_ = 0;
  std::uint64_t round_ = 0;
  std::uint64_t work_at_round_ = 0;
  std::chrono::nanoseconds spin_{std::chrono::microseconds{20}};
  std::uint64_t parks_ = 0;
  std::uint64_t spurious_ = 0;
  std::uint64_t unheard_ = 0;
  std::uint64_t tasks_ = 0;
  std::uint64_t rung_ = 0;
  bool refuses_ = false;
  bool left_ = false;
  bool may_spin_ = true;
  time_point letters_due_{};  // of a simulation, as inbound::due
  base::chance own_chance_;   // shuffles where options.shuffle says so
};

/// The way of a call from a thread that is no worker: by the inbox of the owner, while tasks are taken. False: as loop::send.
[[nodiscard]] bool send_as_stranger(call& c, const call_type& t);
/// The same for a call that nobody awaits: taken as long as the owner reads its mail, errc::overloaded beyond options.backlog.
[[nodiscard]] bool send_as_stranger_unawaited(call& c);

/// The worker that runs on this thread, or null.
[[nodiscard]] inline loop* here() noexcept { return static_cast<loop*>(base::here); }

}  // namespace trust::worker
