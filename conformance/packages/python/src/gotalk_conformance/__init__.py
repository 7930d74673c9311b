"""The cases that judge implementations of Gotalk, as data.

What is in the files is explained in corpus/README.md.
"""

from importlib.resources import files as _files

__all__ = ["files"]


def files():
    """The folder that has corpus/ and schema/; corpus/manifest.json lists the files of cases."""
    return _files(__name__)
