"""How Colorize joins the guessed chroma, which is small, to the luminance of the original at full size."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from PIL import Image

from errors import N_
from imaging.colorizing.diffusion import smooth_chroma
from imaging.colorizing.matching import Matches
from imaging.colorizing.monochrome import Tone, find_tone
from imaging.guided_filter import GuidedFilter, cut_strips, enlarge_rows, fit, fit_size, resize_area
from imaging.io import metadata, previews
from imaging.io.provenance import COMPOSITE_WITH_TRAINED
from imaging.tensors import to_pixels
from networks.layers.colour_space import lab_to_rgb_in_gamut
from services.base import Picture, Report, Result
from services.colorize import CHROMA, COLOURS_TAKEN, MARK, NOTHING_ALIKE, NOTHING_MATCHED, VARIANTS, guess
from services.colorize.hints import apply_hints
from services.colorize.reference import blend_reference, draw_matches, match_reference

WINDOW_SHARE = 48  # the guided filter's radius is the short side of the working size over this
GUIDE_EPSILON = 1e-3
HINT_SIDE = 256  # pixels of the short side at which hints spread, at least: a dab has to be seen
CHECK_SIDE = 256  # pixels of the longer side at which a picture's own colours are looked for
LIVE_CHROMA_SIDE, LIVE_STEPS, LIVE_QUALITY = 640, 127, 85  # of the live copy: chroma is softer than light


def run(picture: Picture, options: Mapping[str, Any], report: Report) -> Result:
    """Colour the picture. Only its luminance is read, so a yellowed print or a sepia tone does not tint the guess.

    The small chroma is joined to the full-size luminance with a guided filter, so that colours end where
    things end. A coloured stamp, date or frame on a grey photo keeps its own colour. Alpha stays. The EXIF says that
    the colours were made. The guess is cached: other hints, another reference or saturation do not ask for one again.
    """
    report(0.0, N_("Looking at the picture"))
    tone = _find_tone(picture.rgb)
    if tone is None and not options["anyway"]:
        report(1.0, N_("Done"))
        return Result(None, verdict="already_coloured")
    guessed = guess.guess(picture.rgb, options, report)
    matches = _match_reference(picture, options, report)
    verdict = _judge(matches, options)
    if verdict == NOTHING_ALIKE:
        report(1.0, N_("Done"))
        return Result(None, verdict=verdict, cache=guessed.pack())
    report(0.3, N_("Joining colours and details"))
    fitted = _fit_guided_filter(picture.rgb, guessed, None if verdict == NOTHING_MATCHED else matches, options)
    count = len(VARIANTS) if options["variants"] else 1
    results = _join_strips(picture.rgb, fitted, tone, count, options["saturation"], report)
    exif = metadata.set_software(picture.exif, MARK)
    first, *others = (replace(picture.with_rgb(rgb), exif=exif) for rgb in results)
    cache = {**guessed.pack(), CHROMA: _make_live_copy(picture.rgb, fitted, tone)}
    report(1.0, N_("Done"))
    taken = draw_matches(matches, picture.height, picture.width) if matches and verdict == COLOURS_TAKEN else None
    kind = COMPOSITE_WITH_TRAINED
    return Result(first, taken, verdict, tuple(others), cache, source_type=kind)


def _find_tone(rgb: np.ndarray) -> Tone | None:
    """Return the tone of a black-and-white picture, None for one that has colours."""
    return find_tone(guess.to_lab(resize_area(rgb, fit_size(rgb.shape[0], rgb.shape[1], CHECK_SIDE))))


def _match_reference(picture: Picture, options: Mapping[str, Any], report: Report) -> Matches | None:
    if options["reference"] is None:
        return None
    report(0.2, N_("Looking for the reference’s colours"))
    return match_reference(picture, options["reference"], options["reference_places"])


def _judge(matches: Matches | None, options: Mapping[str, Any]) -> str:
    """Return the verdict on what was found of the reference."""
    if matches is None:
        return ""
    if options["reference_places"] is not None:
        return NOTHING_ALIKE if matches.is_empty else COLOURS_TAKEN
    return NOTHING_MATCHED if matches.is_empty else ""


def _fit_guided_filter(
    rgb: np.ndarray, guessed: guess.Guess, matches: Matches | None, options: Mapping[str, Any]
) -> GuidedFilter:
    """Return the guided filter of the chroma to the luminance.

    It is the guessed one, smoothed; over it come the colours of a reference, and over these the hints.
    """
    size = guessed.chroma.shape[:2]
    light = _read_light(rgb, size)
    chroma = smooth_chroma(light[:, :, 0], guessed.chroma)
    if matches is not None:
        chroma = blend_reference(light[:, :, 0], chroma, matches)
    if options["hints"] is not None:
        size = max(size, guess.choose_working_size(rgb.shape[0], rgb.shape[1], HINT_SIDE))
        light = _read_light(rgb, size)
        chroma = enlarge_rows(chroma, 0, size[0], size)
        chroma = apply_hints(light[:, :, 0], chroma, options["hints"], guessed.descriptors, options["alike"])
    radius = max(2, min(size) // WINDOW_SHARE)
    return fit(np.ascontiguousarray(light), np.ascontiguousarray(chroma), radius, GUIDE_EPSILON)


def _read_light(rgb: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return CIE L* / 100 of uint8 (H, W, 3) at `size`, float32 (h, w, 1)."""
    return guess.read_lightness(resize_area(rgb, size))[0].permute(1, 2, 0).numpy()


def _join_strips(
    rgb: np.ndarray, fitted: GuidedFilter, tone: Tone | None, count: int, saturation: float, report: Report
) -> list[np.ndarray]:
    """Return the first `count` variants, uint8 (H, W, 3) each, strip by strip."""
    height = len(rgb)
    results = [np.empty(rgb.shape, np.uint8) for _ in range(count)]
    for strip in cut_strips(height):
        own = _measure_own_share(rgb[strip], tone, strip.start, height)
        for result, part in zip(
            results, _draw_colour_strip(rgb[strip], fitted, strip.start, height, saturation), strict=False
        ):
            result[strip] = part if own is None else np.rint(part + own * (rgb[strip].astype(np.float32) - part))
        report(0.3 + 0.68 * strip.stop / height, N_("Joining colours and details"))
    return results


def _measure_own_share(rgb: np.ndarray, tone: Tone | None, start: int, height: int) -> np.ndarray | None:
    """Return how much of each pixel of a strip is a coloured thing's on a grey photo, (n, W, 1); None for nothing."""
    if tone is None or not tone.things.any():
        return None
    things = enlarge_rows(tone.things[:, :, None], start, len(rgb), (height, rgb.shape[1]))
    return tone.measure_own_share(guess.to_lab(rgb), things) if things.any() else None


def _draw_colour_strip(
    rgb: np.ndarray, fitted: GuidedFilter, start: int, height: int, saturation: float
) -> Iterator[np.ndarray]:
    """Yield the variants of a strip, uint8 (n, W, 3), with its own luminance and the fitted chroma."""
    light = guess.read_lightness(rgb)
    chroma = fitted.apply(light[0].permute(1, 2, 0).numpy(), start, height)
    chroma = np.clip(chroma, -1, 1) * (guess.CHROMA_UNIT * saturation)
    planes = torch.from_numpy(chroma).permute(2, 0, 1)[None]
    for pair in torch.split(planes, 2, 1):
        yield to_pixels(lab_to_rgb_in_gamut(torch.cat((light * 100, pair), 1)))


def _make_live_copy(rgb: np.ndarray, fitted: GuidedFilter, tone: Tone | None) -> bytes:
    """Return the chroma of all variants as a WebP, from which the page draws a variant and a saturation at once.

    Grey planes, one below the other: a* and b* of each of `VARIANTS`, where 128 is none and LIVE_STEPS more are
    CHROMA_UNIT, then how much of each pixel is a coloured thing's own.
    """
    size = fit_size(rgb.shape[0], rgb.shape[1], LIVE_CHROMA_SIDE)
    small = resize_area(rgb, size)
    chroma = fitted.apply(guess.read_lightness(small)[0].permute(1, 2, 0).numpy(), 0, size[0])
    own = _measure_own_share(small, tone, 0, size[0])
    planes = [*np.moveaxis(128 + LIVE_STEPS * np.clip(chroma, -1, 1), 2, 0)]
    planes.append(np.zeros(size) if own is None else 255 * own[:, :, 0])
    stacked = np.rint(np.vstack(planes)).astype(np.uint8)
    return previews.encode(Image.fromarray(stacked).convert("RGB"), "webp", LIVE_QUALITY)
