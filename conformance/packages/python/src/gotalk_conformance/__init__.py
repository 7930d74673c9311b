"""The cases that judge implementations of Gotalk, as data.

What is in the files is explained in corpus/README.md.
"""

from importlib.resources import files as _files

__all__ = ["files"]


def files():
    """Return the folder that contains corpus/; corpus/manifest.json lists the case files."""
    return _files(__name__)
