"""Mean and deviation, a part at a time."""

import numpy as np
from conftest import random_images

from cipslib.datasets import mean as moments

IMAGES = random_images(40, 3)


def test_parts_give_the_whole(monkeypatch):
    monkeypatch.setattr(moments, "CHUNK", 7)
    mean, deviation = moments.mean_and_deviation(IMAGES)
    np.testing.assert_allclose(mean, IMAGES.mean(axis=0))
    np.testing.assert_allclose(deviation, IMAGES.std(axis=0))


def test_an_average_is_of_evenly_spaced_images(monkeypatch):
    among = np.arange(5, 40)
    monkeypatch.setattr(moments, "CHUNK", 7)
    found = moments.average_image(IMAGES, among)
    np.testing.assert_allclose(found, IMAGES[5:].mean(axis=0))
    monkeypatch.setattr(moments, "AVERAGED", 3)
    found = moments.average_image(IMAGES, among)
    np.testing.assert_allclose(found, IMAGES[[5, 22, 39]].mean(axis=0))
