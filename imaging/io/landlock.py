"""The files and connections that this process may still open: it gives up the rest for good, by Landlock of Linux.

That takes no rights. Documented at https://docs.kernel.org/userspace-api/landlock.html; the numbers are those of
<linux/landlock.h>. `python -m imaging.io.landlock` prints the version that this kernel has, 0 where it has none.

What is already open stays open. Names and sizes of files can still be read, and modes of own files changed; sockets
with a path can still be reached.
"""

import ctypes
import os
import platform
import site
import sysconfig
from collections.abc import Iterable
from pathlib import Path

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION = 1
_PATH_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_DIR, _TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
# The version that knows them -> how many kinds of access to files; what is not allowed of these is denied.
_KINDS = {1: 13, 2: 14, 3: 15, 5: 16}
_TCP, _TCP_SINCE = 0b11, 4  # to bind, to connect
_SCOPE, _SCOPE_SINCE = 0b11, 6  # abstract Unix sockets and signals
# What Python and its libraries look up while they are loaded and used. It holds nothing of the site.
_SYSTEM = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"),
)
_libc = ctypes.CDLL(None, use_errno=True)


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("handled_access_fs", "handled_access_net", "scoped")]


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32)]


def find_version() -> int:
    """Return the version of Landlock, from 1 on; 0 where the kernel has none or something forbids asking.

    A process of its own asks: where a filter of system calls does not know these, it ends whoever makes one.
    """
    if platform.system() != "Linux":
        return 0
    pid = os.fork()
    if not pid:
        version = _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
        os._exit(max(0, version))
    return max(0, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def list_libraries() -> list[Path]:
    """Return the folders of Python's modules and of shared libraries, and what they read of the system."""
    modules = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    return [Path(path) for path in (*modules, site.getusersitepackages(), *_SYSTEM)]


def restrict(readable: Iterable[Path], writable: Iterable[Path]) -> bool:
    """Open nothing from now on but what is given: files, or folders with all that is below. Nothing is executed.

    Also ends TCP from version 4 on, and signals to other processes from version 6 on. What of `readable` is not there
    is left out; `writable` are files that are there. The process needs "no new privileges", and one thread only.

    Returns False where there is no Landlock: nothing is changed then. Raises OSError.
    """
    version = find_version()
    if not version:
        return False
    kinds = (1 << max(count for since, count in _KINDS.items() if since <= version)) - 1
    tcp, scope = (_TCP if version >= _TCP_SINCE else 0), (_SCOPE if version >= _SCOPE_SINCE else 0)
    rules = _Ruleset(kinds, tcp, scope)
    ruleset = _call(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(ctypes.sizeof(rules)), ctypes.c_uint32(0))
    try:
        for path in readable:
            if os.path.exists(path):  # it says no, too, where it may not look
                _allow(ruleset, path, _READ_FILE | (_READ_DIR if path.is_dir() else 0))
        for path in writable:
            _allow(ruleset, path, (_WRITE_FILE | _TRUNCATE) & kinds)
        _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)
    return True


def _allow(ruleset: int, path: Path, access: int) -> None:
    held = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _PathBeneath(access, held)
        _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(held)


def _call(number: int, *arguments: object) -> int:
    result: int = _libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


if __name__ == "__main__":
    print(find_version())
