#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""consumer: a ten-line program builds and runs in every way in which somebody may take the library.

    tests/consumer/run.py ROOT COMPILER...

As a Meson subproject; from an install prefix through pkg-config, through CMake's find_package, and with the compiler
alone against the static library; and once more with exceptions switched off. No way may bring compile flags of ours:
an include path and -pthread at most.
"""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
STATIC_NEEDS = {"liburing": "-luring", "hwloc": "-lhwloc"}


class Wrong(Exception):
    pass


def call(*command, folder=None, **environment):
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, env={**os.environ, **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, check=False)
    if done.returncode != 0:
        raise Wrong(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def only_paths_and_threads(flags, way):
    strange = [flag for flag in flags if not flag.startswith(("-I", "-isystem")) and flag != "-pthread"]
    if strange:
        raise Wrong(f"{way} hands compile flags to its consumers: {' '.join(strange)}")


class Consumers:
    def __init__(self, root, compiler, scratch):
        self.root, self.compiler, self.scratch = pathlib.Path(root).resolve(), compiler, scratch
        self.prefix = scratch / "prefix"
        self.env = {"CXX": " ".join(compiler), "LD_LIBRARY_PATH": str(self.prefix / "lib"),
                    "PKG_CONFIG_PATH": str(self.prefix / "lib" / "pkgconfig")}

    def folder(self, name, *sources):
        made = self.scratch / name
        made.mkdir()
        for source in (HERE / "consumer.cpp", *sources):
            shutil.copy(source, made)
        return made

    def compile(self, name, *arguments):
        folder = self.folder(name)
        call(*self.compiler, "-std=c++20", "-o", folder / "consumer", folder / "consumer.cpp", *arguments, **self.env)
        call(folder / "consumer", **self.env)

    def install(self):
        build = self.scratch / "build"
        off = [f"-D{option}=disabled" for option in ("tests", "benchmarks", "examples")]
        # One unit: quicker, and meson 1.0 miscounts its units where the files fill them exactly.
        call("meson", "setup", build, self.root, f"--prefix={self.prefix}", "--libdir=lib", "--buildtype=debug",
             "-Ddefault_library=both", "-Dunity=on", "-Dunity_size=1000", *off, **self.env)
        call("meson", "install", "-C", build, **self.env)
        installed = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*") if path.is_file()}
        for name in ("lib/libtrust-tee.a", "lib/libtrust-tee.so", "lib/pkgconfig/trust-tee.pc",
                     "lib/cmake/trust-tee/trust-tee-config.cmake", "include/trust/trust.hpp"):
            if not (self.prefix / name).exists():
                raise Wrong(f"not installed: {name}")
        tree = {str(path.relative_to(self.root)) for path in (self.root / "include").rglob("*.hpp")}
        headers = {name for name in installed if name.startswith("include/")}
        if headers != tree:
            raise Wrong(f"headers installed and in the tree differ: {sorted(headers ^ tree)}")

    def subproject(self):
        folder = self.folder("subproject", HERE / "meson" / "meson.build")
        (folder / "subprojects").mkdir()
        (folder / "subprojects" / "trust-tee").symlink_to(self.root)
        build = folder / "build"
        call("meson", "setup", build, folder, "--buildtype=debug", **self.env)
        call("meson", "test", "-C", build, "--print-errorlogs", "consumer:", **self.env)
        targets = json.loads(call("meson", "introspect", "--targets", build))
        flags = next(target for target in targets if target["name"] == "consumer")["target_sources"][0]["parameters"]
        meson_own = ("-std=", "-O", "-g", "-W", "-D_", "-fdiagnostics-color", "-fcolor-diagnostics")
        ours = [flag for flag in flags if flag in ("-Wconversion", "-Wshadow") or not flag.startswith(meson_own)]
        only_paths_and_threads(ours, "the subproject")
        if json.loads(call("meson", "introspect", "--installed", build)):
            raise Wrong("the subproject installs files that nobody asked for")

    def pkg_config(self):
        flags = call("pkg-config", "--cflags", "trust-tee", **self.env).split()
        only_paths_and_threads(flags, "pkg-config")
        self.compile("pkg-config", *flags, *call("pkg-config", "--libs", "trust-tee", **self.env).split())

    def cmake(self):
        folder = self.folder("cmake", HERE / "cmake" / "CMakeLists.txt")
        build = folder / "build"
        call("cmake", "-G", "Ninja", "-S", folder, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}",
             "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", **self.env)
        call("cmake", "--build", build, **self.env)
        call(build / "consumer", **self.env)
        command = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))[0]["command"].split()
        flags = [flag for flag in command if flag.startswith("-") and not flag.startswith(("-std=", "-o", "-c"))]
        only_paths_and_threads(flags, "CMake")

    def plain(self):
        needs = (self.prefix / "lib" / "pkgconfig" / "trust-tee.pc").read_text(encoding="utf-8")
        libraries = [flag for name, flag in STATIC_NEEDS.items() if name in needs]
        self.compile("plain", f"-I{self.prefix}/include", f"{self.prefix}/lib/libtrust-tee.a", "-pthread", *libraries)

    def without_exceptions(self):
        self.compile("no-exceptions", "-fno-exceptions", f"-I{self.prefix}/include", f"-L{self.prefix}/lib",
                     "-ltrust-tee", "-pthread")


def main(root, *compiler):
    with tempfile.TemporaryDirectory(prefix="consumer-") as folder:
        them = Consumers(root, compiler, pathlib.Path(folder))
        ways = (them.subproject, them.pkg_config, them.cmake, them.plain, them.without_exceptions)
        failed = 0
        try:
            them.install()
            print("ok     install")
        except Wrong as wrong:
            sys.exit(f"FAILED install: {wrong}")
        with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
            for way, done in [(way, pool.submit(way)) for way in ways]:
                name = way.__name__.replace("_", " ")
                if isinstance(done.exception(), Wrong):
                    failed += 1
                    print(f"FAILED {name}: {done.exception()}")
                else:
                    done.result()
                    print(f"ok     {name}")
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
