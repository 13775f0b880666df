"""What all painters share: the canvas, mathematics, noise, light and random parameters.

Everything is computed in float64 by additions, multiplications, divisions and square roots, which
every processor rounds alike. So an image has the same bytes on every machine. NumPy's own exp,
sin, powers and matrix products differ in the last bit from one processor to the next: use
`maths` and elementwise arithmetic instead.
"""
