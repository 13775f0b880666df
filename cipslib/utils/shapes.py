"""Shaped array types: ``Float[Tensor, "batch pixels channels"]``.

The test suite checks them at run time (jaxtyping and beartype). Training machines often lack
jaxtyping; there the annotations are documentation only, and nothing else changes.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int, UInt8
else:
    try:
        from jaxtyping import Bool, Float, Int, UInt8
    except ModuleNotFoundError:

        class _Unchecked:
            def __class_getitem__(cls, _: Any) -> Any:
                return Any

        Bool = Float = Int = UInt8 = _Unchecked

__all__ = ["Bool", "Float", "Int", "UInt8"]
