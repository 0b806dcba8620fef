"""Memory that a large request took is given back to the system when the request is over.

glibc keeps freed memory in one arena for each thread, and raises its threshold for asking the system directly each time a large
block is freed; a 20 MB upload to S3 so left 40 MB behind for good. Source: mallopt(3).
"""

from __future__ import annotations

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8


def give_back() -> None:
    """Set glibc's allocator up so. Does nothing where there is another C library."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 2)
        mallopt(_M_TRIM_THRESHOLD, 128 * 1024)
        mallopt(_M_MMAP_THRESHOLD, 128 * 1024)
