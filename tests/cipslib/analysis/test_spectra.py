"""Spectra: closed forms, invariances, distances with their chance, what is refused."""

import numpy as np
import pytest
from conftest import refused

from cipslib.analysis.spectra import (
    Spectrum,
    centroid,
    encoding_spectrum,
    energy_beyond_native,
    joined,
    power_spectrum,
    roughness_interval,
    share_above,
    spectral_distance,
    spectral_roughness,
)


def power_law(count: int, height: int, width: int, alpha: float, seed: int = 0) -> np.ndarray:
    """Gaussian noise whose expected power falls as 1/f^alpha, on a torus."""
    noise = np.random.default_rng(seed).standard_normal((count, height, width))
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width))
    radius[0, 0] = np.inf
    return np.fft.ifft2(np.fft.fft2(noise) * radius ** (-alpha / 2)).real


def images(count: int, height: int = 16, width: int = 16, seed: int = 0) -> np.ndarray:
    """Random images with most power at low frequencies, not alike in colour or contrast."""
    random = np.random.default_rng(seed)
    fields = power_law(3 * count, height, width, 1.5, seed)
    fields = fields.reshape(count, 3, height, width).transpose(0, 2, 3, 1)
    fields *= random.uniform(2, 6, (count, 1, 1, 1))
    return (fields + random.uniform(110, 140, (count, 1, 1, 3))).clip(0, 255).astype(np.uint8)


def smooth(count: int, size: int, blur: int, seed: int = 0) -> np.ndarray:
    """Noise, averaged over ``blur`` pixels."""
    values = np.random.default_rng(seed).uniform(0, 255, (count, size, size, 3))
    return sum(np.roll(values, i, axis=(1, 2)) / blur for i in range(blur)).astype(np.uint8)


def two_of_one_source(seed: int, counts: tuple[int, int]) -> list[Spectrum]:
    fields = (power_law(count, 16, 16, 1.0, 2 * seed + i) for i, count in enumerate(counts))
    return [*map(encoding_spectrum, fields)]


@pytest.mark.parametrize("side", [16, 64])
def test_white_noise_is_flat_at_its_variance_whatever_the_size(side: int):
    noise = 3 * np.random.default_rng(0).standard_normal((2**16 // side, side, side))
    power = encoding_spectrum(noise).values.mean(axis=0)
    assert power[2:] == pytest.approx(np.full(len(power) - 2, 9.0), rel=0.15)
    assert power[2:].mean() == pytest.approx(9.0, rel=0.03)


def test_parseval():
    """Rings times their members sum up to the mean square of the windowed luminance."""
    values = images(5, 16, 24)
    luminance = values / 255 @ (0.299, 0.587, 0.114)
    window = np.outer(*(np.sin(np.pi * np.arange(n) / n) ** 2 for n in (16, 24)))
    centred = luminance - luminance.mean(axis=(1, 2), keepdims=True)
    expected = ((centred * window) ** 2).mean(axis=(1, 2)) / (window**2).mean()
    spectrum = power_spectrum(values)
    assert spectrum.members.sum() == 16 * 24
    assert spectrum.values @ spectrum.members / (16 * 24) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("ky", "kx", "ring"), [(0, 5, 5), (3, 4, 5), (8, 0, 8), (11, 11, 16)])
def test_a_wave_lands_in_its_ring(ky: int, kx: int, ring: int):
    """A window spreads a wave over the eight frequencies around it, of which its own has most."""
    y, x = np.mgrid[:32, :32]
    wave = np.cos(2 * np.pi * (ky * y + kx * x) / 32)
    spectrum = encoding_spectrum(np.stack((wave, wave)))
    power = spectrum.values[0] * spectrum.members
    assert power[ring - 2 : ring + 3].sum() == pytest.approx(power.sum())
    peaks = {tuple(place) for place in np.argwhere(spectrum.plane > spectrum.plane.max() - 0.1)}
    assert peaks == {(16 + ky, 16 + kx), (16 - ky, 16 - kx)}
    assert centroid(spectrum).value == pytest.approx(spectrum.frequencies[ring], rel=0.05)


def test_a_window_keeps_borders_from_looking_like_high_frequencies():
    """A ramp is smooth, but its opposite borders differ."""
    ramp = np.broadcast_to(np.linspace(0, 1, 64), (2, 64, 64))
    assert share_above(encoding_spectrum(ramp)).value < 1e-5


def test_chunks_and_parts_do_not_matter(monkeypatch: pytest.MonkeyPatch):
    values = images(10)
    whole = power_spectrum(values)
    monkeypatch.setattr("cipslib.analysis.spectra.CHUNK_VALUES", 3 * 16 * 16 * 3)
    in_chunks = power_spectrum(values)
    parts = joined([power_spectrum(part) for part in (values[:3], values[3:4], values[4:])])
    for name in ("curve", "plane", "values"):
        for other in (in_chunks, parts):
            assert getattr(other, name) == pytest.approx(getattr(whole, name), rel=1e-9), name


def test_the_distance_has_a_closed_form_and_an_interval():
    """The same noise at half the amplitude: 6.02 dB lower everywhere."""
    fields = power_law(60, 32, 32, 1.0)
    spectra = [encoding_spectrum(scale * fields) for scale in (1.0, 0.5)]
    found = spectral_distance(*spectra)
    assert found.value == pytest.approx(20 * np.log10(2), abs=0.02)
    assert found.low < 6.02 < found.high
    assert spectral_distance(spectra[0], spectra[0]).value == 0


def test_a_distance_lies_in_its_interval_and_has_less_bias_than_the_plain_one():
    """Of two sets of one source, whose distance is 0: the plain one is far from it."""
    corrected, plain = [], []
    for seed in range(10):
        first, second = two_of_one_source(seed, (40, 40))
        found = spectral_distance(first, second)
        assert found.low <= found.value <= found.high
        corrected.append(found.value)
        rings = (first.frequencies > 0) & (first.frequencies <= 0.5)
        plain.append(np.abs(first.curve - second.curve)[rings].mean())
    assert np.mean(corrected) < 0.8 * np.mean(plain)


def test_a_band_sees_what_happens_in_it_alone():
    fields = power_law(40, 32, 32, 1.0)
    radius = np.hypot(np.fft.fftfreq(32)[:, None], np.fft.fftfreq(32))
    raised = np.fft.ifft2(np.fft.fft2(fields) * np.where(radius > 0.3, 2, 1)).real
    first, second = map(encoding_spectrum, (fields, raised))
    assert spectral_distance(first, second, (0.36, 0.5)).value == pytest.approx(6.02, 0.02)
    assert spectral_distance(first, second, (0, 0.2)).value == pytest.approx(0, abs=1e-3)


def test_a_curves_interval_covers_that_of_other_images():
    low, high = power_spectrum(smooth(100, 16, 2)).curve_interval()
    others = [power_spectrum(smooth(100, 16, 2, seed)).curve for seed in range(1, 31)]
    # Both move: the difference of two means is sqrt(2) times as wide as one's interval.
    within = [((low <= curve) & (curve <= high)).mean() for curve in others]
    assert 0.7 < np.mean(within) < 0.95


def test_a_grid_of_peaks_is_rough_and_smooth_noise_is_not():
    fields = power_law(200, 32, 32, 2.0)
    y, x = np.mgrid[:32, :32]
    pattern = np.cos(np.pi * x / 1) + np.cos(np.pi * y / 2 + np.pi * x)
    both = map(encoding_spectrum, (fields, fields + 0.5 * pattern))
    clean, gridded = map(spectral_roughness, both)
    # The logarithm of an exponentially distributed power spreads by pi / sqrt(6).
    noise = 10 / np.log(10) * np.pi / np.sqrt(6 * len(fields))
    assert clean < 2 * noise
    assert gridded > 2 * clean


def test_the_roughness_interval_covers_that_of_other_images():
    def parts(seed: int) -> list[Spectrum]:
        return [power_spectrum(some) for some in np.split(smooth(400, 32, 2, seed), 10)]

    found = roughness_interval(parts(0))
    others = [roughness_interval(parts(seed)).value for seed in range(1, 11)]
    # Both move: the difference of two is sqrt(2) times as wide as one's interval.
    assert sum(found.low <= other <= found.high for other in others) >= 5
    refused("two parts", roughness_interval, parts(0)[:1], error=ValueError)


@pytest.mark.parametrize(("frequency", "beyond"), [(0.08, 0.0), (0.16, 1.0), (0.4, 1.0)])
def test_power_beyond_the_native_grid(frequency: float, beyond: float):
    """Of 64 pixels, 15 native steps: waves up to 7.5 cycles fit the native grid, others do not."""
    wave = 127 + 100 * np.sin(2 * np.pi * frequency * np.arange(64))
    image = np.broadcast_to(wave[:, None, None], (64, 64, 3)).round().astype(np.uint8)
    found = energy_beyond_native(np.stack((image, image)), 4)
    assert (found.low, found.value, found.high) == pytest.approx((beyond,) * 3, abs=0.02)


def test_what_has_no_spectrum_is_refused():
    values = images(4)
    refused("no images", power_spectrum, values[:0], error=ValueError)
    refused("not finite", encoding_spectrum, np.full((2, 8, 8), np.nan), error=ValueError)
    refused("at least 4 x 4 pixels", power_spectrum, values[:, :2], error=ValueError)
    flat = np.full((2, 16, 16, 3), 77, np.uint8)
    assert np.isfinite(power_spectrum(flat).curve).all()
    refused("one colour", energy_beyond_native, flat, 2)


def test_unlike_spectra_are_not_compared():
    values = images(4)
    spectrum, smaller = power_spectrum(values), power_spectrum(values[:, :12, :12])
    refused("16 x 16 and of 12 x 12 px", spectral_distance, spectrum, smaller)
    refused("16 x 16 and of 12 x 12 px", joined, (spectrum, smaller))
    refused("no ring of the spectrum", spectral_distance, spectrum, spectrum, (0.9, 1.0))
    one = power_spectrum(values[:1])
    refused("at least two items", spectral_distance, spectrum, one, error=ValueError)
