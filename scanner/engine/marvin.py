"""Marvin32, the keyed hash in the identifiable keys of Azure services."""

from __future__ import annotations

_MASK = 0xFFFFFFFF


def _rotate(value: int, bits: int) -> int:
    return (value << bits | value >> (32 - bits)) & _MASK


def _mix(low: int, high: int) -> tuple[int, int]:
    high ^= low
    low = (_rotate(low, 20) + high) & _MASK
    high = _rotate(high, 9) ^ low
    low = (_rotate(low, 27) + high) & _MASK
    return low, _rotate(high, 19)


def marvin64(data: bytes, seed: int) -> tuple[int, int]:
    """(low, high) words of the 64-bit hash; the seed is 64 bits wide.

    https://github.com/dotnet/runtime/blob/main/docs/design/specs/Marvin.md
    """
    low, high = seed & _MASK, seed >> 32
    whole = len(data) // 4 * 4
    for offset in range(0, whole, 4):
        low = (low + int.from_bytes(data[offset : offset + 4], "little")) & _MASK
        low, high = _mix(low, high)
    rest = data[whole:] + b"\x80"
    low = (low + int.from_bytes(rest, "little")) & _MASK
    return _mix(*_mix(low, high))


def marvin32(data: bytes, seed: int) -> int:
    """The 64-bit hash folded to 32 bits."""
    low, high = marvin64(data, seed)
    return low ^ high
