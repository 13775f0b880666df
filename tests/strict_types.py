"""The checker that conftest.py puts around every function of the library."""

from beartype import BeartypeConf, beartype

check = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int is welcome as a float
