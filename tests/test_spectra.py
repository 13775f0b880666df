"""Spectra: closed forms, invariances, distances with their chance, what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from conftest import small_generator

from cipslib.analysis.encodings import positional_encodings
from cipslib.analysis.spectra import (
    DURALL,
    SpectrumProtocol,
    artefacts,
    centroid,
    decay,
    power_beyond_native,
    share_above,
    shared_limits,
    spectral_distance,
    spectrum_of_encoding,
    spectrum_of_pictures,
)
from cipslib.utils.errors import UserError

PLAIN = SpectrumProtocol(window="none")
EVERY = [
    SpectrumProtocol(),
    PLAIN,
    SpectrumProtocol(remove_mean=False, normalise="dc"),
    SpectrumProtocol(average="log", normalise="first", colour="channels"),
    SpectrumProtocol(rings="durall", colour="channels"),
    DURALL,
]


def power_law(count: int, height: int, width: int, alpha: float, seed: int = 0) -> np.ndarray:
    """Gaussian noise whose expected power falls as 1/f^alpha, on a torus."""
    noise = np.random.default_rng(seed).standard_normal((count, height, width))
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    radius[0, 0] = np.inf
    return np.fft.ifft2(np.fft.fft2(noise) * radius ** (-alpha / 2)).real


def pictures(count: int, height: int = 16, width: int = 16, seed: int = 0) -> np.ndarray:
    """Random pictures with most power at low frequencies, not alike in colour or contrast."""
    random = np.random.default_rng(seed)
    fields = power_law(3 * count, height, width, 1.5, seed)
    fields = fields.reshape(count, 3, height, width).transpose(0, 2, 3, 1)
    fields *= random.uniform(2, 6, (count, 1, 1, 1))
    return (fields + random.uniform(110, 140, (count, 1, 1, 3))).clip(0, 255).astype(np.uint8)


@pytest.mark.parametrize("window", ["hann", "none"])
@pytest.mark.parametrize("size", [(32, 32), (63, 63), (64, 96), (128, 128)])
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 3.0])
def test_the_exponent_of_noise_is_recovered(alpha: float, size: tuple[int, int], window: str):
    fields = power_law(2**21 // (size[0] * size[1]), *size, alpha)
    spectrum = spectrum_of_encoding(fields, SpectrumProtocol(window=window))
    # Five cycles on: below, the window mixes a steep spectrum's frequencies.
    assert decay(spectrum, (4.5 / min(size), 0.45)) == pytest.approx(alpha, rel=0.02)


def test_white_noise_is_flat_at_its_variance_whatever_size_and_window():
    for protocol in (PLAIN, SpectrumProtocol()):
        for side in (16, 64):
            noise = 3 * np.random.default_rng(0).standard_normal((2**16 // side, side, side))
            power = spectrum_of_encoding(noise, protocol).power.mean(axis=0)
            assert power[2:] == pytest.approx(np.full(len(power) - 2, 9.0), rel=0.15)
            assert power[2:].mean() == pytest.approx(9.0, rel=0.03)


def test_parseval():
    """Rings times their members sum up to the mean square, with the mean, and without it."""
    values = pictures(5, 16, 24)
    scaled = values / 255
    for colour, channels in (
        ("channels", scaled.transpose(0, 3, 1, 2)),
        ("luminance", (scaled @ (0.299, 0.587, 0.114))[:, None]),
    ):
        for remove, expected in (
            (False, (channels**2).mean(axis=(1, 2, 3))),
            (True, channels.var(axis=(2, 3)).mean(axis=1)),
        ):
            protocol = replace(PLAIN, colour=colour, remove_mean=remove)
            spectrum = spectrum_of_pictures(values, protocol)
            total = spectrum.power @ spectrum.members / (16 * 24)
            assert total == pytest.approx(expected, rel=1e-12)
            assert spectrum.members.sum() == 16 * 24


@pytest.mark.parametrize(("ky", "kx", "ring"), [(0, 5, 5), (3, 4, 5), (8, 0, 8), (11, 11, 16)])
def test_a_wave_lands_in_its_ring(ky: int, kx: int, ring: int):
    y, x = np.mgrid[:32, :32]
    wave = np.cos(2 * np.pi * (ky * y + kx * x) / 32)
    spectrum = spectrum_of_encoding(wave[None], PLAIN)
    power = spectrum.power[0] * spectrum.members
    assert power[ring] / power.sum() == pytest.approx(1, abs=1e-12)
    assert power.sum() / 32**2 == pytest.approx(0.5)
    peaks = {tuple(place) for place in np.argwhere(spectrum.plane > -100) - 16}
    assert peaks == {(ky, kx), (-ky, -kx)}
    assert centroid(spectrum_of_encoding(np.stack((wave, wave)), PLAIN)).value == pytest.approx(
        spectrum.frequencies[ring]
    )


def test_a_window_keeps_borders_from_looking_like_high_frequencies():
    """A ramp is smooth, but its opposite borders differ."""
    ramp = np.broadcast_to(np.linspace(0, 1, 64), (2, 64, 64))
    tails = [
        share_above(spectrum_of_encoding(ramp, SpectrumProtocol(window=window))).value
        for window in ("none", "hann")
    ]
    assert tails[1] < 1e-5 < 1e-3 < tails[0]


@pytest.mark.parametrize("protocol", EVERY, ids=str)
def test_batches_do_not_matter(protocol: SpectrumProtocol, monkeypatch: pytest.MonkeyPatch):
    values = pictures(10)
    whole = spectrum_of_pictures(values, protocol)
    monkeypatch.setattr("cipslib.analysis.spectra.AT_ONCE", 3 * 16 * 16 * 3)
    streamed = spectrum_of_pictures((values[i : i + 4] for i in range(0, 10, 4)), protocol)
    for name in ("curve", "plane", "power", "logs"):
        assert getattr(streamed, name) == pytest.approx(getattr(whole, name), rel=1e-9), name


def test_what_the_curve_does_not_see():
    values = pictures(6)
    curve = spectrum_of_pictures(values, PLAIN).curve
    for name, other in {
        "cyclic shift": np.roll(values, (3, 5), axis=(1, 2)),
        "mirrored": values[:, :, ::-1],
        "quarter turn": values.transpose(0, 2, 1, 3)[:, ::-1],
        "order": values[::-1],
        "brighter": values + np.uint8(40),
    }.items():
        assert values.max() <= 215, "brighter must not overflow"
        assert spectrum_of_pictures(other, PLAIN).curve == pytest.approx(curve), name
    brighter = replace(PLAIN, remove_mean=False)
    assert spectrum_of_pictures(values + np.uint8(40), brighter).curve[0] > curve[0] + 20


def test_normalised_curves_do_not_see_contrast():
    fields = power_law(6, 16, 16, 2.0)
    for protocol in (
        SpectrumProtocol(normalise="first"),
        SpectrumProtocol(normalise="first", average="log"),
        SpectrumProtocol(normalise="dc", remove_mean=False),
    ):
        curve = spectrum_of_encoding(fields + 1, protocol).curve
        assert spectrum_of_encoding(7 * fields + 7, protocol).curve == pytest.approx(
            curve, abs=1e-4
        )
    curve = spectrum_of_encoding(fields, SpectrumProtocol()).curve
    louder = spectrum_of_encoding(10 * fields, SpectrumProtocol()).curve
    assert louder - curve == pytest.approx(np.full(len(curve), 20.0), abs=1e-4)


def test_durall_transcribed():
    """The convention of Durall's code, done literally for one picture."""
    picture = pictures(1, 16, 16)[0]
    grey = picture @ np.array([0.299, 0.587, 0.114])
    magnitude = 20 * np.log(np.abs(np.fft.fftshift(np.fft.fft2(grey))))
    y, x = np.indices((16, 16))
    radius = np.hypot(y - 7.5, x - 7.5).astype(int)
    expected = np.array([magnitude[radius == r].mean() for r in range(radius.max() + 1)])
    curve = spectrum_of_pictures(picture[None], DURALL).curve
    assert curve == pytest.approx(expected / expected[0], rel=1e-6)


def test_the_distance_has_a_closed_form_and_an_interval():
    """The same noise at half the amplitude: 6.02 dB lower everywhere."""
    fields = power_law(60, 32, 32, 1.0)
    spectra = [spectrum_of_encoding(scale * fields) for scale in (1.0, 0.5)]
    result = spectral_distance(*spectra)
    assert result.distance.value == pytest.approx(20 * np.log10(2), abs=0.02)
    assert result.distance.low < 6.02 < result.distance.high
    assert result.chance < 2
    assert result.p < 0.01
    itself = spectral_distance(spectra[0], spectra[0])
    assert itself.distance.value == 0
    assert itself.p == 1


def test_the_distance_of_one_source_is_what_chance_makes_of_it():
    """p is uniform where there is nothing to find: 30 draws, 0.05 is undercut by few."""
    p = []
    for seed in range(30):
        first, second = (
            spectrum_of_encoding(power_law(n, 16, 16, 1.0, seed=2 * seed + i))
            for i, n in enumerate((30, 50))
        )
        p.append(spectral_distance(first, second).p)
    assert sum(value < 0.05 for value in p) <= 4
    assert 0.3 < np.mean(p) < 0.7


def test_a_distance_lies_in_its_interval_and_has_less_bias_than_the_plain_one():
    """Of two sets of one source, whose distance is 0: the plain one is far from it."""
    corrected, plain = [], []
    for seed in range(10):
        first, second = (
            spectrum_of_encoding(power_law(40, 16, 16, 1.0, seed=2 * seed + i)) for i in (0, 1)
        )
        found = spectral_distance(first, second).distance
        assert found.low <= found.value <= found.high
        corrected.append(found.value)
        rings = (first.frequencies > 0) & (first.frequencies <= 0.5)
        plain.append(np.abs(first.curve - second.curve)[rings].mean())
    assert np.mean(corrected) < 0.8 * np.mean(plain)


def test_a_band_sees_what_happens_in_it_alone():
    fields = power_law(40, 32, 32, 1.0)
    spectrum = np.fft.fft2(fields)
    radius = np.hypot(np.fft.fftfreq(32)[:, None], np.fft.fftfreq(32))
    raised = np.fft.ifft2(spectrum * np.where(radius > 0.3, 2, 1)).real
    first, second = (spectrum_of_encoding(f, PLAIN) for f in (fields, raised))
    assert spectral_distance(first, second, (0.35, 0.5)).distance.value == pytest.approx(6.02, 0.01)
    assert spectral_distance(first, second, (0, 0.25)).distance.value == pytest.approx(0, abs=1e-9)


def test_white_noise_has_the_numbers_that_the_docstrings_say():
    noise = spectrum_of_encoding(np.random.default_rng(0).standard_normal((50, 64, 64)))
    mean, share = centroid(noise), share_above(noise)
    assert mean.low < mean.value < mean.high
    assert mean.value == pytest.approx(0.383, abs=0.005)
    assert share.value == pytest.approx(0.80, abs=0.02)


def test_an_untrained_table_is_higher_in_frequency_than_fourier_features():
    generator = small_generator(resolution=32, fourier_dim=16, embedding_dim=16)
    generator.grid = type(generator)(generator.config).double().grid
    encodings = positional_encodings(generator)
    fourier, embedding = (
        spectrum_of_encoding(encodings[name]) for name in ("fourier", "embedding")
    )
    assert centroid(fourier).high < 0.1 < 0.35 < centroid(embedding).low
    low, high = shared_limits(fourier, embedding)
    assert low < high
    assert low == pytest.approx(min(fourier.plane.min(), embedding.plane.min()), abs=30)


def test_a_grid_of_peaks_is_an_artefact_and_smooth_noise_is_none():
    fields = power_law(200, 32, 32, 2.0)
    y, x = np.mgrid[:32, :32]
    pattern = np.cos(np.pi * x / 1) + np.cos(np.pi * y / 2 + np.pi * x)
    clean, gridded = (
        artefacts(spectrum_of_encoding(f, PLAIN)) for f in (fields, fields + 0.5 * pattern)
    )
    assert clean.rms < 2 * clean.noise
    assert clean.strongest < 3
    assert gridded.strongest > 10
    assert gridded.rms > 2 * clean.rms


@pytest.mark.parametrize(("frequency", "beyond"), [(0.08, 0.0), (0.16, 1.0), (0.4, 1.0)])
def test_power_beyond_the_native_grid(frequency: float, beyond: float):
    """Of 64 pixels, 15 native steps: waves up to 7.5 cycles fit the native grid, others do not."""
    wave = 127 + 100 * np.sin(2 * np.pi * frequency * np.arange(64))
    picture = np.broadcast_to(wave[:, None, None], (64, 64, 3)).round().astype(np.uint8)
    assert power_beyond_native(picture[None], 4)[0] == pytest.approx(beyond, abs=0.02)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": "hamming"}, "window is 'hamming', must be one of hann, none"),
        ({"normalise": "dc"}, "normalise dc needs the mean"),
        ({"normalise": "quotient", "remove_mean": False}, "set average to log"),
    ],
)
def test_impossible_protocols_are_named(changes: dict, message: str):
    with pytest.raises(UserError, match=message):
        SpectrumProtocol(**changes)


def test_what_has_no_spectrum_is_refused():
    values = pictures(4)
    with pytest.raises(ValueError, match="no pictures"):
        spectrum_of_pictures(values[:0])
    with pytest.raises(ValueError, match="no pictures"):
        spectrum_of_pictures(iter(()))
    with pytest.raises(ValueError, match="16 x 16 and of 12 x 12"):
        spectrum_of_pictures([values, values[:, :12, :12]])
    with pytest.raises(ValueError, match="not finite"):
        spectrum_of_encoding(np.full((2, 8, 8), np.nan))
    with pytest.raises(ValueError, match="at least 4 x 4 pixels"):
        spectrum_of_pictures(values[:, :2])
    flat = np.full((2, 16, 16, 3), 77, np.uint8)
    assert np.isfinite(spectrum_of_pictures(flat).curve).all()
    with pytest.raises(UserError, match="one colour"):
        power_beyond_native(flat, 2)
    with pytest.raises(ValueError, match="no power in ring 1"):
        _ = spectrum_of_pictures(flat, SpectrumProtocol(normalise="first")).curve


def test_unlike_spectra_are_not_compared():
    values = pictures(4)
    spectrum = spectrum_of_pictures(values)
    with pytest.raises(UserError, match="two protocols cannot be compared"):
        spectral_distance(spectrum, spectrum_of_pictures(values, PLAIN))
    with pytest.raises(UserError, match="16 x 16 and of 12 x 12 px"):
        spectral_distance(spectrum, spectrum_of_pictures(values[:, :12, :12]))
    with pytest.raises(UserError, match="no ring of the spectrum"):
        spectral_distance(spectrum, spectrum, (0.9, 1.0))
    with pytest.raises(ValueError, match="at least two items"):
        spectral_distance(spectrum, spectrum_of_pictures(values[:1]))
