"""TIFF as publishers take it: LZW, 8 bits RGB without alpha, with its resolution and its provenance.

libtiff, which Pillow's wheel brings, writes it. Its LZW is its own code and not the host's zlib, and
it writes no date and no software tag, so the bytes depend on Pillow's version alone.
"""

from __future__ import annotations

import io
import warnings
from typing import cast

import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin

_DESCRIPTION = 270
_PREDICTOR = 317
_HORIZONTAL = 2
# LZW starts anew with each strip; libtiff's own 8 kB make the file half as large again.
_STRIP_BYTES = 1 << 20


def encode(pixels: npt.NDArray[np.uint8], dpi: int, description: str) -> bytes:
    """Encode pixels as TIFF.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (height, width, 3)
        RGB; TIFF for print has no alpha.
    dpi : int
        Written as pixels per inch.
    description : str
        ASCII, written as ``ImageDescription``.
    """
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[_DESCRIPTION] = description
    # Differences of neighbours: up to half the size on shaded maps.
    tags[_PREDICTOR] = _HORIZONTAL
    buffer = io.BytesIO()
    image = Image.fromarray(np.ascontiguousarray(pixels))
    image.save(
        buffer,
        format="TIFF",
        compression="tiff_lzw",
        dpi=(dpi, dpi),
        tiffinfo=tags,
        strip_size=_STRIP_BYTES,
    )
    return buffer.getvalue()


def read_description(content: bytes) -> str | None:
    """The ``ImageDescription`` of a TIFF; no pixel is decoded.

    Raises
    ------
    ValueError
        The content is no TIFF, or damaged.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(content), formats=("TIFF",)) as image:
                text = cast(TiffImagePlugin.TiffImageFile, image).tag_v2.get(_DESCRIPTION)
    except Exception as error:
        # On tags of a wrong type or count Pillow raises a dozen sorts of error, TypeError among them.
        raise ValueError(f"no TIFF that can be read ({type(error).__name__}: {error})") from error
    return None if text is None else str(text)
