from pathlib import Path

class _Fault(Exception):
    """`key` is stable, `message` a sentence; `field` is the option that it is about, `allowed` what would do."""

    key: str
    message: str
    field: str
    allowed: tuple[str, ...]

class PictureError(_Fault): ...
class ServiceError(_Fault): ...
class InvalidOption(ServiceError): ...

class OutputExists(Exception):
    path: Path
    is_input: bool
