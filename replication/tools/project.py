"""`cips project`: the w whose image is nearest to a given one."""

from pathlib import Path

from cipslib.networks.files import save_tensors
from cipslib.networks.hub import from_pretrained
from cipslib.sampling.projection import project
from cipslib.sampling.synthesis import image_size, save_image
from cipslib.utils.environment import choose_device
from cipslib.utils.errors import UserError
from replication.datasets.decode import read_image


def project_file(
    checkpoint: str, image: Path, out: Path, device: str, steps: int, seed: int
) -> str:
    """Write style.safetensors (its w), projected.png and target.png below ``out``."""
    generator = from_pretrained(checkpoint, choose_device(device))
    height, width = image_size(generator)
    if height != width:
        raise UserError(f"{checkpoint} draws {height} x {width} pixels: no image is cut to that")
    target = read_image(image, generator.config.resolution)
    found = project(generator, target, steps, seed, progress=True)
    save_tensors(out / "style.safetensors", {"w": found.w}, {"kind": "style"})
    about = {
        "generator": checkpoint,
        "target": str(image),
        "steps": str(steps),
        "seed": str(seed),
        "psnr": f"{found.psnr:.2f} dB",
    }
    save_image(out / "target.png", target, {"source": str(image)})
    save_image(out / "projected.png", found.image, about)
    return f"{out}: PSNR {found.psnr:.1f} dB"
