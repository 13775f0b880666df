"""What the numbers of the evidence are, in words for a reader of the paper."""

MEASURES = {
    "frechet": "distance to real pictures",
    "precision": "precision",
    "recall": "recall",
    "encoding_centroid": "mean frequency in cycles/px",
    "encoding_share_above": "share of the power above 0.25 cycles/px",
    "spatial_structure": "large-scale structure, as a share of the variance",
    "mean_image_p": "probability that chance explains the mean picture as well",
    "high_frequency_energy": "share of the power above 0.25 cycles/px",
    "spectral_roughness": "roughness of the mean spectrum",
    "spectral_distance": "distance to the spectrum of real pictures",
    "spectral_distance_tail": "distance to the spectrum of real pictures above 0.25 cycles/px",
    "jumps": "largest step over largest double step",
    "specialisation": "lead in moving colour rather than structure",
    "error ratio": "squared error with more pixels over that with fewer",
    "energy_beyond_native": "share of the power beyond the native frequencies",
    "seam": "step across the seam over the steps beside it",
    "closer": "probability of being closer to the training set than held-out pictures",
    "copies_p": "p of the test for copies",
}
KINDS = {
    "generated": "",
    "real": "real pictures",
    "embedding": "coordinate embeddings",
    "fourier": "Fourier features",
    "without_embedding": "embeddings zeroed",
    "without_fourier": "Fourier features zeroed",
    "w": "between styles w",
    "groups": "late over early layers",
    "control": "control: all layers, two thirds over one third of the way",
}


def label(measure: str, kind: str) -> str:
    """The measure, and of what, unless it is of generated pictures."""
    said = MEASURES.get(measure, measure.replace("_", " "))
    of = KINDS.get(kind, kind.replace("_", " "))
    return f"{said} ({of})" if of else said
