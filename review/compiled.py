"""Functions that numba compiles once after an install, and that every later process loads without numba.

numba takes half a second to import, and what its own cache holds takes it as long again to load. So the machine code is
kept as an object file, which LLVM's loader (llvmlite) has running in a few hundredths of a second.

A `kernel` is called from Python: its first parameters are whole numbers, all others are C-contiguous arrays. It returns
nothing and allocates nothing: what it needs is handed in, so its code asks for nothing that only numba has. A `helper`
is called by kernels. Neither holds the GIL; neither is checked for indices out of range.
"""

# numba's compiler has annotations in part only.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.cache import cached

_Kind = tuple[str, int]  # of an array: its dtype's name, its dimensions
_LIBC = frozenset({"memset", "memcpy", "memmove", "log"})  # what machine code may ask its process for
_compiling = threading.Lock()


class Helper:
    """A function that kernels call. inline: into its callers, before anything is optimised."""

    def __init__(self, function: FunctionType, inline: bool) -> None:
        self.function, self.inline = function, inline


def helper(*, inline: bool = False) -> Callable[[Any], Any]:
    """Make a function a Helper."""
    return lambda function: Helper(function, inline)


class Kernel:
    """A compiled function, to be bound to its arrays."""

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        self._loaded: dict[tuple[_Kind, ...], Any] = {}

    def bind(self, *arrays: NDArray[Any]) -> Bound:
        """The function with its arrays, which it may be called with many times.

        Raises TypeError for what is no C-contiguous array in this machine's byte order.
        """
        for place, array in enumerate(arrays):
            if not (isinstance(array, np.ndarray) and array.flags.c_contiguous and array.dtype.isnative):
                raise TypeError(
                    f"{self.function.__name__}: array {place} must be a C-contiguous array in this machine's byte "
                    f"order, got {type(array).__name__}."
                )
        kinds = tuple((array.dtype.name, array.ndim) for array in arrays)
        code = self._loaded.get(kinds)
        if code is None:
            code = self._loaded[kinds] = _code(self.function, kinds)
        return Bound(code, arrays)


kernel = Kernel  # as a decorator


class Bound:
    """A kernel with its arrays, which live as long as it does."""

    def __init__(self, code: Any, arrays: tuple[NDArray[Any], ...]) -> None:
        self._code, self._arrays = code, arrays
        self._pointers = np.array([array.ctypes.data for array in arrays], np.uintp)
        self._sizes = np.array([size for array in arrays for size in array.shape], np.int64)
        self._where = self._pointers.ctypes.data, self._sizes.ctypes.data

    def __call__(self, *numbers: int) -> None:
        """Run it on its arrays, and these numbers."""
        result, error = ctypes.c_void_p(), ctypes.c_void_p()
        if self._code(ctypes.byref(result), ctypes.byref(error), *self._where, *numbers):
            raise RuntimeError("A compiled function stopped with an error; it should have none.")


def _code(function: FunctionType, kinds: tuple[_Kind, ...]) -> Any:
    """Machine code of a kernel for arrays of these kinds, to be called; from its object file, made where there is none
    for this function, this processor and these libraries.
    """
    numbers = function.__code__.co_argcount - len(kinds)
    name = f"{function.__module__}.{function.__name__}-{_key(function, kinds)}.o"
    with _compiling:
        address = _address(cached(name, lambda: _compiled(function, kinds)))
    # ctypes releases the GIL for as long as a function of this type runs.
    c_type = ctypes.CFUNCTYPE(ctypes.c_int32, *[ctypes.c_void_p] * 4, *[ctypes.c_int64] * numbers)
    return c_type(address)


def _address(data: bytes) -> int:
    """Load an object file that begins with its entry's name, and a zero."""
    import llvmlite.binding as llvm

    name, _, code = data.partition(b"\0")
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    # One for each engine, which deletes it when it goes itself.
    target = llvm.Target.from_default_triple().create_target_machine(codemodel="jitdefault", jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)  # the code goes when its engine does
    return int(engine.get_function_address(name.decode()))


_engines: list[Any] = []


def _compiled(function: FunctionType, kinds: tuple[_Kind, ...]) -> bytes:
    """Entry's name, a zero and object file, by numba."""
    from numba import from_dtype, types
    from numba.core import config
    from numba.core.compiler import Flags, compile_extra
    from numba.core.registry import cpu_target
    from numba.np.arrayobj import get_cfarray_intrinsic  # `carray` itself returns an array, which needs numba's memory

    if getattr(config, "DISABLE_JIT", 0):
        raise RuntimeError("NUMBA_DISABLE_JIT is set, and texts are read by compiled code alone. Unset it.")
    scope = {f"as_{name}": get_cfarray_intrinsic("C", types.DType(from_dtype(np.dtype(name)))) for name, _ in kinds}
    scope["kernel"] = _jitted(function, inline=False)
    exec(_entry(function, kinds), scope)  # made of parameters' and dtypes' names
    flags: Any = Flags()
    flags.nrt, flags.no_cpython_wrapper, flags.no_cfunc_wrapper = False, True, True
    flags.error_model = "numpy"
    pointers = types.CPointer(types.voidptr), types.CPointer(types.int64)
    numbers = [types.int64] * (function.__code__.co_argcount - len(kinds))
    typing, target = cpu_target.typing_context, cpu_target.target_context
    typing.refresh()
    target.refresh()
    found = compile_extra(typing, target, scope["entry"], (*pointers, *numbers), types.none, flags, {})
    module = found.library._final_module
    foreign = {one.name for one in module.functions if one.is_declaration and not one.name.startswith("llvm.")}
    if foreign - _LIBC:  # would end the process that loads it
        raise TypeError(f"{function.__name__} asks for what only numba has: {', '.join(sorted(foreign - _LIBC))}.")
    name: str = found.fndesc.llvm_func_name
    return name.encode() + b"\0" + bytes(found.library.codegen._tm.emit_object(module))


def _entry(function: FunctionType, kinds: tuple[_Kind, ...]) -> str:
    """Source of the function that makes arrays of pointers and sizes and calls the kernel."""
    names = function.__code__.co_varnames[: function.__code__.co_argcount - len(kinds)]
    arrays, size = [], 0
    for place, (name, dimensions) in enumerate(kinds):
        shape = "".join(f"sizes[{size + axis}], " for axis in range(dimensions))
        arrays.append(f"as_{name}(pointers[{place}], ({shape}))")
        size += dimensions
    return f"def entry({', '.join(('pointers', 'sizes', *names))}):\n kernel({', '.join((*names, *arrays))})\n"


def _jitted(function: FunctionType, inline: bool) -> Any:
    """numba's dispatcher of a function, its helpers' in their places."""
    from numba import njit

    scope = {
        name: _jitted(value.function, value.inline) if isinstance(value, Helper) else value
        for name, value in function.__globals__.items()
        if name in function.__code__.co_names
    }
    copy = FunctionType(function.__code__, scope, function.__name__)
    options: dict[str, Any] = {"error_model": "numpy", "_nrt": False, "inline": "always" if inline else "never"}
    return njit(**options)(copy)


def _key(function: FunctionType, kinds: tuple[_Kind, ...]) -> str:
    """What the machine code hangs on: functions, the values they name, kinds of arrays, libraries and what they are
    told, processor.
    """
    from importlib.metadata import version

    libraries = [version(name) for name in ("numba", "llvmlite", "numpy")]
    told = sorted(setting for setting in os.environ.items() if setting[0].startswith("NUMBA_"))
    code = sys.version_info[:2], Path(__file__).read_bytes()
    parts = [*_described(function), kinds, libraries, told, code, _processor()]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:24]


@lru_cache(maxsize=1)
def _processor() -> str:
    import llvmlite.binding as llvm

    return f"{llvm.get_default_triple()} {llvm.get_host_cpu_name()} {llvm.get_host_cpu_features().flatten()}"


def _described(function: FunctionType) -> Iterator[object]:
    code = function.__code__
    yield code.co_code, code.co_varnames, code.co_names
    yield [const for const in code.co_consts if not isinstance(const, CodeType)]
    for name in code.co_names:
        value = function.__globals__.get(name)
        if isinstance(value, Helper):
            yield value.inline
            yield from _described(value.function)
        elif isinstance(value, int | float | tuple | np.generic):
            yield name, type(value).__name__, value
