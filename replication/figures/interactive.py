"""Images that a reader can play with in the report: two to compare, a strip to walk through.

What a notebook shows is plain HTML: images side by side with a caption, in JupyterLab, in print
and without scripts. The report's script (report/theme/_static/interactive.js) finds it by its class
and adds the slider.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from io import BytesIO

import numpy as np
from IPython.display import HTML
from PIL import Image

from cipslib.utils.shapes import UInt8

Frame = UInt8[np.ndarray, "h w 3"]
ROW = "display: flex; flex-wrap: wrap; gap: 4px"  # for places that lack the report's style


def compare(images: Mapping[str, Frame], caption: str, left_out: str | None = None) -> HTML:
    """Named images, side by side; in the report each other one lies below the first, and a
    slider says how much of either is seen.

    ``left_out``: why a profile does without the run, which is then said instead. Raises
    ValueError if there are fewer than two images, or not all of one size.
    """
    if left_out:
        return _not_run(left_out)
    if len(images) < 2 or len({image.shape for image in images.values()}) > 1:
        shapes = ", ".join(f"{name}: {image.shape}" for name, image in images.items())
        raise ValueError(f"two or more images of one size are needed, not {shapes or 'none'}")
    (first, left), *others = images.items()
    pairs = (((first, left), other) for other in others)
    return HTML(
        "".join(
            _figure("cips-compare", "".join(_side(*side) for side in pair), caption)
            for pair in pairs
        )
    )


def scrub(
    frames: UInt8[np.ndarray, "frames h w 3"] | Sequence[Frame],
    caption: str,
    left_out: str | None = None,
) -> HTML:
    """Images in a row; in the report one large one, and a slider that walks through them.

    ``left_out`` as above. Raises ValueError if there are fewer than two.
    """
    if left_out:
        return _not_run(left_out)
    if len(frames) < 2:
        raise ValueError(f"two or more frames are needed, not {len(frames)}")
    images = "".join(
        _image(frame, f"Image {number} of {len(frames)}", width=72)
        for number, frame in enumerate(frames, start=1)
    )
    return HTML(_figure("cips-scrub", images, caption))


def _not_run(reason: str) -> HTML:
    return HTML(f"<p>Not run: {escape(reason)}</p>")


def _side(name: str, image: Frame) -> str:
    label = f'<div class="cips-name">{escape(name)}</div>'
    return f'<div class="cips-side">{label}{_image(image, name, width=240)}</div>'


def _figure(kind: str, content: str, caption: str) -> str:
    return (
        f'<figure class="cips-play {kind}"><div class="cips-images" style="{ROW}">{content}</div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _image(image: Frame, alt: str, width: int) -> str:
    """``width``: px on the screen where no other style applies; pixels stay squares."""
    file = BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    data = b64encode(file.getvalue()).decode()
    how = "image-rendering: pixelated" if image.shape[1] < 2 * width else ""
    source = f"data:image/png;base64,{data}"
    return f'<img src="{source}" alt="{escape(alt)}" width="{width}" style="{how}">'
