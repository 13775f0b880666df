"""Images that a reader can play with in the report: two to compare, a strip to walk through.

What a notebook shows is plain HTML: images side by side with a caption, in JupyterLab, in print
and without scripts. The report's script (report/theme/_static/interactive.js) finds it by its class
and adds the slider. Without images it is empty: a figure beside it says why there are none.
"""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from io import BytesIO

import numpy as np
from IPython.display import HTML
from PIL import Image

from cipslib.utils.shapes import UInt8

Frame = UInt8[np.ndarray, "h w 3"]
ROW = "display: flex; flex-wrap: wrap; gap: 4px"  # for places that lack the report's style


def compare(images: Mapping[str, Frame], caption: str) -> HTML:
    """Show two named images of one size; in the report the second lies below the first, and a
    slider says how much of either is seen.
    """
    sides = [
        f'<div class="cips-side"><div class="cips-name">{escape(name)}</div>'
        f"{_image(image, name, width=240)}</div>"
        for name, image in images.items()
    ]
    return _figure("cips-compare", sides, caption)


def scrub(frames: UInt8[np.ndarray, "frames h w 3"], caption: str) -> HTML:
    """Show images in a row; in the report one large one, and a slider that walks through them."""
    numbered = enumerate(frames, start=1)
    images = [_image(frame, f"Image {n} of {len(frames)}", width=72) for n, frame in numbered]
    return _figure("cips-scrub", images, caption)


def _figure(kind: str, images: list[str], caption: str) -> HTML:
    content = f'<div class="cips-images" style="{ROW}">{"".join(images)}</div>'
    content += f"<figcaption>{escape(caption)}</figcaption>"
    return HTML(f'<figure class="cips-play {kind}">{content}</figure>' if images else "")


def _image(image: Frame, alt: str, width: int) -> str:
    """``width``: px on the screen where no other style applies; pixels stay squares."""
    file = BytesIO()
    Image.fromarray(image).save(file, format="PNG")
    data = b64encode(file.getvalue()).decode()
    how = "image-rendering: pixelated" if image.shape[1] < 2 * width else ""
    source = f"data:image/png;base64,{data}"
    return f'<img src="{source}" alt="{escape(alt)}" width="{width}" style="{how}">'
