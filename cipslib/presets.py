"""The paper's models by name: the variants of Tab. 3, and every network at full size."""

from cipslib.networks.discriminator import DiscriminatorConfig
from cipslib.networks.generator import GeneratorConfig, Variant
from cipslib.networks.models import AnyGeneratorConfig
from cipslib.networks.stylegan2 import StyleGAN2Config
from cipslib.utils.errors import check_one_of

# fmt: off
VARIANTS = {  # the columns of Tab. 3
    #                     fourier  embedding  skips  residual  sine
    "base":       Variant(True,    True,      False, False,    False),
    "ne":         Variant(True,    False,     False, False,    False),
    "no-fourier": Variant(False,   True,      False, False,    False),
    "main":       Variant(True,    True,      True,  False,    False),
    "residual":   Variant(True,    True,      False, True,     False),
    "sine":       Variant(False,   True,      False, False,    True),
}
# fmt: on

PRESETS = (*VARIANTS, "stylegan2")
FIDELITIES = ("paper", "release")  # docs/fidelity.md

WIDTH = 512  # of every layer and of both encodings (Sec. 4.1)


def variant_name(variant: Variant) -> str:
    """Return a variant's name in VARIANTS, or what it has if the paper does not have it."""
    return next((name for name, known in VARIANTS.items() if known == variant), str(variant))


def generator_preset(name: str, fidelity: str, resolution: int) -> AnyGeneratorConfig:
    """Return a column of Tab. 3, or "stylegan2", as the paper or the released code has it.

    Raises UserError for a name or a fidelity that there is not.
    """
    check_one_of(name, PRESETS, "variant")
    check_one_of(fidelity, FIDELITIES, "fidelity")
    if name == "stylegan2":
        return StyleGAN2Config(
            resolution=resolution,
            channel_base=128 * 256,
            channel_max=WIDTH,
            style_dim=WIDTH,
            mapping_layers=8,
        )
    variant = VARIANTS[name]
    release = fidelity == "release"
    return GeneratorConfig(
        resolution=resolution,
        variant=variant,
        block_widths=_released_widths(variant, resolution) if release else 7 * (WIDTH,),
        fourier_dim=WIDTH,
        embedding_dim=WIDTH,
        style_dim=WIDTH,
        mapping_layers=8,
        fourier_bias=release,
        noise=release,
        circumference=0,
    )


def _released_widths(variant: Variant, resolution: int) -> tuple[int, ...]:
    """Return the blocks' widths: more blocks at a higher resolution, narrower from the sixth on."""
    if resolution < 4 or resolution & (resolution - 1):
        raise ValueError(f"resolution is {resolution}; the released code needs a power of two")
    blocks = resolution.bit_length() - 2  # log2(resolution) - 1
    widths = [min(WIDTH, 2 * WIDTH * 8 >> block) for block in range(blocks)]
    if variant.residual:  # its late blocks are twice as wide as those with skips
        widths[7:] = [2 * width for width in widths[7:]]
    return tuple(widths)


def discriminator_preset(resolution: int) -> DiscriminatorConfig:
    """Return StyleGAN2's residual discriminator, as in the paper and the authors' command line."""
    return DiscriminatorConfig(
        resolution=resolution,
        channel_base=128 * 256,
        channel_max=WIDTH,
        stddev_group=4,
        coordinates=False,
    )
