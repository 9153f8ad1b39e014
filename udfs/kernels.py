"""What every compiled loop needs: one signature per kernel, and a cache that notices a change in what it calls."""

import hashlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numba

from schemas.frame import Records


def read_only(records: Records) -> Records:
    """A view that cannot be written: Numba compiles another function for each of the two kinds of array.

    Arrays of `np.frombuffer` and of a batch are read-only, others are not. With inputs always read-only there is one
    machine code per kernel, for every caller.
    """
    if not records.flags.writeable:
        return records
    view = records.view()
    view.flags.writeable = False
    return view


def kernel(*sources: ModuleType, per_record: bool = False) -> Callable[[Callable[..., Any]], Any]:
    """Compile without the GIL, cached on disk, and anew when this file or one of `sources` has changed.

    Numba's cache looks only at the file of the function itself: it would go on running the old code of a function
    or constant that the kernel takes from another module.

    One that is `per_record` becomes a part of each kernel that calls it: a call, which the compiler leaves where the
    function is not small, costs as much as what is done with the record.
    """

    def compile_later(function: Callable[..., Any]) -> Any:
        compiled = numba.njit(cache=True, nogil=True, forceinline=per_record)(function)
        index = compiled._cache._cache_file
        index._source_stamp = (index._source_stamp, _digest(sources))
        compiled.sources = sources
        return compiled

    return compile_later


def kernel_around(inner: Any, *sources: ModuleType) -> Callable[[Callable[..., Any]], Any]:
    """As `kernel`, for a function that closes over the kernel `inner` and is made once for each such kernel.

    Numba would keep all of them under one name, and tell them apart by a pickle of what they close over, which is
    another in every process: nothing would ever be found. Here `inner` stands in the name, and its sources count.
    """

    def compile_later(function: Callable[..., Any]) -> Any:
        module, name = inner.py_func.__module__, inner.py_func.__qualname__
        function.__qualname__ = f"{function.__name__}_of_{module}_{name}".replace(".", "_")
        compiled = kernel(sys.modules[module], *inner.sources, *sources)(function)
        compiled._cache._index_key = lambda signature, codegen: (signature, codegen.magic_tuple(), (module, name))
        return compiled

    return compile_later


def _digest(sources: tuple[ModuleType, ...]) -> str:
    digest = hashlib.sha256()
    for module in sources:
        digest.update(Path(str(module.__file__)).read_bytes())
    return digest.hexdigest()
