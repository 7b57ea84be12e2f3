#!/usr/bin/env python3
"""Draws picture.png, the bot's picture: a speech bubble with a spark on a deep blue field.

Needs nothing but Python; writes the file beside itself. Run it by hand when the picture is to change.
"""

import math
import struct
import zlib
from pathlib import Path

SIZE, FINER = 128, 4


def mix(one, other, share):
    return tuple(a + (b - a) * share for a, b in zip(one, other))


def inside_rounded(x, y, left, top, right, bottom, radius):
    near_x = min(max(x, left + radius), right - radius)
    near_y = min(max(y, top + radius), bottom - radius)
    return math.hypot(x - near_x, y - near_y) <= radius


def inside_bubble(x, y):
    tail = 78 <= y <= 100 and 40 <= x <= 40 + (100 - y)
    return tail or inside_rounded(x, y, 24, 28, 104, 84, 22)


def inside_spark(x, y, middle_x, middle_y, reach):
    """A star of four points whose sides curve inwards."""
    across, down = abs(x - middle_x) / reach, abs(y - middle_y) / reach
    return across**0.5 + down**0.5 <= 1


def colour(x, y):
    field = mix((28, 46, 120), (38, 120, 200), (x + y) / (2 * SIZE))
    if not inside_bubble(x, y):
        return field
    if inside_spark(x, y, 58, 56, 24) or inside_spark(x, y, 84, 45, 10):
        return mix((250, 176, 40), (245, 110, 70), (y - 32) / 48)
    return (255, 255, 255)


def pixel(column, row):
    parts = [
        colour(column + (i + 0.5) / FINER, row + (j + 0.5) / FINER)
        for i in range(FINER)
        for j in range(FINER)
    ]
    return bytes(round(sum(channel) / len(parts)) for channel in zip(*parts))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


rows = b"".join(b"\0" + b"".join(pixel(column, row) for column in range(SIZE)) for row in range(SIZE))
png = (
    b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(rows, 9))
    + chunk(b"IEND", b"")
)
Path(__file__).with_name("picture.png").write_bytes(png)
