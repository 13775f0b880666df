"""Containers: the same images come out of all of them, and hostile ones are refused."""

import gzip
import io
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import corpus
import numpy as np
import pytest
from PIL import Image

from cipslib.utils.errors import UserError
from replication.datasets.decode import Preprocessing
from replication.datasets.sources import open_source, tars, zips
from replication.datasets.worker import WorkerResult, preprocess

COUNT = 7
NAMES = [f"{i:05d}.png" for i in range(COUNT)]
IMAGES = [corpus.encoded(seed=i) for i in range(COUNT)]
PREPROCESSING = [
    Preprocessing(resolution=16, crop=crop, crop_size=size, filter=filter, seed=5)
    for crop, size, filter in (
        ("centre", None, "lanczos"),
        ("random", None, "box"),
        ("random", 17, "bicubic"),
    )
]


def made_of(path: Path, preprocessing: Preprocessing = PREPROCESSING[0]) -> WorkerResult:
    source = open_source(path, path.parent)
    samples = list(source.samples())
    assert [sample.index for sample in samples] == list(range(len(source.entries)))
    return preprocess(samples, preprocessing)


def problems(path: Path) -> dict[str, str]:
    return {record.name: record.problem for record in made_of(path).records if record.problem}


# --- writing containers


def write_folder(path: Path) -> Path:
    corpus.write(path, dict(zip(NAMES, IMAGES, strict=True)))
    return path


def write_zip(
    path: Path, method: int = zipfile.ZIP_STORED, prefix: str = "", backwards: bool = False
) -> Path:
    pairs = list(zip(NAMES, IMAGES, strict=True))
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("folder/", b"")
        for name, content in pairs[::-1] if backwards else pairs:
            archive.writestr(prefix + name, content)
        archive.writestr("README.txt", b"not a image")
    return path


def write_stylegan_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for i, content in enumerate(IMAGES):
            archive.writestr(f"00000/img{i:08d}.png", content)
        archive.writestr("dataset.json", b'{"labels": null}')
    return path


def write_tar(path: Path, mode: str = "w", backwards: bool = False) -> Path:
    pairs = list(zip(NAMES, IMAGES, strict=True))
    with tarfile.open(path, mode) as archive:
        for name, content in pairs[::-1] if backwards else pairs:
            info = tarfile.TarInfo(f"images/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_lmdb(path: Path, entries: dict[bytes, bytes]) -> Path:
    lmdb = corpus.needed("lmdb")
    with lmdb.open(str(path), map_size=2**24) as environment, environment.begin(write=True) as t:
        for key, value in entries.items():
            t.put(key, value)
    return path


def write_lsun(path: Path) -> Path:
    keys = [f"{i:x}".ljust(40, "e").encode() for i in range(COUNT)]
    return write_lmdb(path, dict(zip(keys, IMAGES, strict=True)))


def write_released(path: Path) -> Path:
    keys = [f"{i:07d}".encode() for i in range(COUNT)]
    entries = dict(zip(keys, IMAGES, strict=True))
    return write_lmdb(path, entries | {b"length": b"%07d" % COUNT})


def write_parquet(path: Path, nested: bool = True) -> Path:
    arrow = corpus.needed("pyarrow")
    parquet = corpus.needed("pyarrow.parquet")
    path.mkdir()
    (path / "README.md").write_text("# A data set")
    (path / "data").mkdir()
    for number, rows in enumerate((IMAGES[:5], IMAGES[5:])):
        images = [{"bytes": c, "path": f"{i}.png"} for i, c in enumerate(rows)] if nested else rows
        table = arrow.table({"label": list(range(len(rows))), "image": images})
        name = f"train-{number:05d}-of-00002.parquet"
        parquet.write_table(table, path / "data" / name, row_group_size=2)
    return path


def write_array(path: Path) -> Path:
    np.save(path, np.stack([corpus.pixels(i) for i in range(COUNT)]))
    return path


CONTAINERS: dict[str, tuple[Callable[[Path], Path], str]] = {
    "folder": (write_folder, "a folder"),
    "a.zip": (write_zip, "a zip"),
    "deflated.zip": (lambda p: write_zip(p, zipfile.ZIP_DEFLATED, "x/"), "a zip"),
    "backwards.zip": (lambda p: write_zip(p, backwards=True), "a zip"),
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
    "a.npy": (write_array, "an array"),
}


@pytest.fixture(scope="module")
def expected(tmp_path_factory) -> dict[Preprocessing, np.ndarray]:
    folder = write_folder(tmp_path_factory.mktemp("expected") / "folder")
    return {how: made_of(folder, how).images for how in PREPROCESSING}


@pytest.mark.parametrize("name", CONTAINERS)
def test_every_container_gives_the_same_images(tmp_path: Path, expected: dict, name: str):
    write, kind = CONTAINERS[name]
    path = write(tmp_path / name)
    assert open_source(path, tmp_path).kind == kind
    for how in PREPROCESSING:
        made = made_of(path, how)
        assert [record.problem for record in made.records] == [""] * COUNT
        np.testing.assert_array_equal(made.images, expected[how])


@pytest.mark.parametrize("filter", ["lanczos", "box", "bicubic", "bilinear"])
def test_filters_are_pillows(tmp_path: Path, filter: str):
    write_folder(tmp_path / "folder")
    preprocessing = replace(PREPROCESSING[0], resolution=8, crop_size=16, filter=filter)
    method = getattr(Image.Resampling, filter.upper())
    by_pillow = Image.fromarray(corpus.pixels(0)).resize((8, 8), method, box=(4, 2, 20, 18))
    np.testing.assert_array_equal(made_of(tmp_path / "folder", preprocessing).images[0], by_pillow)


def test_a_crop_of_the_resolution_keeps_the_pixels(tmp_path: Path):
    """The paper's way with the satellite images: cut, never scaled; the seed says where."""
    write_folder(tmp_path / "folder")
    corners = []
    for seed in (0, 1):
        preprocessing = replace(PREPROCESSING[1], crop_size=16, seed=seed)
        for number, cut in enumerate(made_of(tmp_path / "folder", preprocessing).images):
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
    preprocessing = replace(PREPROCESSING[0], crop=crop, crop_size=size)
    made = made_of(tmp_path / "folder", preprocessing)
    assert {record.problem for record in made.records} == {problem}
    assert made.images.shape == (0, 16, 16, 3)


@pytest.mark.parametrize("shape", [(3, 20, 24), (3, 20, 24, 1), (3, 20, 24, 3), (3, 20, 24, 4)])
def test_arrays_of_every_shape_are_read(tmp_path: Path, shape: tuple[int, ...]):
    array = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.save(tmp_path / "a.npy", array)
    assert made_of(tmp_path / "a.npy").images.shape == (3, 16, 16, 3)


# --- hostile containers


def given(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def zip_of(path: Path, *names: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, IMAGES[0])
    return path


def cut(path: Path) -> Path:
    return given(path, corpus.half(path.read_bytes()))


def zip_without_directory(path: Path) -> Path:
    content = write_zip(path).read_bytes()
    return given(path, content.replace(b"PK\x01\x02", b"PK\x09\x09"))


def tar_cut_in_a_header(path: Path) -> Path:
    content = write_tar(path).read_bytes()
    end = content.rfind(NAMES[-1].encode())
    return given(path, content[: end + 100])


def tar_at_a_members_end(path: Path) -> Path:
    """Cut exactly between two members: nothing but the end is missing."""
    content = write_tar(path).read_bytes()
    start = content.rfind(b"images/" + NAMES[-1].encode())
    return given(path, content[:start])


def gzip_damaged(path: Path) -> Path:
    content = bytearray(write_tar(path, "w:gz").read_bytes())
    content[len(content) // 2] ^= 0xFF
    return given(path, bytes(content))


def saved(path: Path, array: np.ndarray) -> Path:
    np.save(path, array, allow_pickle=True)
    return path


def many_arrays(path: Path) -> Path:
    np.savez(path, a=np.zeros(3))
    return path


def parquet_of(path: Path, columns: dict) -> Path:
    arrow = corpus.needed("pyarrow")
    corpus.needed("pyarrow.parquet").write_table(arrow.table(columns), path)
    return path


def lmdb_cut(path: Path) -> Path:
    file = write_released(path) / "data.mdb"
    given(file, file.read_bytes()[: file.stat().st_size * 6 // 10])
    return path


def beside_images(path: Path) -> Path:
    write_parquet(path)
    return write_folder(path)


def two_lmdbs(path: Path) -> Path:
    path.mkdir()
    write_released(path / "128")
    write_released(path / "256")
    return path


REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "missing": (lambda p: p, r"there is no .*missing: put the images there"),
    "empty": (lambda p: given(p, b""), "empty is empty; images are read from a folder, a zip"),
    "one.png": (
        lambda p: given(p, corpus.encoded()),
        r"one\.png is of no kind that is known; images",
    ),
    "words.txt": (lambda p: given(p, b"words"), "words.txt is of no kind that is known"),
    "others.zip": (
        lambda p: zip_of(p, "a.txt", "lmdb/data.mdb"),
        r"holds no images \(2 other files: a.txt, lmdb/data.mdb\); what is packed in it must be",
    ),
    "cut.zip": (lambda p: cut(write_zip(p)), r"cut\.zip is a zip that is damaged or cut short"),
    "damaged.zip": (zip_without_directory, r"damaged\.zip is a zip that is damaged or cut short"),
    "no-members.zip": (lambda p: zip_of(p), r"holds no images \(nothing at all\)"),
    "arrays.npz": (many_arrays, r"holds no images \(1 other files: a\.npy\)"),
    "cut-header.tar": (tar_cut_in_a_header, r"cut-header\.tar .*damaged or cut short"),
    "fewer.tar": (tar_at_a_members_end, r"fewer\.tar is a tar that is damaged .* \(it has no end"),
    "cut.tar.gz": (lambda p: cut(write_tar(p, "w:gz")), r"cut\.tar\.gz is damaged or cut short"),
    "cut.tar.xz": (lambda p: cut(write_tar(p, "w:xz")), r"cut\.tar\.xz is damaged or cut short"),
    "damaged.tar.gz": (gzip_damaged, r"damaged\.tar\.gz is damaged or cut short"),
    "text.gz": (
        lambda p: given(p, gzip.compress(b"words")),
        r"text\.gz holds no tar, or one that is damaged",
    ),
    "cut-lmdb": (lmdb_cut, r"data\.mdb is an LMDB that is damaged or cut short \(.* bytes\)"),
    "garbage.mdb": (
        lambda p: given(p, bytes(16) + b"\xde\xc0\xef\xbe" + bytes(5000)),
        r"garbage\.mdb is an LMDB that is damaged or cut short",
    ),
    "videos": (
        lambda p: write_lmdb(p, {b"length": b"0000001", b"0000000-length": b"0000001"}),
        r"another kind \(its length is b'0000001', and its first image is not there\)",
    ),
    "strange-length": (
        lambda p: write_lmdb(p, {b"length": b"many"}),
        r"another kind \(its length is b'many'",
    ),
    "two-lmdbs": (two_lmdbs, r"holds 2 LMDBs \(128/data\.mdb, 256/data\.mdb\).* say which with"),
    "real.npy": (
        lambda p: saved(p, np.zeros((3, 8, 8, 3))),
        r"real\.npy is of type float64 and shape \(3, 8, 8, 3\); an array of images is uint8",
    ),
    "channels-first.npy": (
        lambda p: saved(p, np.zeros((3, 3, 8, 8), np.uint8)),
        r"is of type uint8 and shape \(3, 3, 8, 8\)",
    ),
    "one-image.npy": (
        lambda p: saved(p, np.zeros((8, 8), np.uint8)),
        r"is of type uint8 and shape \(8, 8\)",
    ),
    "pickled.npy": (
        lambda p: saved(p, np.array([{}], dtype=object)),
        r"pickled\.npy is no whole \.npy array",
    ),
    "cut.npy": (lambda p: cut(write_array(p)), r"cut\.npy is no whole \.npy array"),
    "cut.parquet": (
        lambda p: cut(parquet_of(p, {"image": IMAGES})),
        r"cut\.parquet is a parquet file that is damaged or cut short",
    ),
    "words.parquet": (
        lambda p: parquet_of(p, {"text": ["a"], "label": [1]}),
        r"has no column image; its columns are text, label",
    ),
    "parquet-and-images": (
        beside_images,
        r"holds 2 parquet files and 7 images: say which with --source",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_container_that_cannot_be_read_is_named(tmp_path: Path, name: str):
    write, message = REFUSED[name]
    path = write(tmp_path / name)
    with pytest.raises(UserError, match=message) as error:
        open_source(path, tmp_path)
    assert "\n" not in str(error.value)
    assert name in str(error.value)


def parquet_with_a_damaged_page(path: Path) -> Path:
    parquet_of(path, {"image": IMAGES})
    overwrite(path, 4)
    return path


def lmdb_with_a_damaged_page(path: Path) -> Path:
    overwrite(write_released(path) / "data.mdb", 5 * 4096)
    return path


def overwrite(file: Path, place: int) -> None:
    content = bytearray(file.read_bytes())
    content[place : place + 40] = b"\xff" * 40
    file.write_bytes(content)


DAMAGED = {"pages.parquet": parquet_with_a_damaged_page, "pages-lmdb": lmdb_with_a_damaged_page}


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_that_is_found_while_reading_is_named(tmp_path: Path, name: str):
    path = DAMAGED[name](tmp_path / name)
    assert len(open_source(path, tmp_path).entries) == COUNT  # nothing is seen yet
    with pytest.raises(UserError, match=rf"{name}.* that is damaged or cut short"):
        made_of(path)


OUTWARD = ["../out.png", "a/../../out.png", "/etc/out.png", "C:\\out.png", "../notes.txt"]


@pytest.mark.parametrize("name", OUTWARD)
def test_a_member_that_leads_out_is_refused_by_name(tmp_path: Path, name: str):
    path = zip_of(tmp_path / "a.zip", name, "good.png")
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for member in (name, "good.png"):
            info = tarfile.TarInfo(member)
            info.size = len(corpus.encoded())
            archive.addfile(info, io.BytesIO(corpus.encoded()))
    for archive_path in (path, tmp_path / "a.tar"):
        ((found, problem),) = problems(archive_path).items()
        assert found.replace("\\\\", "\\") == name
        assert problem == "leads out of the archive: refused"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.tar", "a.zip"]
    assert not (tmp_path.parent / "out.png").exists()


def zip_with_a_link(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("odd.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return path


def tar_with(kind: bytes) -> Callable[[Path], Path]:
    """Return a writer of a tar with one member of that type."""

    def write(path: Path) -> Path:
        with tarfile.open(path, "w") as archive:
            info = tarfile.TarInfo("odd.png")
            info.type = kind
            info.linkname = "/etc/passwd"
            archive.addfile(info)
        return path

    return write


def zip_with_headers(place: int, value: bytes) -> Callable[[Path], Path]:
    """Return a writer of a zip whose member's headers have ``value`` at ``place``."""

    def write(path: Path) -> Path:
        content = bytearray(zip_of(path, "odd.png").read_bytes())
        for signature, offset in ((b"PK\x03\x04", place), (b"PK\x01\x02", place + 2)):
            start = content.find(signature) + offset
            content[start : start + len(value)] = value
        return given(path, bytes(content))

    return write


def zip_with_damage(path: Path) -> Path:
    content = zip_of(path, "odd.png", "good.png").read_bytes()
    return given(path, content.replace(IMAGES[0], corpus.damaged(IMAGES[0]), 1))


def zip_with_a_bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("odd.png", bytes(2_000_000))
    return path


def zip_with_one_twice(path: Path) -> Path:
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zip_of(path, "odd.png", "odd.png")


def parquet_with_gaps(path: Path) -> Path:
    rows = [{"bytes": IMAGES[0], "path": "a"}, {"bytes": None, "path": "b.png"}, None]
    return parquet_of(path, {"image": rows})


def lmdb_with_gaps(path: Path) -> Path:
    write_released(path)
    lmdb = corpus.needed("lmdb")
    with lmdb.open(str(path), map_size=2**24) as environment, environment.begin(write=True) as t:
        t.delete(b"0000003")
        t.put(b"0000004", b"")
    return path


LINK = "is a link: refused"
IRREGULAR = "is no regular file: refused"
NO_CONTENT = "has no content: the row holds no encoded image"
PROBLEMS: dict[str, tuple[Callable[[Path], Path], dict[str, str]]] = {
    "link.zip": (zip_with_a_link, {"odd.png": LINK}),
    "symlink.tar": (tar_with(tarfile.SYMTYPE), {"odd.png": LINK}),
    "link.tar": (tar_with(tarfile.LNKTYPE), {"odd.png": LINK}),
    "pipe.tar": (tar_with(tarfile.FIFOTYPE), {"odd.png": IRREGULAR}),
    "device.tar": (tar_with(tarfile.CHRTYPE), {"odd.png": IRREGULAR}),
    "encrypted.zip": (
        zip_with_headers(6, b"\x01"),
        {"odd.png": "is encrypted: unpack the zip first"},
    ),
    "method.zip": (zip_with_headers(8, b"\x61"), {"odd.png": "cannot be unpacked (That compress"}),
    "damaged.zip": (zip_with_damage, {"odd.png": "cannot be unpacked (Bad CRC-32"}),
    "bomb.zip": (
        zip_with_a_bomb,
        {"odd.png": "unpacks to 2,000,000 bytes: a decompression bomb?"},
    ),
    "twice.zip": (
        zip_with_one_twice,
        {"odd.png": "is in the archive twice: only the first is taken"},
    ),
    "released": (
        lmdb_with_gaps,
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
    found = problems(write(tmp_path / name))
    assert found.keys() == expected.keys()
    for entry, problem in expected.items():
        assert found[entry].startswith(problem)


def test_a_compressed_bomb_is_refused(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tars, "SMALL", 1000)
    path = given(tmp_path / "bomb.tar.gz", gzip.compress(bytes(10_000_000)))
    with pytest.raises(UserError, match=r"bomb\.tar\.gz unpacks to more than .*: a decompression"):
        open_source(path, tmp_path)


def test_too_large_a_tar_member_is_named(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(tars, "MAX_BYTES", 1000)
    path = write_tar(tmp_path / "a.tar")
    assert len(problems(path)) == COUNT
    assert "bytes; more than 1,000 are refused" in problems(path)["images/00000.png"]


@pytest.mark.parametrize(
    ("package", "name"),
    [("lmdb", "released"), ("pyarrow", "parquet")],
)
def test_a_missing_package_is_named(tmp_path: Path, monkeypatch, package: str, name: str):
    path = CONTAINERS[name][0](tmp_path / name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(UserError, match=rf"this needs {package}: pip install 'cipslib\[data\]'"):
        open_source(path, tmp_path)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path, monkeypatch):
    path = write_folder(tmp_path / "folder")

    def refuse(*_: object) -> Iterator[None]:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(UserError, match=r"cannot list .*folder: Permission denied"):
        open_source(path, tmp_path)
