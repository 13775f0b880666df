"""HTML with images to play with: complete without the report's script."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from replication.figures.interactive import compare, scrub

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


def test_the_first_is_compared_with_each_other_one():
    html = compare(dict(zip("abc", IMAGES, strict=True)), "").data
    np.testing.assert_array_equal(embedded(html), IMAGES[[0, 1, 0, 2]])
    assert html.count('class="cips-play cips-compare"') == 2


def test_scrub_has_every_frame_in_order():
    html = scrub(IMAGES, "On the way.").data
    np.testing.assert_array_equal(embedded(html), IMAGES)
    assert re.findall(r'alt="([^"]+)"', html) == [f"Image {n} of 3" for n in (1, 2, 3)]


def test_a_run_that_was_left_out_is_said_instead():
    for html in (compare({}, "Fig.", "no <GPU>").data, scrub([], "Fig.", "no <GPU>").data):
        assert html == "<p>Not run: no &lt;GPU&gt;</p>"


def test_too_few_images_or_several_sizes_are_refused():
    for images in ({}, {"a": IMAGES[0]}, {"a": IMAGES[0], "b": IMAGES[0][:4]}):
        with pytest.raises(ValueError, match="two or more images of one size"):
            compare(images, "")
    with pytest.raises(ValueError, match="two or more frames"):
        scrub(IMAGES[:1], "")
