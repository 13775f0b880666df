"""What would stop an evaluation, found before anything runs."""

from cipslib.features.extractors import EXTRACTORS, weights_file
from cipslib.networks.generator import GeneratorConfig
from cipslib.utils.errors import UserError
from replication.profile.profile import Profile
from replication.profile.run import RunConfig

NETWORK_OPTIONS = ("extractor", "manifold_extractor", "descriptor")  # of evaluation


def check_evaluation(profile: Profile, run: RunConfig) -> None:
    """Check all before the training, not after it. Raises UserError: the option and the way out.

    For weights the message has the file, its folder and the command that fetches it. How many
    images there are is for ``EvaluationConfig.check_enough``, once they are there.
    """
    check_generator(profile, run)
    for option in NETWORK_OPTIONS:
        check_weights(profile, option)
    check_online_eval(profile, run)


def check_online_eval(profile: Profile, run: RunConfig) -> None:
    """Look for the file of the online evaluations' network, if there is one. Raises as above."""
    config = run.training.online_eval
    if config is not None and run.imported is None:
        _located(profile, config.extractor, "training.online_eval.extractor")


def check_weights(profile: Profile, option: str) -> str | None:
    """Return the file that ``option``, such as "extractor", needs; None: none. Raises as above."""
    name = getattr(profile.evaluation, option)
    return _located(profile, name, f"evaluation.{option}") if name in EXTRACTORS else None


def _located(profile: Profile, name: str, option: str) -> str | None:
    file = weights_file(name, profile.paths.weights, option)
    return file.name if file else None


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
