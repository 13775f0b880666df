"""Mean and deviation, a part at a time."""

import numpy as np

from cipslib.datasets import moments


def test_parts_give_the_whole(monkeypatch):
    monkeypatch.setattr(moments, "CHUNK", 7)
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 3, 3), dtype=np.uint8)
    mean, deviation = moments.mean_and_deviation(images)
    np.testing.assert_allclose(mean, images.mean(axis=0))
    np.testing.assert_allclose(deviation, images.std(axis=0))
