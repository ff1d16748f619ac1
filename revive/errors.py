"""The errors that a program meets. Its types are in `errors.pyi`: type checkers do not see Revive's other packages."""

from imaging.io.errors import PictureError
from imaging.io.outputs import OutputExists
from services.base import InvalidOption, ServiceError

__all__ = ["InvalidOption", "OutputExists", "PictureError", "ServiceError"]
