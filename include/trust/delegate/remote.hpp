// SPDX-License-Identifier: MIT
#pragma once
// remote: a handle to an object that lives on a trustee. Copy it to share the object; drop it anywhere; call through it from anywhere.
//
// Like a shared_ptr: empty by default, bool, ==, <=>, hash, incomplete T, const use of one handle from many threads is fine. The object is built, used
// and destroyed on its trustee's thread. Calls from one thread to one object run in the order in which they were made, over all verbs.
// By-reference captures are safe in what is awaited on the spot; `post`, the `_then` forms and `attend` refuse what a compiler can see of
// borrowing. What it cannot see is yours: `[this]`, and a capture list that mixes references with copies of class type.
// It may outlive its runtime: calls then fail with errc::runtime_stopped.
// Tests: tests/unit/delegate/remote.cpp, tests/stress/remote.cpp   Price: bench/counter.cpp, bench/round_trip.cpp

#include <trust/delegate/batch.hpp>
#include <trust/delegate/calls.hpp>
#include <trust/delegate/described.hpp>
#include <trust/delegate/have.hpp>
#include <trust/delegate/latched.hpp>
#include <trust/delegate/may_travel.hpp>
#include <trust/delegate/message.hpp>
#include <trust/delegate/where.hpp>

#include <compare>
#include <functional>
#include <memory>
#include <ostream>
#include <type_traits>
#include <utility>

namespace trust {

template <class T> class weak_remote;
class runtime;

namespace delegate {

struct access;

/// A move, described: keeps the object until it is over.
struct moving {
  explicit moving(worker::cell* c, std::size_t i) noexcept : object{c}, to{i} {
    if (object != nullptr) object->handles.add();
  }
  moving(moving&& o) noexcept : object{std::exchange(o.object, nullptr)}, to{o.to} {}
  moving& operator=(moving&&) = delete;
  ~moving() {
    if (object != nullptr) object->drop_handle();
  }
  [[nodiscard]] task<> operator()() const { return move_object(object, to); }
  worker::cell* object;
  std::size_t to;
};
using described_move = described_task<moving, false>;

template <class T, template <class, class, bool> class Kind, class F, class... Args>
using op_of = op<Kind<T, bound_for<F, Args...>, any_hazardous<F, Args...>>>;
template <class T, template <class, class, bool> class Kind, class F, class... Args>
using copied_op_of = op<Kind<T, bound_copy<F, Args...>, false>>;

/// Whether a pointer to From converts to one to To without asking the object (no virtual base).
template <class From, class To>
concept static_upcast =
    std::is_convertible_v<From*, To*> && requires(To* p) { static_cast<From*>(const_cast<std::remove_cv_t<To>*>(p)); };

}  // namespace delegate

template <class T> class remote {
 public:
  using element_type = T;

  remote() noexcept = default;
  remote(std::nullptr_t) noexcept {}
  remote(const remote& o) noexcept : cell_{o.cell_}, bits_{o.bits_} {
    if (cell_ != nullptr) cell_->handles.add();
  }
  remote(remote&& o) noexcept : cell_{std::exchange(o.cell_, nullptr)}, bits_{o.bits_} {}
  /// remote<const T> from remote<T>, remote<Base> from remote<Derived>.
  template <class U>
    requires(!std::is_same_v<U, T> && std::is_convertible_v<U*, T*>)
  remote(const remote<U>& o) noexcept : remote{convert(o)} {}
  remote& operator=(const remote& o) noexcept {
    remote{o}.swap(*this);
    return *this;
  }
  remote& operator=(remote&& o) noexcept {
    remote{std::move(o)}.swap(*this);
    return *this;
  }
  ~remote() { reset(); }

  /// Gives the handle up; the last one lets the trustee destroy the object.
  void reset() noexcept {
    if (cell_ != nullptr) std::exchange(cell_, nullptr)->drop_handle();
  }
  void swap(remote& o) noexcept {
    std::swap(cell_, o.cell_);
    std::swap(bits_, o.bits_);
  }
  [[nodiscard]] explicit operator bool() const noexcept { return cell_ != nullptr; }

  // Awaited verbs. The op refers to this handle (a temporary handle goes into the op).

  /// Runs f(T&, args...) on the trustee, exclusive and in one go. Result: f's. Throws what f throws, or trust::error (empty, runtime_stopped,
  /// forked).
  template <class F, class... Args> auto apply(F&& f, Args&&... args) const& {
    delegate::check_call<T, F, Args...>();
    return describe<delegate::op_of<T, delegate::apply_kind, F, Args...>>(
        false, delegate::bind(std::forward<F>(f), std::forward<Args>(args)...));
  }
  template <class F, class... Args> auto apply(F&& f, Args&&... args) && {
    delegate::check_call<T, F, Args...>();
    return take_along<delegate::op_of<T, delegate::apply_kind, F, Args...>>(
        delegate::bind(std::forward<F>(f), std::forward<Args>(args)...));
  }
  /// Another name of apply.
  template <class F, class... Args> auto apply_with(F&& f, Args&&... args) const& {
    return apply(std::forward<F>(f), std::forward<Args>(args)...);
  }
  template <class F, class... Args> auto apply_with(F&& f, Args&&... args) && {
    return std::move(*this).apply(std::forward<F>(f), std::forward<Args>(args)...);
  }
  /// apply on a const T&: for the reader of the code; as exclusive as apply.
  template <class F, class... Args> auto with(F&& f, Args&&... args) const& {
    delegate::check_callable<const T, F, Args...>();
    return describe<delegate::op_of<const T, delegate::apply_kind, F, Args...>>(
        false, delegate::bind(std::forward<F>(f), std::forward<Args>(args)...));
  }
  template <class F, class... Args> auto with(F&& f, Args&&... args) && {
    delegate::check_callable<const T, F, Args...>();
    return take_along<delegate::op_of<const T, delegate::apply_kind, F, Args...>>(
        delegate::bind(std::forward<F>(f), std::forward<Args>(args)...));
  }
  /// f(T&, element&) for each element of `range`, in order, in one message. Result: a vector of f's results, or nothing where f returns void.
  template <class Range, class F> auto apply_each(Range&& range, F&& f) const {
    delegate::check_writable<T>();
    using closure = delegate::bound<delegate::each<F, Range>>;
    return describe<op<delegate::apply_kind<T, closure, delegate::any_hazardous<F, Range>>>>(
        false, closure{std::in_place, delegate::each<F, Range>{std::forward<F>(f), std::forward<Range>(range)}});
  }
  /// f(T&, i) for i from 0 to n - 1, in order, in one message.
  template <class F> auto apply_batch(F&& f, std::size_t n) const {
    delegate::check_writable<T>();
    using closure = delegate::bound<delegate::counted<F>>;
    return describe<op<delegate::apply_kind<T, closure, delegate::any_hazardous<F>>>>(
        false, closure{std::in_place, delegate::counted<F>{std::forward<F>(f), n}});
  }
  /// f returns a task<R>; it runs on the trustee, starts in its turn and may wait. The object lives until it has ended. Result: R.
  template <class F, class... Args> auto launch(F&& f, Args&&... args) const& {
    delegate::check_call<T, F, Args...>();
    return describe<delegate::op_of<T, delegate::launch_kind, F, Args...>>(
        false, delegate::bind(std::forward<F>(f), std::forward<Args>(args)...));
  }
  template <class F, class... Args> auto launch(F&& f, Args&&... args) && {
    delegate::check_call<T, F, Args...>();
    return take_along<delegate::op_of<T, delegate::launch_kind, F, Args...>>(
        delegate::bind(std::forward<F>(f), std::forward<Args>(args)...));
  }
  /// For a remote<latch<X>>: runs f(X&, args...) in one go, in its turn among the holders of the latch; waiting costs no task.
  template <class F, class... Args>
  auto locked(F&& f, Args&&... args) const
    requires is_latch<T>
  {
    delegate::check_callable<typename T::value_type, F, Args...>();
    return describe<delegate::op_of<T, delegate::locked_kind, F, Args...>>(
        false, delegate::bind(std::forward<F>(f), std::forward<Args>(args)...));
  }
  /// Resumes when the object has been built; throws what its constructor threw.
  [[nodiscard]] auto ready() const {
    return with([](const T&) {});
  }
  /// Resumes when every call that this thread has made to the object has run (launched tasks: up to their first suspension).
  [[nodiscard]] auto flush() const { return ready(); }
  /// Takes the object back; errc::shared while other handles or launched tasks hold it, and nothing is lost then.
  [[nodiscard]] auto extract() const& {
    delegate::check_writable<T>();
    return describe<op<delegate::extract_kind<T>>>(false, {});
  }
  [[nodiscard]] auto extract() && {
    delegate::check_writable<T>();
    return take_along<op<delegate::extract_kind<T>>>({});
  }

  // Verbs that nobody waits for: they begin at once.

  /// apply, then `then(R)` or `then(result<R>)` on this worker. Throws errc::overloaded where options.backlog is reached.
  template <class F, class Then, class... Args> void apply_then(F&& f, Then&& then, Args&&... args) const {
    delegate::check_unawaited<F, Args...>();
    delegate::check_copied_call<T, F, Args...>();
    start_then(describe<delegate::copied_op_of<T, delegate::apply_kind, F, Args...>>(
                   true, delegate::bind_copy(std::forward<F>(f), std::forward<Args>(args)...)),
               std::forward<Then>(then));
  }
  /// launch, then the same.
  template <class F, class Then, class... Args> void launch_then(F&& f, Then&& then, Args&&... args) const {
    delegate::check_unawaited<F, Args...>();
    delegate::check_copied_call<T, F, Args...>();
    start_then(describe<delegate::copied_op_of<T, delegate::launch_kind, F, Args...>>(
                   true, delegate::bind_copy(std::forward<F>(f), std::forward<Args>(args)...)),
               std::forward<Then>(then));
  }
  /// One way: what f returns is dropped, what it throws goes to options.on_error. Throws errc::overloaded where options.backlog is reached;
  /// awaiting the result is the way not to get there.
  template <class F, class... Args> delegate::sent_of<F, Args...> post(F&& f, Args&&... args) const {
    errc refusal{};
    sent out;
    if (!send<delegate::post_kind>(out, refusal, std::forward<F>(f), std::forward<Args>(args)...))
      base::raise(error{refusal});
    return delegate::sent_of<F, Args...>{out};
  }
  /// The same, but false instead of errc::overloaded.
  template <class F, class... Args> [[nodiscard]] bool try_post(F&& f, Args&&... args) const {
    errc refusal{};
    sent out;
    if (send<delegate::post_kind>(out, refusal, std::forward<F>(f), std::forward<Args>(args)...)) return true;
    if (refusal != errc::overloaded) base::raise(error{refusal});
    return false;
  }
  /// Starts a task of the object's own: it does not keep the object alive, its stop token fires when the last handle goes, and the object is
  /// destroyed after it has ended.
  template <class F, class... Args> delegate::sent_of<F, Args...> attend(F&& f, Args&&... args) const {
    errc refusal{};
    sent out;
    if (!send<delegate::attend_kind>(out, refusal, std::forward<F>(f), std::forward<Args>(args)...))
      base::raise(error{refusal});
    return delegate::sent_of<F, Args...>{out};
  }
  /// Gives this handle up; awaited, resumes when the object is gone, if it was the last one, else at once.
  [[nodiscard]] delegate::closing close() && { return delegate::closing{std::exchange(cell_, nullptr)}; }

  /// Awaited, moves the object to that worker of its runtime; calls go on meanwhile, in their order, and none is lost. Waits until its launched
  /// tasks have ended; launches that come later queue behind. Throws trust::error: bad_option (no such worker), would_deadlock (from a
  /// task launched on it), shared (attended, or local), empty, cancelled, timed_out, runtime_stopped. Tasks only.
  [[nodiscard]] auto move_to(on place) const& {
    static_assert(
        may_travel<T>,
        "trust-tee: only an object of a type that may travel can move to another worker; if this one may, say "
        "template <> inline constexpr bool trust::may_travel<X> = true;");
    return delegate::described_move{delegate::moving{cell_, place.index}};
  }
  [[nodiscard]] auto move_to(worker_id w) const& { return move_to(on{w}); }

  /// The worker that owns the object, and whether that is this one.
  [[nodiscard]] worker_id owner() const noexcept {
    return cell_ != nullptr ? worker_id{*cell_->owner.get()} : worker_id{};
  }
  [[nodiscard]] bool is_here() const noexcept {
    return cell_ != nullptr && worker::here() != nullptr && cell_->owner.get() == &worker::here()->face();
  }
  [[nodiscard]] std::string_view name() const noexcept {
    return cell_ != nullptr ? std::string_view{cell_->name} : std::string_view{};
  }

  friend bool operator==(const remote& a, const remote& b) noexcept { return a.cell_ == b.cell_; }
  friend auto operator<=>(const remote& a, const remote& b) noexcept {
    return std::compare_three_way{}(static_cast<const void*>(a.cell_), static_cast<const void*>(b.cell_));
  }
  /// Prints type, name and worker; never the value.
  friend std::ostream& operator<<(std::ostream& os, const remote& r) {
    if (!r) return os << "remote(empty)";
    os << "remote<" << base::type_text<T>() << ">(";
    if (!r.name().empty()) os << r.name() << ' ';
    return os << "on " << r.owner() << ')';
  }

 private:
  friend struct delegate::access;
  template <class> friend class remote;

  remote(worker::cell* c, std::uint32_t bits) noexcept : cell_{c}, bits_{bits} {}

  template <class U> [[nodiscard]] static remote convert(const remote<U>& o) noexcept {
    if (!o) return {};
    static_assert(std::is_same_v<std::remove_cv_t<U>, std::remove_cv_t<T>> || delegate::static_upcast<U, T>,
                  "trust-tee: a remote converts to its base only where no base is virtual");
    auto* const begin = reinterpret_cast<std::byte*>(o.cell_);
    U* const from = reinterpret_cast<U*>(begin + (o.bits_ >> link::record_bits::offset_shift));
    T* const to = from;
    const auto offset = static_cast<std::uint32_t>(reinterpret_cast<const std::byte*>(to) - begin);
    o.cell_->handles.add();
    return remote{o.cell_, offset << link::record_bits::offset_shift};
  }

  template <class Op> [[nodiscard]] Op describe(bool own, typename Op::Closure&& closure) const {
    if (own && cell_ != nullptr) cell_->handles.add();
    return Op{cell_, bits_ | link::record_bits::answered, own && cell_ != nullptr, std::move(closure)};
  }
  template <class Op> [[nodiscard]] Op take_along(typename Op::Closure&& closure) {
    worker::cell* const c = std::exchange(cell_, nullptr);
    return Op{c, bits_ | link::record_bits::answered, c != nullptr, std::move(closure)};
  }
  template <class Op, class Then> void start_then(Op&& o, Then&& then) const {
    std::move(o).start(std::forward<Then>(then));
  }
  template <template <class, class> class Kind, class F, class... Args>
  [[nodiscard]] bool send(sent& out, errc& refusal, F&& f, Args&&... args) const {
    delegate::check_unawaited<F, Args...>();
    delegate::check_copied_call<T, F, Args...>();
    return delegate::send_message<Kind<T, delegate::bound_copy<F, Args...>>>(
        cell_, bits_, delegate::bind_copy(std::forward<F>(f), std::forward<Args>(args)...), out, refusal);
  }

  worker::cell* cell_ = nullptr;
  std::uint32_t bits_ = 0;  // the object's offset from its cell, where a record has it
};

/// Does not keep the object alive.
template <class T> class weak_remote {
 public:
  weak_remote() noexcept = default;
  weak_remote(const remote<T>& r) noexcept;
  weak_remote(const weak_remote& o) noexcept : cell_{o.cell_}, bits_{o.bits_} {
    if (cell_ != nullptr) cell_->weaks.add();
  }
  weak_remote(weak_remote&& o) noexcept : cell_{std::exchange(o.cell_, nullptr)}, bits_{o.bits_} {}
  weak_remote& operator=(weak_remote o) noexcept {
    std::swap(cell_, o.cell_);
    std::swap(bits_, o.bits_);
    return *this;
  }
  ~weak_remote() {
    if (cell_ != nullptr) cell_->drop_weak();
  }
  /// Awaited, gives a handle, or an empty one when the object has lost its last.
  [[nodiscard]] delegate::at_once<remote<T>> lock() const noexcept;

 private:
  worker::cell* cell_ = nullptr;
  std::uint32_t bits_ = 0;
};

namespace delegate {

/// The way from cells to handles, for what makes them.
struct access {
  template <class T> [[nodiscard]] static remote<T> adopt(worker::cell* c, std::uint32_t bits) noexcept {
    return remote<T>{c, bits};
  }
  /// An op of a closure that is made already. `Hazardous`: see coro/travel.hpp.
  template <bool Hazardous, class T, class C> [[nodiscard]] static auto call(const remote<T>& r, C&& closure) {
    return r.template describe<op<apply_kind<T, C, Hazardous>>>(false, std::move(closure));
  }
  template <class T> [[nodiscard]] static worker::cell* cell(const remote<T>& r) noexcept { return r.cell_; }
  template <class T> [[nodiscard]] static std::uint32_t bits(const remote<T>& r) noexcept { return r.bits_; }
};

}  // namespace delegate

template <class T>
weak_remote<T>::weak_remote(const remote<T>& r) noexcept
    : cell_{delegate::access::cell(r)}, bits_{delegate::access::bits(r)} {
  if (cell_ != nullptr) cell_->weaks.add();
}

template <class T> delegate::at_once<remote<T>> weak_remote<T>::lock() const noexcept {
  if (cell_ == nullptr || !cell_->handles.add_if_held()) return delegate::at_once<remote<T>>{remote<T>{}};
  return delegate::at_once<remote<T>>{delegate::access::adopt<T>(cell_, bits_)};
}

}  // namespace trust

template <class T> struct std::hash<trust::remote<T>> {
  [[nodiscard]] std::size_t operator()(const trust::remote<T>& r) const noexcept {
    return std::hash<const void*>{}(trust::delegate::access::cell(r));
  }
};
