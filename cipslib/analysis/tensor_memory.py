"""How much memory a piece of code needs, as tensors count it."""

import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveBytes(TorchDispatchMode):
    """The most bytes that new tensors held at one time."""

    def __init__(self) -> None:
        super().__init__()
        self.live, self.most = 0, 0
        self.known: set[int] = set()

    def __torch_dispatch__(
        self,
        function: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        given = storages((args, kwargs))
        result = function(*args, **(kwargs or {}))
        for key, storage in storages(result).items():
            if key not in self.known and key not in given:  # a view of what was there is not new
                self.known.add(key)
                self.live += storage.nbytes()
                weakref.finalize(storage, self.forget, key, storage.nbytes())
        self.most = max(self.most, self.live)
        return result

    def forget(self, key: int, size: int) -> None:
        self.known.discard(key)
        self.live -= size


def storages(tree: Any) -> dict[int, torch.UntypedStorage]:
    """Return the storages of the tensors in a tree, by what is each one's own."""
    tensors = (leaf for leaf in tree_leaves(tree) if isinstance(leaf, torch.Tensor))
    found = (tensor.untyped_storage() for tensor in tensors)
    return {storage._cdata: storage for storage in found}
