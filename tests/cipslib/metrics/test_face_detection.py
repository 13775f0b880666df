"""Faces: found, cropped as FaceNet takes them, described; misses are counted."""

import numpy as np
import pytest
from conftest import random_images, refused
from facenet_pytorch import MTCNN, extract_face
from PIL import Image
from skimage.data import lfw_subset

from cipslib.metrics import face_detection as faces
from cipslib.metrics.descriptors import Descriptor, pixels
from cipslib.metrics.face_detection import describe_faces, describe_images, faces_found


def photographs() -> np.ndarray:
    """100 faces and 100 other cut-outs of 25 px, grey."""
    grey = np.round(255 * lfw_subset()).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=-1)


def test_every_face_of_scikit_image_is_found_and_no_other():
    values = photographs()
    found = describe_faces(values[:100], pixels(4))
    assert found.found.all()
    assert (found.images == np.arange(100)).all()
    assert found.vectors.shape == (100, 48)
    assert not faces_found(values[100:130]).any()


def test_an_image_without_a_face_is_counted_and_not_fatal():
    values = photographs()
    mixed = np.concatenate((values[:2], np.zeros((1, 25, 25, 3), np.uint8), values[150:152]))
    found = describe_faces(np.concatenate((mixed, values[5:6])), pixels(4))
    assert found.images.tolist() == [0, 1, 5]
    assert found.found.tolist() == [True, True, False, False, False, True]
    assert (found.found == faces_found(np.concatenate((mixed, values[5:6])))).all()
    message = "no face in any of the 3 images"
    refused(message, describe_faces, mixed[2:], pixels(4), error=ValueError)


def test_crops_are_facenets():
    """As facenet-pytorch itself detects and crops, image by image."""
    values = photographs()[:3].repeat(4, axis=1).repeat(4, axis=2)
    crops = []

    def keep(images: np.ndarray) -> np.ndarray:
        crops.append(images)
        return images.reshape(len(images), -1)[:, :7].astype(float)

    found = describe_faces(values, Descriptor("kept", keep))
    detector = MTCNN(post_process=False)
    for crop, box, value in zip(np.concatenate(crops), found.boxes, values, strict=True):
        image = Image.fromarray(value)
        theirs = detector(image).permute(1, 2, 0).numpy()
        assert np.abs(crop.astype(float) - theirs).mean() < 2  # other images in the batch
        again = extract_face(image, box, 160).permute(1, 2, 0).numpy()
        assert (crop == again).all()


def test_an_image_on_which_mtcnn_fails_is_a_miss_and_takes_no_other_with_it():
    class Failing(MTCNN):
        def detect(self, batch: list) -> tuple:
            if any(image.getpixel((0, 0)) == (0, 0, 0) for image in batch):
                raise IndexError("the shape of the mask does not match")
            return [np.array([[1.0, 1.0, 5.0, 5.0]])] * len(batch), None

    batch = [Image.new("RGB", (8, 8), colour) for colour in ("red", "black", "blue")]
    found = faces._boxes(Failing(), batch)
    assert [boxes is None for boxes in found] == [False, True, False]


def test_images_that_are_not_square_keep_their_proportion():
    """A face in the middle of a wide image is found, in its own pixels, as wide as it is."""
    face = photographs()[0].repeat(3, axis=0).repeat(3, axis=1)
    wide = np.full((1, 75, 200, 3), 128, np.uint8)
    wide[0, :, 60:135] = face
    found = describe_faces(wide, pixels(2))
    left, top, right, bottom = found.boxes[0]
    assert 55 < left < right < 140
    assert 0.6 < (right - left) / (bottom - top) < 1.2


def test_boxes_outside_the_image_are_no_faces():
    boxes = np.array([[-9.0, -9.0, -1.0, -1.0], [3.2, 3.0, 3.9, 9.0], [-4.0, 2.0, 7.0, 90.0]])
    assert faces._inside(boxes, (20, 30)).tolist() == [[0.0, 2.0, 7.0, 30.0]]
    assert faces._inside(boxes[:2], (20, 30)) is None
    assert faces._inside(None, (20, 30)) is None


def test_portions_are_described_as_one_array(monkeypatch: pytest.MonkeyPatch):
    values = photographs()[:100:12]
    monkeypatch.setattr(faces, "BATCH", 3)
    for describe in (describe_faces, describe_images):
        whole, parts = (describe(v, pixels(4)) for v in (values, iter((values[:6], values[6:]))))
        assert len(whole.images) > 6
        for name in ("vectors", "images", "boxes", "found"):
            assert (getattr(whole, name) == getattr(parts, name)).all()


def test_mirrored_ones_come_last():
    values = photographs()[:4]
    for describe in (describe_faces, describe_images):
        one, both = (describe(values, pixels(5), mirrored=mirrored) for mirrored in (False, True))
        assert both.images.tolist() == [0, 1, 2, 3] * 2
        assert (both.vectors[:4] == one.vectors).all()
        turned = one.vectors.reshape(4, 5, 5, 3)[:, :, ::-1].reshape(4, -1)
        assert np.abs(both.vectors[4:] - turned).max() < 0.01
        assert (both.boxes[4:] == one.boxes).all()


def test_pixels_are_the_image_shrunk():
    values = random_images(3, 8)
    expected = values.reshape(3, 2, 4, 2, 4, 3).mean(axis=(2, 4)).reshape(3, -1) / 255
    described = describe_images(values, pixels(2)).vectors
    assert described == pytest.approx(expected, abs=1.01 / 255)  # Pillow rounds twice


def test_what_cannot_be_described_is_named():
    values = photographs()[:2]
    broken = Descriptor("broken", lambda images: np.full((len(images), 2), np.nan))
    for describe in (describe_faces, describe_images):
        refused("no images", describe, values[:0], pixels(2), error=ValueError)
        message = r"a descriptor \(broken\) is not finite"
        refused(message, describe, values, broken, error=ValueError)
