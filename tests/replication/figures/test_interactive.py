"""HTML with images to play with: complete without the report's script."""

import base64
import io
import re

import numpy as np
from PIL import Image

from replication.figures.interactive import compare

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), dtype=np.uint8)


def embedded(html: str) -> list[np.ndarray]:
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
        for data in re.findall(r'src="data:image/png;base64,([^"]+)"', html)
    ]


def test_compare_has_both_images_whole_named_and_with_a_caption():
    html = compare({"few": IMAGES[0], "a < b": IMAGES[1]}, "As the paper's.").data
    np.testing.assert_array_equal(embedded(html), IMAGES[:2])
    assert re.findall(r'alt="([^"]+)"', html) == ["few", "a &lt; b"]
    assert "<figcaption>As the paper&#x27;s.</figcaption>" in html
    assert html.count("<figure") == 1
