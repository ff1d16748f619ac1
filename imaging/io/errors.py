"""What can be wrong with a picture: one family of errors, each a stable key and a plain sentence."""

from errors import N_, DomainError


class PictureError(DomainError):
    """A picture that cannot be used."""

    key = "picture_error"
    message = N_("This picture cannot be used.")


class ForeignFormat(PictureError):
    key = "foreign_format"
    message = N_(
        "This file is not a picture of a kind we read. Please use JPEG, PNG, WebP, BMP, GIF, TIFF, HEIC or AVIF."
    )


class BrokenPicture(PictureError):
    key = "broken_picture"
    message = N_("This picture is damaged or incomplete and cannot be opened.")


class UnsupportedPicture(PictureError):
    key = "unsupported_picture"
    message = N_("This variant of the format cannot be read here. Please save the picture as JPEG or PNG.")


class RawPhoto(UnsupportedPicture):
    key = "raw_photo"
    message = N_("This is a camera's raw file. Please export it as JPEG or TIFF, and upload that.")


class TooManyPixels(PictureError):
    key = "too_many_pixels"
    message = N_("This picture has too many pixels. Please make it smaller and try again.")


class TooManyBytes(PictureError):
    key = "too_many_bytes"
    message = N_("This file is too large. Please make it smaller and try again.")


class TooCostly(PictureError):
    key = "too_costly"
    message = N_("This picture takes too much time or memory to open. Please save it again in another program.")


class OutOfTime(TooCostly):
    """The clock ran out before the processor's time did: the server was busy, and not the picture costly."""


class AlphaNeedsPng(PictureError):
    key = "alpha_needs_png"
    message = N_("JPEG cannot hold transparent areas. Please choose PNG or WebP.")


class TooLongForFormat(PictureError):
    key = "too_long_for_format"
    message = N_("This picture is too long or too wide for the chosen format. Please choose PNG.")


ERRORS = {
    error.key: error
    for error in (
        ForeignFormat,
        BrokenPicture,
        UnsupportedPicture,
        RawPhoto,
        TooManyPixels,
        TooManyBytes,
        TooCostly,
        AlphaNeedsPng,
        TooLongForFormat,
    )
}
