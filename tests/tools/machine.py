#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Says what this machine is: kernel, cores, compilers, and whether the kernel lets us have an io_uring.

The last matters to a reader of a test log: where io_uring is refused, a test and its @epoll twin ran the same way.
"""
import ctypes
import os
import platform
import re
import subprocess

IO_URING_SETUP = 425  # the same number on every architecture


def ring():
    libc = ctypes.CDLL(None, use_errno=True)
    fd = libc.syscall(IO_URING_SETUP, 4, ctypes.create_string_buffer(256))
    if fd < 0:
        return "refused: " + os.strerror(ctypes.get_errno()) + "; every test takes epoll here"
    os.close(fd)
    return "allowed"


def processor():
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        found = re.search(r"model name\s*:\s*(.*)", info.read())
    return found.group(1) if found else platform.machine()


def version(command):
    try:
        return subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError):
        return command + ": none"


if __name__ == "__main__":
    print("kernel  ", platform.release())
    print("cpu     ", processor(), "x", len(os.sched_getaffinity(0)))
    print("io_uring", ring())
    for command in (os.environ.get("CXX", "g++"), os.environ.get("CLANG", "clang++-19"), "meson"):
        print("with    ", version(command))
