"""CRC32C values: the form Google's API writes them in, and joining those of two parts.

Thread: any.
"""

import base64
import functools

#: The polynomial of CRC32C (Castagnoli), lowest bit first.
_POLYNOMIAL = 0x82F63B78


def to_text(crc: int) -> str:
    """As the API writes it: base64 of the four bytes, highest first."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


def from_text(text: str) -> int:
    """The reverse of `to_text`.

    Raises:
        ValueError: That is no CRC32C.
    """
    data = base64.b64decode(text, validate=True)
    if len(data) != 4:
        raise ValueError(text)
    return int.from_bytes(data, "big")


def joined(first: int, second: int, second_bytes: int) -> int:
    """The CRC32C of two parts one after the other, from that of each and the length of the second.

    Appending n zero bytes is a linear map over the 32 bits; it is put together from maps for powers of two.
    """
    power = 0
    while second_bytes:
        if second_bytes & 1:
            first = _times(_zeros(power), first)
        second_bytes >>= 1
        power += 1
    return first ^ second


@functools.cache
def _zeros(power: int) -> tuple[int, ...]:
    """The map of appending 2**power zero bytes, as the images of the single bits."""
    if power == 0:
        one_bit = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
        return _squared(_squared(_squared(one_bit)))
    return _squared(_zeros(power - 1))


def _squared(matrix: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(_times(matrix, column) for column in matrix)


def _times(matrix: tuple[int, ...], vector: int) -> int:
    result = 0
    for column in matrix:
        if vector & 1:
            result ^= column
        vector >>= 1
    return result
