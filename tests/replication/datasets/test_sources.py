"""Containers: the same images come out of all of them, and hostile ones are refused."""

import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import corpus
import numpy as np
import pytest
from conftest import refused
from damage import DAMAGE, damaged, survives, try_many
from hypothesis import given
from PIL import Image

from replication.datasets.config import FILTERS, DatasetConfig
from replication.datasets.sources import open_source, zips
from replication.datasets.worker import Record, preprocess

COUNT = 7
IMAGES = [corpus.encoded(seed=i) for i in range(COUNT)]
FILES = {f"{i:05d}.png": content for i, content in enumerate(IMAGES)}
NUMBERED = dict(enumerate(IMAGES))
CONFIGS = [
    corpus.config(crop=crop, crop_size=size, filter=filter)
    for crop, size, filter in (
        ("centre", None, "lanczos"),
        ("random", None, "box"),
        ("random", 17, "bicubic"),
    )
]


def made_of(
    path: Path, config: DatasetConfig = CONFIGS[0]
) -> tuple[list[Record], list[np.ndarray]]:
    """The records of all files, and the images of those that can be used."""
    made = preprocess(list(open_source(path, path.parent).samples()), config)
    return [record for record, _ in made], [image for _, image in made if image is not None]


def problems(path: Path) -> dict[str, str]:
    return {record.name: record.problem for record in made_of(path)[0] if record.problem}


# --- writing containers


def write_folder(path: Path) -> None:
    corpus.write(path, FILES)


def write_zip(path: Path, files: dict = FILES, method: int = zipfile.ZIP_STORED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("folder/", b"")
        for name, content in files.items():
            archive.writestr(name, content)
        archive.writestr("README.txt", b"not an image")


def write_deflated_zip(path: Path) -> None:
    """Compressed, below a folder, and the last first."""
    files = {f"folder/{name}": FILES[name] for name in reversed(FILES)}
    write_zip(path, files, zipfile.ZIP_DEFLATED)


def write_stylegan_zip(path: Path) -> None:
    files = {f"00000/img{i:08d}.png": content for i, content in enumerate(IMAGES)}
    write_zip(path, files | {"dataset.json": b'{"labels": null}'})


def write_tar(path: Path, mode: str = "w", backwards: bool = False) -> None:
    names = reversed(FILES) if backwards else FILES
    path.write_bytes(corpus.tar({f"images/{name}": FILES[name] for name in names}, mode))


def write_lmdb(path: Path, entries: dict[bytes, bytes]) -> None:
    lmdb = corpus.needed("lmdb")
    with lmdb.open(str(path), map_size=2**24) as environment, environment.begin(write=True) as t:
        for key, value in entries.items():
            t.put(key, value)


def write_lsun(path: Path) -> None:
    keys = [f"{i:x}".ljust(40, "e").encode() for i in range(COUNT)]
    write_lmdb(path, dict(zip(keys, IMAGES, strict=True)))


def write_released(path: Path, images: dict[int, bytes] = NUMBERED) -> None:
    entries = {b"%07d" % i: content for i, content in images.items()}
    write_lmdb(path, entries | {b"length": b"%07d" % COUNT})


def write_parquet(path: Path, nested: bool = True) -> None:
    (path / "data").mkdir(parents=True)
    (path / "README.md").write_text("# A data set")
    for number, rows in enumerate((IMAGES[:5], IMAGES[5:])):
        images = [{"bytes": c, "path": f"{i}.png"} for i, c in enumerate(rows)] if nested else rows
        columns = {"label": list(range(len(rows))), "image": images}
        parquet_of(path / "data" / f"train-{number:05d}-of-00002.parquet", columns)


def write_column(path: Path, kind: str) -> None:
    """As img2dataset writes it: one column of bytes, of some type, among others of text."""
    arrow = corpus.needed("pyarrow")
    images = arrow.array(IMAGES, getattr(arrow, kind)())
    parquet_of(path, {"caption": [*"abcdefg"], "jpg": images})


def beside_metadata(path: Path) -> None:
    write_folder(path)
    parquet_of(path / "metadata.parquet", {"file_name": ["0.png"], "text": ["a face"]})


def parquet_of(path: Path, columns: dict) -> None:
    table = corpus.needed("pyarrow").table(columns)
    corpus.needed("pyarrow.parquet").write_table(table, path, row_group_size=2)


def write_array(path: Path) -> None:
    np.save(path, np.stack([corpus.pixels(i) for i in range(COUNT)]))


CONTAINERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder": (write_folder, "a folder"),
    "a.zip": (write_zip, "a zip"),
    "deflated.zip": (write_deflated_zip, "a zip"),
    "stylegan.zip": (write_stylegan_zip, "a StyleGAN2-ADA zip"),
    "a.tar": (write_tar, "a tar"),
    "a.tar.gz": (lambda p: write_tar(p, "w:gz", True), "a compressed tar"),
    "a.tar.bz2": (lambda p: write_tar(p, "w:bz2"), "a compressed tar"),
    "a.tar.xz": (lambda p: write_tar(p, "w:xz"), "a compressed tar"),
    "called.zip": (lambda p: write_tar(p, "w:gz"), "a compressed tar"),
    "lsun_lmdb": (write_lsun, "LSUN's LMDB"),
    "released": (write_released, "the released code's LMDB"),
    "parquet": (write_parquet, "parquet"),
    "plain-parquet": (lambda p: write_parquet(p, nested=False), "parquet"),
    "jpg.parquet": (lambda p: write_column(p, "binary"), "parquet"),
    "large.parquet": (lambda p: write_column(p, "large_binary"), "parquet"),
    "view.parquet": (lambda p: write_column(p, "binary_view"), "parquet"),
    "with-metadata": (beside_metadata, "a folder"),
    "a.npy": (write_array, "an array"),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> list[np.ndarray]:
    folder = tmp_path_factory.mktemp("expected") / "folder"
    write_folder(folder)
    return [np.stack(made_of(folder, config)[1]) for config in CONFIGS]


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_the_same_images(tmp_path: Path, expected: list, name: str):
    write, kind = CONTAINERS[name]
    path = tmp_path / name
    write(path)
    assert open_source(path, tmp_path).kind == kind
    for config, images in zip(CONFIGS, expected, strict=True):
        records, made = made_of(path, config)
        assert [record.problem for record in records] == [""] * COUNT
        np.testing.assert_array_equal(made, images)


@pytest.mark.parametrize("name", CONTAINERS)
@try_many
@given(damage=DAMAGE)
def test_a_damaged_container_says_a_sentence(tmp_path_factory, name: str, damage):
    path = tmp_path_factory.mktemp("damaged") / name
    CONTAINERS[name][0](path)
    for file in (path / "data.mdb", path / "00000.png", path):  # what a folder holds, or the file
        if file.is_file():
            file.write_bytes(damaged(file.read_bytes(), damage))
            break
    survives(CONTAINERS[name][1], lambda: made_of(path))


@pytest.mark.parametrize("filter", FILTERS)
def test_filters_are_pillows(tmp_path: Path, filter: str):
    write_folder(tmp_path / "folder")
    config = corpus.config(resolution=8, crop_size=16, filter=filter)
    method = getattr(Image.Resampling, filter.upper())
    by_pillow = Image.fromarray(corpus.pixels(0)).resize((8, 8), method, box=(4, 2, 20, 18))
    np.testing.assert_array_equal(made_of(tmp_path / "folder", config)[1][0], by_pillow)


def test_a_crop_of_the_resolution_keeps_the_pixels(tmp_path: Path):
    """The paper's way with the satellite images: cut, never scaled; the seed says where."""
    write_folder(tmp_path / "folder")
    corners = []
    for seed in (0, 1):
        config = corpus.config(crop="random", crop_size=16, seed=seed)
        for number, cut in enumerate(made_of(tmp_path / "folder", config)[1]):
            windows = np.lib.stride_tricks.sliding_window_view(corpus.pixels(number), (16, 16, 3))
            (found,) = np.argwhere((windows[:, :, 0] == cut).all(axis=(2, 3, 4)))
            corners.append(tuple(found))
    assert len({*corners[:COUNT]}) > 1
    assert corners[:COUNT] != corners[COUNT:]


@pytest.mark.parametrize(
    ("crop", "size", "problem"),
    [
        ("none", None, "has 24 x 20 pixels, and crop is none"),
        ("centre", 21, "has 24 x 20 pixels; crop_size is 21"),
    ],
)
def test_an_image_that_a_crop_does_not_fit_is_named(
    tmp_path: Path, crop: str, size: int | None, problem: str
):
    write_folder(tmp_path / "folder")
    records, images = made_of(tmp_path / "folder", corpus.config(crop=crop, crop_size=size))
    assert {record.problem for record in records} == {problem}
    assert not images


@pytest.mark.parametrize("shape", [(3, 20, 24), (3, 20, 24, 1), (3, 20, 24, 3), (3, 20, 24, 4)])
def test_arrays_of_every_shape_are_read(tmp_path: Path, shape: tuple[int, ...]):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.save(tmp_path / "a.npy", array)
    assert [image.shape for image in made_of(tmp_path / "a.npy")[1]] == 3 * [(16, 16, 3)]


# --- hostile containers


def cut(path: Path, write: Callable[..., None], *how: object) -> None:
    write(path, *how)
    path.write_bytes(corpus.half(path.read_bytes()))


def gzip_damaged(path: Path) -> None:
    write_tar(path, "w:gz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def lmdb_cut(path: Path) -> None:
    write_released(path)
    file = path / "data.mdb"
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])


def beside_images(path: Path) -> None:
    write_parquet(path)
    write_folder(path)


DAMAGED = "damaged or cut short"
REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda p: None, "there is no .*missing: put the images there"),
    "empty": (Path.touch, "of no kind that is known .*; images are read from a fol"),
    "one.png": (lambda p: p.write_bytes(IMAGES[0]), "of no kind that is known"),
    "others.zip": (lambda p: write_zip(p, {"b/c.mdb": b""}), r"no images \(2 other files: b/c"),
    "cut.zip": (lambda p: cut(p, write_zip), f"is a zip that is {DAMAGED}"),
    "cut.tar": (lambda p: cut(p, write_tar), f"is a tar that is {DAMAGED}"),
    "cut.tar.gz": (lambda p: cut(p, write_tar, "w:gz"), f"is a tar that is {DAMAGED}"),
    "damaged.tar.gz": (gzip_damaged, f"is a tar that is {DAMAGED}"),
    "cut-lmdb": (lmdb_cut, rf"is an LMDB that is {DAMAGED} \(.* bytes\)"),
    "videos": (
        lambda p: write_lmdb(p, {b"length": b"0000001", b"0000000-length": b"0000001"}),
        r"another kind \(its length is b'0000001', and its first image is not there\)",
    ),
    "real.npy": (lambda p: np.save(p, np.zeros((3, 8, 8, 3))), "is of type float64 and shape"),
    "pickled.npy": (lambda p: np.save(p, np.array([{}], dtype=object)), "is no whole .npy array"),
    "cut.npy": (lambda p: cut(p, write_array), "is no whole .npy array"),
    "cut.parquet": (lambda p: cut(p, parquet_of, {"image": IMAGES}), f"file that is {DAMAGED}"),
    "words.parquet": (
        lambda p: parquet_of(p, {"text": ["a"], "label": [1]}),
        r"has 0 columns that may hold images; its columns are text \(string\), label \(int64\)",
    ),
    "two.parquet": (
        lambda p: parquet_of(p, {"before": IMAGES, "after": IMAGES}),
        r"has 2 columns .* are before \(binary\), after \(binary\); one of bytes, .* or image$",
    ),
    "parquet-and-images": (
        beside_images,
        r"holds 7 images, and parquet files with such \(data/train-.*: image\): name a folder",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_container_that_cannot_be_read_is_named(tmp_path: Path, name: str):
    write, message = REFUSED[name]
    write(tmp_path / name)
    assert name in refused(message, open_source, tmp_path / name, tmp_path)


def parquet_with_a_damaged_page(path: Path) -> None:
    parquet_of(path, {"image": IMAGES})
    overwrite(path, 4)


def lmdb_with_a_damaged_page(path: Path) -> None:
    write_released(path)
    overwrite(path / "data.mdb", 5 * 4096)


def overwrite(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place : place + 40] = b"\xff" * 40
    file.write_bytes(content)


@pytest.mark.parametrize("write", [parquet_with_a_damaged_page, lmdb_with_a_damaged_page])
def test_damage_that_is_found_while_reading_is_named(tmp_path: Path, write):
    path = tmp_path / "damaged"
    write(path)
    assert len(open_source(path, tmp_path).names) == COUNT  # nothing is seen yet
    refused(f"/damaged.* that is {DAMAGED}", made_of, path)


def tar_with_a_link(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("odd.png")
        link.type = tarfile.SYMTYPE
        link.linkname = "/etc/passwd"
        archive.addfile(link)


def zip_with_damage(path: Path) -> None:
    write_zip(path, {"odd.png": IMAGES[0], "good.png": IMAGES[0]})
    path.write_bytes(path.read_bytes().replace(IMAGES[0], corpus.damaged(IMAGES[0]), 1))


def zip_with_a_bomb(path: Path) -> None:
    write_zip(path, {"odd.png": bytes(2_000_000)}, zipfile.ZIP_DEFLATED)


def parquet_with_gaps(path: Path) -> None:
    rows = [{"bytes": IMAGES[0], "path": "a"}, {"bytes": None, "path": "b.png"}, None]
    parquet_of(path, {"image": rows})


NO_CONTENT = "has no content: the row holds no encoded image"
GAPS = {i: content for i, content in {**NUMBERED, 4: b""}.items() if i != 3}
PROBLEMS: dict[str, tuple[Callable[[Path], None], dict[str, str]]] = {
    "link.tar": (tar_with_a_link, {"odd.png": "is a link, or no regular file: refused"}),
    "damaged.zip": (zip_with_damage, {"odd.png": "cannot be unpacked (Bad CRC-32"}),
    "bomb.zip": (zip_with_a_bomb, {"odd.png": "unpacks to 2,000,000 bytes: a decompression bomb?"}),
    "released": (
        lambda p: write_released(p, GAPS),
        {"0000003": "is missing: the LMDB has no such key", "0000004": "is empty"},
    ),
    "lsun": (  # its objects have thousands of empty entries
        lambda p: write_lmdb(p, {b"a" * 40: b"", b"b" * 40: IMAGES[0], b"key": b"value"}),
        {"a" * 40: "is empty", "key": "is not a readable image"},
    ),
    "a.parquet": (parquet_with_gaps, {"a.parquet:1": NO_CONTENT, "a.parquet:2": NO_CONTENT}),
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_an_entry_that_cannot_be_used_is_named(tmp_path: Path, monkeypatch, name: str):
    monkeypatch.setattr(zips, "MAX_BYTES", 1_000_000)
    write, expected = PROBLEMS[name]
    write(tmp_path / name)
    found = problems(tmp_path / name)
    assert found.keys() == expected.keys()
    for entry, problem in expected.items():
        assert found[entry].startswith(problem)


def test_an_archive_that_leads_outside_writes_nothing_there(tmp_path: Path):
    (tmp_path / "in").mkdir()
    absolute = tmp_path / "absolute.png"
    files = {"../outside.png": IMAGES[0], str(absolute): IMAGES[1]}
    (tmp_path / "in" / "a.tar").write_bytes(corpus.tar(files))
    assert problems(tmp_path / "in" / "a.tar") == {}
    assert [each.name for each in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize(("package", "name"), [("lmdb", "released"), ("pyarrow", "parquet")])
def test_a_missing_package_is_named(tmp_path: Path, monkeypatch, package: str, name: str):
    CONTAINERS[name][0](tmp_path / name)
    monkeypatch.setitem(sys.modules, package, None)
    message = rf"this needs {package}: pip install 'cipslib\[data\]'"
    refused(message, open_source, tmp_path / name, tmp_path)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch):
    path = tmp_path / "folder"
    write_folder(path)

    def refuse(*_: object) -> Iterator[None]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    refused(r"cannot list .*folder: Permission denied", open_source, path, tmp_path)
