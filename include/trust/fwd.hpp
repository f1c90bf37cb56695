// SPDX-License-Identifier: MIT
#pragma once
// fwd: the library's names, declared, for headers that only pass handles along.

namespace trust {

class runtime;
class scope;
class stop_token;
class sent;
class worker_id;
template <class T> class stream;
template <class T> class task;
template <class T> class remote;
template <class T> class remote_channel;
template <class T> class remote_receiver;
template <class T> class remote_sender;
template <class T> class weak_remote;
template <class T> class local;
template <class T> class latch;
template <class T> class shared_latch;
template <class T> class channel;
class event;
class auto_event;
class semaphore;
class condition;
template <class R> class task_handle;
template <class R> class result;

}  // namespace trust
