"""What would stop an evaluation, found before anything runs."""

from cipslib.features.extractors import EXTRACTORS, weights_file
from cipslib.networks.generator import GeneratorConfig
from cipslib.utils.errors import UserError
from replication.profile.profile import Profile
from replication.profile.run import RunConfig


def check_evaluation(profile: Profile, run: RunConfig) -> None:
    """Check all before the training, not after it. Raises UserError: the option and the way out.

    How many images there are is for ``EvaluationConfig.check_enough``, once they are there.
    """
    check_generator(profile, run)
    for option, name in networks_needed(profile, run).items():
        weights_file(name, profile.paths.weights, option)


def networks_needed(profile: Profile, run: RunConfig) -> dict[str, str]:
    """Return the networks that a run's numbers are taken with, by the option that names each."""
    options = ("extractor", "manifold_extractor", "descriptor")
    needed = {f"evaluation.{option}": getattr(profile.evaluation, option) for option in options}
    if run.training.online_eval is not None and run.imported is None:
        needed["training.online_eval.extractor"] = run.training.online_eval.extractor
    return {option: name for option, name in needed.items() if name in EXTRACTORS}


def check_generator(profile: Profile, run: RunConfig) -> None:
    """Check that the generator can draw as the evaluation asks. Raises as above."""
    evaluation = profile.evaluation
    generator = run.generator
    if not isinstance(generator, GeneratorConfig):
        return
    if evaluation.noise and not generator.noise:
        raise UserError(
            f"evaluation.noise is true, and the generator of {run.name} has no noise input: set it "
            "to false, or cips.noise to true"
        )
    if evaluation.interpolation == "shifted" and generator.circumference:
        raise UserError(
            "evaluation.interpolation is shifted, which is of the plane, and the generator of "
            f"{run.name} is a cylinder (circumference {generator.circumference}): "
            "set interpolation to bilinear"
        )
