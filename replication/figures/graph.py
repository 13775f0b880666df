"""What flows where in a CIPS generator: a graph read off a forward pass, not written by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from cipslib.networks.generator import CoordinateEmbedding, FourierFeatures, Generator
from cipslib.networks.layers import EqualizedLinear, MappingNetwork, ModulatedLinear, StyledLayer

KINDS = {  # modules that are one node each; what is inside of them is not followed
    FourierFeatures: "fourier",
    CoordinateEmbedding: "embedding",
    MappingNetwork: "mapping",
    StyledLayer: "layer",
    ModulatedLinear: "to_rgb",  # outside of a StyledLayer
    EqualizedLinear: "linear",  # outside of all these: residual blocks that change the width
}
MERGES = {"CatBackward0": "concat", "AddBackward0": "sum"}  # autograd's names
COORDINATES, LATENT, OUTPUT = "(x, y)", "z", "RGB"


@dataclass(frozen=True)
class Node:
    """A module, or a place where the outputs of several come together."""

    name: str  # of a module: as in ``named_modules``
    kind: str  # a value of KINDS or MERGES, "input" or "output"
    inputs: int  # width of what is processed, style vectors aside
    outputs: int
    sources: tuple[str, ...]  # names of the nodes whose outputs it uses
    module: nn.Module | None = None


def flow(generator: Generator) -> list[Node]:
    """The generator's graph in the order of its computation, inputs first.

    Two pixels are synthesised with hooks on all modules; what a module uses is found by following
    autograd back from its inputs to the outputs of others. So an edge is one that the numbers take.
    It works on PyTorch's meta device, too.
    """
    with torch.inference_mode(False), torch.enable_grad():
        parameter = next(generator.parameters())
        new = partial(torch.zeros, dtype=parameter.dtype, device=parameter.device)
        coordinates = new(2, 2, requires_grad=True)
        latent = new(1, generator.config.style_dim, requires_grad=True)
        record = _Record({id(coordinates): COORDINATES, id(latent): LATENT})
        for name, tensor in ((COORDINATES, coordinates), (LATENT, latent)):
            width = tensor.shape[-1]
            record.nodes.append(Node(name, "input", width, width, ()))
        handles = [
            handle
            for name, module in _outermost(generator, "")
            for handle in (
                module.register_forward_pre_hook(partial(record.enter, name)),
                module.register_forward_hook(partial(record.leave, name)),
            )
        ]
        try:
            colours = generator.synthesis(generator.mapping(latent), coordinates)
        finally:
            for handle in handles:
                handle.remove()
        width = colours.shape[-1]
        record.nodes.append(Node(OUTPUT, "output", width, width, record.sources(colours)))
    return record.nodes


def _outermost(module: nn.Module, prefix: str) -> Iterator[tuple[str, nn.Module]]:
    for name, child in module.named_children():
        if type(child) in KINDS:
            yield prefix + name, child
        else:
            yield from _outermost(child, f"{prefix}{name}.")


class _Record:
    """Nodes met so far. Autograd's nodes are kept, so that each is one and the same object."""

    def __init__(self, leaves: dict[int, str]):
        self.nodes: list[Node] = []
        self._leaves = leaves
        self._made_by: dict[Any, str] = {}  # autograd's node of an output -> name
        self._entered: dict[str, tuple[str, ...]] = {}

    def enter(self, name: str, _: nn.Module, inputs: tuple[Any, ...]) -> None:
        tensors = [tensor for tensor in inputs if isinstance(tensor, Tensor)]
        found = [source for tensor in tensors for source in self.sources(tensor)]
        self._entered[name] = tuple(dict.fromkeys(found))

    def leave(self, name: str, module: nn.Module, inputs: tuple[Any, ...], output: Tensor) -> None:
        kind, sources = KINDS[type(module)], self._entered[name]
        width = inputs[0].shape[-1]
        self.nodes.append(Node(name, kind, width, output.shape[-1], sources, module))
        self._made_by[output.grad_fn] = name

    def sources(self, tensor: Tensor) -> tuple[str, ...]:
        if tensor.grad_fn is None:
            return (self._leaves[id(tensor)],) if id(tensor) in self._leaves else ()
        return self._behind(tensor.grad_fn)

    def _behind(self, made: Any) -> tuple[str, ...]:
        if made in self._made_by:
            return (self._made_by[made],)
        if hasattr(made, "variable"):  # a leaf: an input, or a parameter, which has no name here
            return self.sources(made.variable)
        before = [each for each, _ in made.next_functions if each is not None]
        found = tuple(dict.fromkeys(name for each in before for name in self._behind(each)))
        if len(found) < 2 or made.name() not in MERGES:
            return found
        return (self._merge(made, MERGES[made.name()], found),)

    def _merge(self, made: Any, kind: str, sources: tuple[str, ...]) -> str:
        name = f"{kind}.{sum(node.kind == kind for node in self.nodes)}"
        widths = [node.outputs for node in self.nodes if node.name in sources]
        width = sum(widths) if kind == "concat" else max(widths)
        self.nodes.append(Node(name, kind, width, width, sources))
        self._made_by[made] = name
        return name
