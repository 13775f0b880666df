"""Claims about trained generators: quality, ablations, spectra, and what can be done with them."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

from replication.claims.claim import COMPARISON, LENGTHS, OWN_SIZE, TRAINED, Claim
from replication.claims.evidence import Key
from replication.claims.rules import (
    FirstComparable,
    Part,
    Printed,
    at_most,
    between,
    more,
    not_by_chance,
    not_copies,
    printed,
)

# Data set in the paper -> the stem of its runs here, and the card of the data themselves.
DATASETS = {
    "FFHQ": ("faces", "ffhq"),
    "LSUN Churches": ("churches", "lsun-churches"),
    "Landscapes": ("landscapes", "landscapes"),
    "Satellite-Buildings": ("satellite-buildings", "satellite-buildings"),
    "Satellite-Landscapes": ("satellite-landscapes", "satellite-landscapes"),
}
NAMES = {"cips": "CIPS", "stylegan2": "StyleGAN2"}
# The same model of the same data, trained for less: it compares with others that were, too.
SHORTER = {"faces-cips": "ablation-main"}
STYLEGAN2_AHEAD = "StyleGANv2 achieving lower (better) FID score on FFHQ and Landscapes"
CIPS_AHEAD = "CIPS generator achieving lower score on LSUN Churches and both Satellite datasets"
PACE = 0.75  # largest step over largest double step: 0.5 is even motion, 1 a jump
SEAM = (0.8, 1.25)  # step across a seam over the steps beside it
STRUCTURE = 0.05  # of spatial structure, a share of variance: one training shows no spread
COPIES = 0.6  # probability of being closer to the training set than held-out pictures: 0.5 alike


def twin_of(run: str, lengths: Mapping[str, int | None]) -> str | None:
    """The shorter twin by which claims on ``run`` are judged; None if there is none or no need.

    ``lengths``: of every run that there is, the images that it is trained on.
    """
    twin = SHORTER.get(run, "")
    if run not in lengths or twin not in lengths or lengths[run] == lengths[twin]:
        return None
    return twin


def twin_note(run: str) -> str:
    """What is to be said of the shorter twin of ``run``."""
    return (
        f"The model and the data of {run}, trained on fewer images: claims compare it with runs "
        "that were trained on as many."
    )


def distance(run: str) -> Key:
    return Key(f"{run}/metrics", "frechet", says="distance to real pictures")


def as_long(compare: Callable[[str, str], Part], first: str, second: str) -> Part | FirstComparable:
    """Of these runs or, where they were not trained as long, of the shorter twin of one."""
    twins = SHORTER.get(first, first), SHORTER.get(second, second)
    if twins == (first, second):
        return compare(first, second)
    return FirstComparable((compare(first, second), compare(*twins)))


def worse(first: str, second: str) -> Part | FirstComparable:
    """The run with the greater distance comes first."""
    return as_long(lambda a, b: more(distance(a), distance(b)), first, second)


def trained_claims(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    """``paper``: results/paper.yaml."""
    return (
        *_against_stylegan2(paper),
        *_values(paper),
        *_quality(),
        *_ablations(),
        *_encodings(),
        *_spectra(),
        *_synthesis(),
        *_patches(),
    )


def _against_stylegan2(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    claims = []
    for dataset, row in paper["table-1"]["rows"].items():
        stem, _ = DATASETS[dataset]
        models = sorted(("cips", "stylegan2"), key=row.__getitem__)
        best, other = (f"{stem}-{model}" for model in models)
        claims.append(
            Claim(
                f"{stem}-against-stylegan2",
                f"On {dataset} {NAMES[models[0]]} has the smaller distance to real pictures.",
                CIPS_AHEAD if models[0] == "cips" else STYLEGAN2_AHEAD,
                "4.2",
                ("Tab. 1",),
                "03-quality",
                COMPARISON,
                (worse(other, best),),
            )
        )
    return tuple(claims)


def _values(paper: Mapping[str, Any]) -> tuple[Claim, ...]:
    table = paper["table-1"]
    size = table["protocol"]["resolution"]
    return tuple(
        Claim(
            f"{stem}-fid",
            f"The FID of CIPS on {dataset} is the {table['rows'][dataset]['cips']} of Tab. 1.",
            "FID on multiple datasets at resolution of 256",
            "4.2",
            ("Tab. 1",),
            "03-quality",
            OWN_SIZE,
            (
                printed(
                    distance(f"{stem}-cips"),
                    Printed(table["rows"][dataset]["cips"], card, size, "FID-50k"),
                ),
            ),
        )
        for dataset, (stem, card) in DATASETS.items()
    )


def _quality() -> tuple[Claim, ...]:
    def ahead(measure: str) -> Callable[[str, str], Part]:
        return lambda a, b: more(Key(f"{a}/metrics", measure), Key(f"{b}/metrics", measure))

    return (
        Claim(
            "precision-up-recall-down",
            "On faces CIPS has the higher precision and the lower recall.",
            "better in terms of precision (corresponds to plausibility of images) and worse in "
            "recall",
            "4.2",
            ("Tab. 2",),
            "03-quality",
            COMPARISON,
            (
                as_long(ahead("precision"), "faces-cips", "faces-stylegan2"),
                as_long(ahead("recall"), "faces-stylegan2", "faces-cips"),
            ),
        ),
        Claim(
            "longer-training",
            "Longer training is better than the ablations' budget.",
            "we trained this model for more time and with larger batch size",
            "4.2",
            ("Tab. 1", "Tab. 3"),
            "04-ablations",
            LENGTHS,
            (more(distance("ablation-main"), distance("faces-cips"), any_length=True),),
        ),
    )


def _ablations() -> tuple[Claim, ...]:
    others = ("base", "nofourier", "main", "residual", "sine")
    shared = ("4.3", ("Tab. 3",), "04-ablations", COMPARISON)
    return (
        Claim(
            "embeddings-matter-most",
            "Without coordinate embeddings the distance is the greatest of all six.",
            "The removal of coordinate embeddings most severely worsens the FID value",
            *shared,
            tuple(worse("ablation-ne", f"ablation-{other}") for other in others),
        ),
        Claim(
            "both-encodings",
            "Both encodings together are better than either alone.",
            "simultaneous usage of Fourier features and coordinate embeddings is necessary",
            *shared,
            (
                worse("ablation-ne", "ablation-base"),
                worse("ablation-nofourier", "ablation-base"),
            ),
        ),
        Claim(
            "skips-help",
            "Residual blocks and skip connections are both better than neither.",
            "both residual connections and cumulative skip connections (default configuration)",
            *shared,
            (
                worse("ablation-base", "ablation-main"),
                worse("ablation-base", "ablation-residual"),
            ),
        ),
        Claim(
            "sine-hurts",
            "Sine throughout, without Fourier features, is worse than base, as in Tab. 3.",
            "replace LeakyReLU activation with sine function in all layers",
            *shared,
            (worse("ablation-sine", "ablation-base"),),
        ),
    )


def _encodings() -> tuple[Claim, ...]:
    base = "ablation-base/spectra"
    energy = "high_frequency_energy"

    def structure(run: str) -> Key:
        return Key(f"{run}/spectra", "spatial_structure", "embedding")

    return (
        Claim(
            "encoding-frequencies",
            "Coordinate embeddings are higher in frequency than Fourier features, as they are "
            "before training, too.",
            "The output of coordinate embeddings clearly has more higher frequencies.",
            "4.4",
            ("Fig. 4",),
            "05-positional-encoding",
            TRAINED,
            tuple(
                more(Key(base, measure, "embedding"), Key(base, measure, "fourier"))
                for measure in ("encoding_centroid", "encoding_share_above")
            ),
        ),
        Claim(
            "aligned-data",
            "Embeddings trained on aligned faces have more spatial structure than others.",
            "there is considerably less spatial structural information in the learned embeddings",
            "App. B",
            ("Fig. 5", "Fig. 14"),
            "05-positional-encoding",
            TRAINED,
            tuple(
                as_long(
                    lambda a, b: more(structure(a), structure(b), STRUCTURE),
                    "faces-cips",
                    f"{other}-cips",
                )
                for other in ("landscapes", "churches")
            ),
        ),
        Claim(
            "average-face",
            "Principal components of the embeddings explain the data's mean picture beyond chance.",
            "Coordinate embeddings contain not just more fine-grained details, but also key points",
            "4.4",
            ("Fig. 5",),
            "05-positional-encoding",
            TRAINED,
            (not_by_chance(Key(base, "mean_image_p", "embedding")),),
        ),
        Claim(
            "zeroed-encodings",
            "Without embeddings fine detail is gone; without Fourier features only it is left.",
            "coordinate embeddings that are the key to high-frequency details",
            "4.4",
            ("Fig. 6",),
            "05-positional-encoding",
            TRAINED,
            (
                more(Key(base, energy), Key(base, energy, "without_embedding")),
                more(Key(base, energy, "without_fourier"), Key(base, energy)),
            ),
        ),
    )


def _spectra() -> tuple[Claim, ...]:
    def of(run: str, measure: str, kind: str = "generated") -> Key:
        return Key(f"{run}/spectra", measure, kind)

    shared = ("4.5", ("Fig. 7",), "06-spectra", COMPARISON)
    whole, tail, rough = "spectral_distance", "spectral_distance_tail", "spectral_roughness"
    return (
        Claim(
            "stylegan2-artifacts",
            "StyleGAN2's mean spectrum is rougher than that of real pictures and of CIPS.",
            "The spectrum of StyleGANv2 has artifacts in high-frequency regions",
            *shared,
            tuple(
                more(of("faces-stylegan2", rough), other)
                for other in (
                    of("faces-stylegan2", rough, "real"),
                    of("ablation-base", rough),
                    of("ablation-ne", rough),
                )
            ),
        ),
        Claim(
            "ne-closest",
            "Without embeddings the spectrum is the nearest to that of real pictures.",
            "We demonstrate that CIPS-NE is most similar to real images.",
            *shared,
            tuple(
                more(of(other, whole), of("ablation-ne", whole))
                for other in ("ablation-base", "faces-stylegan2")
            ),
        ),
        Claim(
            "tail",
            "Coordinate embeddings make the tail of the spectrum less natural.",
            "adding the coordinate embeddings degrades a realistic spectrum",
            *shared,
            (more(of("ablation-base", tail), of("ablation-ne", tail)),),
        ),
        Claim(
            "skips-and-spectra",
            "Skip connections make the spectrum less natural.",
            "skip connections in fact makes the spectra less similar to those of natural images",
            *shared,
            (more(of("ablation-main", whole), of("ablation-base", whole)),),
        ),
    )


def _synthesis() -> tuple[Claim, ...]:
    latents, resampling = "faces-cips/latents", "faces-cips/resampling"
    panorama = "landscapes-panorama/panorama"

    def half_way(kind: str) -> Key:
        return Key(panorama, "half_way_contrast", kind, f"contrast half way, {kind}")

    def parts_meet(kind: str) -> Key:
        return Key(panorama, "part_edge", kind, f"step where the parts meet, {kind}")

    shares = ("5 %", "10 %", "25 %", "50 %")  # of the pixels
    return (
        Claim(
            "interpolation",
            "Pictures between two styles change without a jump.",
            "the change between the extreme images occurs smoothly",
            "4.6",
            ("Fig. 10",),
            "07-interpolation-and-mixing",
            TRAINED,
            (at_most(Key(latents, "jumps", "w"), PACE),),
        ),
        Claim(
            "layer-groups",
            "Layer groups differ in what they move: late ones, against early ones, more in colour.",
            "different layers of CIPS control different aspects of images",
            "App. D",
            ("Fig. 19",),
            "07-interpolation-and-mixing",
            TRAINED,
            (
                more(
                    Key(latents, "specialisation", "groups"),
                    Key(latents, "specialisation", "control"),
                ),
            ),
        ),
        Claim(
            "foveation-error",
            "The error of a foveated picture falls with the share of pixels that is drawn.",
            "color for missing pixels of the image is filled using interpolation",
            "4.7",
            ("Fig. 8",),
            "08-foveated-and-superresolution",
            TRAINED,
            tuple(
                at_most(Key(resampling, "error ratio", f"{greater} over {fewer}"), 1.0)
                for fewer, greater in pairwise(shares)
            ),
        ),
        Claim(
            "gaze",
            "Near the gaze a foveated picture errs less than one whose samples are spread evenly.",
            "more dense in the area, where the gaze is assumed to be directed to",
            "4.7",
            ("Fig. 8",),
            "08-foveated-and-superresolution",
            TRAINED,
            tuple(
                at_most(
                    Key(
                        resampling,
                        "gaze error ratio",
                        share,
                        f"squared error near the gaze over that of evenly spread samples, {share}",
                    ),
                    1.0,
                )
                for share in ("5 %", "25 %", "50 %")
            ),
        ),
        Claim(
            "dense-grid",
            "A dense grid holds more beyond the native frequencies than Lanczos, plausible or not.",
            "more plausible details are obtained with denser synthesis than with Lanczos filter",
            "4.7",
            ("Fig. 9",),
            "08-foveated-and-superresolution",
            TRAINED,
            (
                more(
                    Key(resampling, "energy_beyond_native", "dense grid"),
                    Key(resampling, "energy_beyond_native", "Lanczos"),
                ),
            ),
        ),
        Claim(
            "dense-grid-sharpness",
            "A dense grid is sharper than Lanczos: more of its power is in high frequencies.",
            "Note the sharpness/plausibility of the eyelid and the more proper shape of the pupil.",
            "4.7",
            ("Fig. 9",),
            "08-foveated-and-superresolution",
            TRAINED,
            (
                more(
                    Key(resampling, "high_frequency_energy", "dense grid"),
                    Key(resampling, "high_frequency_energy", "Lanczos"),
                ),
            ),
        ),
        Claim(
            "panorama-seam",
            "A trained panorama has no seam where it is cut.",
            "examples of panorama samples obtained with the resulting model",
            "4.8",
            ("Fig. 11", "Fig. 17"),
            "09-panoramas",
            TRAINED,
            (between(Key(panorama, "seam", "generated"), *SEAM),),
        ),
        Claim(
            "panorama-blend",
            "A blend of panoramas is sharper than a cross-fade, with less of an edge than a paste.",
            "contains elements from both original panoramas: land and water integrated naturally",
            "4.8",
            ("Fig. 11",),
            "09-panoramas",
            TRAINED,
            (
                more(half_way("blend"), half_way("cross-fade")),
                more(parts_meet("pasted"), parts_meet("blend")),
            ),
        ),
        *_artifacts(),
        Claim(
            "no-copies",
            "Generated faces are not copies of training pictures.",
            "clearly not duplicates of the training images",
            "App. E",
            ("Fig. 18",),
            "12-nearest-neighbours",
            TRAINED,
            (
                not_copies(
                    Key("faces-cips/neighbours", "closer"),
                    Key("faces-cips/neighbours", "copies_p"),
                    COPIES,
                ),
            ),
        ),
    )


def _artifacts() -> tuple[Claim, ...]:
    def frequent(run: str, rule: str) -> Part:
        where, says = f"{run}/artifacts", f"share with {rule.replace('_', ' ')}"
        return more(
            Key(where, rule, "generated", says), Key(where, rule, "real", f"{says} (real pictures)")
        )

    shared = ("4.9", ("Fig. 12",), "11-artifacts", TRAINED)
    return (
        Claim(
            "artifacts",
            "On faces periodic texture is more frequent in pictures of CIPS than in real ones.",
            "typical artifacts that keep recurring in the results of CIPS generators",
            *shared,
            (frequent("faces-cips", "periodic_texture"),),
        ),
        Claim(
            "artifacts-churches",
            "On churches periodic texture is more frequent in pictures of CIPS than in real ones.",
            "the wavy texture (in hair) and repeated lines pattern (in buildings)",
            *shared,
            (frequent("churches-cips", "periodic_texture"),),
        ),
        Claim(
            "glowing-blobs",
            "On faces glowing blobs are more frequent in pictures of CIPS than in real ones.",
            "wavy textures on hair, background, and glowing blobs",
            *shared,
            (frequent("faces-cips", "glowing_blobs"),),
        ),
        Claim(
            "foreign-patches",
            "Parts out of the domain are more frequent in pictures of CIPS than in real ones.",
            "being inconsistent with the rest and out of the domain",
            *shared,
            tuple(frequent(f"{stem}-cips", "foreign_patches") for stem in ("faces", "churches")),
        ),
    )


def _patches() -> tuple[Claim, ...]:
    return tuple(
        Claim(
            f"{stem}-patches",
            f"On {dataset} smaller patches in training make worse pictures.",
            "training with smaller size of patches degrades the overall quality",
            "App. C",
            ("Tab. 5", "Fig. 15"),
            "10-patches",
            COMPARISON,
            (
                worse(f"{stem}-patch128", f"{stem}-cips"),
                worse(f"{stem}-patch64", f"{stem}-patch128"),
            ),
        )
        for dataset, stem in (("FFHQ", "faces"), ("LSUN Churches", "churches"))
    )
