"""Mean and deviation, a part at a time."""

import numpy as np

from cipslib.datasets import mean as moments


def test_parts_give_the_whole(monkeypatch):
    monkeypatch.setattr(moments, "CHUNK", 7)
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 3, 3), dtype=np.uint8)
    mean, deviation = moments.mean_and_deviation(images)
    np.testing.assert_allclose(mean, images.mean(axis=0))
    np.testing.assert_allclose(deviation, images.std(axis=0))


def test_an_average_is_of_evenly_spaced_images(monkeypatch):
    images = np.random.default_rng(0).integers(0, 256, (40, 3, 3, 3), dtype=np.uint8)
    among = np.arange(5, 40)
    monkeypatch.setattr(moments, "CHUNK", 7)
    found = moments.average_image(images, among)
    np.testing.assert_allclose(found, images[5:].mean(axis=0))
    monkeypatch.setattr(moments, "AVERAGED", 3)
    found = moments.average_image(images, among)
    np.testing.assert_allclose(found, images[[5, 22, 39]].mean(axis=0))
