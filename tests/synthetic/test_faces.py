"""Synthetic faces: found by a detector, aligned."""

from functools import cache

import numpy as np
import pytest
from facenet_pytorch import MTCNN

from cipslib.metrics.face_detection import faces_found
from synthetic import render


@cache
def faces(resolution: int) -> np.ndarray:
    return render("faces", range(100), resolution, seed=11)


@pytest.mark.parametrize(("resolution", "share"), [(64, 0.95), (32, 0.9)])
def test_mtcnn_finds_the_faces(resolution: int, share: float):
    assert faces_found(faces(resolution)).mean() >= share


def test_eyes_and_mouths_are_where_those_of_ffhq_are():
    """Within 3 % of the side; the eyes lie on one height, the mouth in the middle below."""
    enlarged = faces(64)[:40].repeat(2, axis=1).repeat(2, axis=2)
    _, _, landmarks = MTCNN().detect(list(enlarged), landmarks=True)
    found = np.array([points[0] for points in landmarks if points is not None], float) / 128.0
    right_eye, left_eye, _, mouth_right, mouth_left = found.transpose(1, 0, 2)
    mouth = 0.5 * (mouth_right + mouth_left)
    for points, place in ((right_eye, (0.38, 0.45)), (left_eye, (0.62, 0.45)), (mouth, (0.5, 0.7))):
        np.testing.assert_allclose(np.median(points, axis=0), place, atol=0.03)
        assert (points.std(axis=0) < 0.03).all()


def test_the_mean_face_is_a_face():
    """What Fig. 3 and 5 rest on: aligned data have a mean that is recognisable."""
    mean = np.rint(faces(64).mean(axis=0)).astype(np.uint8)
    assert faces_found(mean[None]).all()
