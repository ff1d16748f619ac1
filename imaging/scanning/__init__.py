"""The scan doctor: prints on a page are found, cut out and straightened."""

from imaging.scanning.cutting import cut_out_print, find_rim_widths
from imaging.scanning.prints import SURE, Print, find_prints

__all__ = ["SURE", "Print", "cut_out_print", "find_prints", "find_rim_widths"]
