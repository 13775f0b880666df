"""The live page: it draws what torch draws, in each panel, with WebGL2 and without."""

import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import refused, small_generator, small_stylegan2

from cipslib.networks.coordinates import Window
from cipslib.networks.generator import Generator
from cipslib.sampling.browser import pack_for_browser
from replication.report import build

SIZES = {"block_widths": (8, 12), "fourier_dim": 8, "embedding_dim": 4}
CIRCUMFERENCE = 9
SQUARE = {"left": -0.5, "top": -0.4, "right": 0.7, "bottom": 0.9}
PIXELS = """(() => {
  const target = document.createElement("canvas");
  Object.assign(target, {width: 7, height: 5});
  const context = target.getContext("2d");
  const drawn = new CIPS.%s(network).draw({
    styles, width: 7, height: 5, window: [-0.5, -0.4, 0.7, 0.9], mask});
  if (drawn instanceof ImageData) context.putImageData(drawn, 0, 0);
  else context.drawImage(drawn, 0, 0);
  return [...context.getImageData(0, 0, 7, 5).data];
})()"""
SHOWN = """document.body.innerText +
  [...document.querySelectorAll("canvas, img")].map((one) => one.src || one.toDataURL())"""


def page_of(folder: Path, **packed: object) -> Path:
    shutil.copytree(build.THEME / "live", folder, dirs_exist_ok=True)
    content = {"missing": {}, "about": "Tested.", **packed}
    (folder / "live" / "packed.js").write_text(f"Object.assign(CIPS.packed, {json.dumps(content)})")
    return folder / "live.html"


def colours(generator: Generator, w: torch.Tensor, blend: float) -> np.ndarray:
    window = Window(5, 7, **SQUARE, cylinder=generator.config.circumference > 0)
    with torch.inference_mode():
        style = (1 - blend) * w[0] + blend * w[1]
        pixels = generator.synthesis(style[None, None, None].expand(-1, -1, 35, -1), window[:])
    return (pixels[0].numpy() / 2 + 0.5).clip(0, 1)


@pytest.mark.parametrize("way", ["Plain", "Shader"])
@pytest.mark.parametrize("variant", "main base ne no-fourier sine cylinder float16".split())
def test_it_draws_what_torch_draws(browser, tmp_path: Path, variant: str, way: str):
    around = CIRCUMFERENCE if variant == "cylinder" else 0
    name = "main" if variant in ("cylinder", "float16") else variant
    generator = small_generator(name, circumference=around, **SIZES)
    packed = pack_for_browser(generator, 16 if variant == "float16" else 32)
    browser.open(page_of(tmp_path, main=packed))
    z = torch.randn(2, generator.config.style_dim, dtype=torch.float64)
    w = generator.mapping(z).detach()
    browser.run(f"var network = new CIPS.Network(CIPS.packed.main), z = {z.tolist()}; 0")
    browser.run("var ws = z.map((one) => network.map(Float32Array.from(one))); 0")
    limit = 0.5 / 255 + (1e-2 if variant == "float16" else 1e-3)  # a byte rounds by half
    for blend in (0, 1):
        browser.run(
            f"var styles = network.modulate(ws[0], ws[1]), mask = {{width: 1, height: 1, "
            f"values: new Uint8Array([{255 * blend}])}}; 0"
        )
        drawn = np.array(browser.run(PIXELS % way)).reshape(35, 4)[:, :3] / 255
        assert np.abs(drawn - colours(generator, w, blend)).max() < limit


def test_what_it_cannot_draw_is_refused():
    refused("no StyleGAN2", pack_for_browser, small_stylegan2())
    refused("without residual", pack_for_browser, small_generator("residual", **SIZES))
    odd = small_generator(**SIZES | {"embedding_dim": 3})
    refused("multiples of 4", pack_for_browser, odd)


@pytest.mark.parametrize(("webgl", "width"), [(True, 1400), (False, 390)])
def test_every_panel_answers(browser, tmp_path: Path, webgl: bool, width: int):
    main = pack_for_browser(small_generator(**SIZES))
    round_ = pack_for_browser(small_generator(circumference=CIRCUMFERENCE, **SIZES))
    row = '{"images_seen": %d, "loss/generator": %d, "loss/discriminator": 1}\n'
    log = row % (8, 8) + row % (16, 16)
    training = {"log": log, "grids": {"0": "A", "16": "B"}}
    page = page_of(tmp_path, main=main, panorama=round_, training=training)
    if not webgl:
        stage = page.parent / "live" / "stage.js"
        stage.write_text(
            "CIPS.Shader = class { constructor() { throw Error('none') } };\n"
            + stage.read_text().replace('"use strict";', "")
        )
    browser.open(page, width=width)
    assert browser.run("document.body.dataset.renderer") == ("WebGL2" if webgl else "JavaScript")
    assert browser.run("document.documentElement.scrollWidth <= innerWidth")
    assert browser.run("document.querySelectorAll('section').length") == 7
    assert browser.run("document.querySelectorAll('.missing').length") == 0
    sliders = [f"document.querySelectorAll('section input')[{n}]" for n in range(10)]
    for one in sliders:
        act = f"{one}.value = +{one}.value > +{one}.min ? {one}.min : {one}.max; "
        act += f"{one}.checked = false; "
        act += f"for (const on of ['input', 'change']) {one}.dispatchEvent(new Event(on))"
        name = browser.run(f"{one}.parentElement.innerText")
        # A brush's size is seen when it paints.
        assert answers(browser, lambda act=act: browser.run(act)) or "brush" in name, name
    for number in range(browser.run("document.querySelectorAll('canvas[tabindex]').length")):
        browser.run(f"document.querySelectorAll('canvas[tabindex]')[{number}].focus()")
        assert answers(browser, lambda: browser.press("ArrowRight")), number


def answers(browser, act: Callable[[], object]) -> bool:
    """Tell whether anything that the page shows is another after an act."""
    before = browser.run(SHOWN)
    act()
    for _ in range(20):
        if browser.run(SHOWN) != before:
            return True
        time.sleep(0.1)
    return False


def test_without_weights_or_scripts_it_says_so(browser, tmp_path: Path):
    page = page_of(tmp_path, missing={"main": "the profile cats has no such run."})
    browser.open(page)
    assert "the profile cats has no such run" in browser.run("document.body.innerText")
    browser.open(page, scripts=False)
    assert browser.run("document.querySelector('noscript').innerText.includes('JavaScript off')")
    browser.open(page)
