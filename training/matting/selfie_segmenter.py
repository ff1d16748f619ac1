"""MediaPipe's selfie segmentation: a teacher of where people are, and what our own network is compared with.

The model is in the package `@mediapipe/selfie_segmentation` of npm (Apache-2.0): `npm pack` it, unpack it and give
the path of `selfie_segmentation.tflite`. It is run by `ai-edge-litert` (Apache-2.0). Both are for training only:
`pip install --no-deps ai-edge-litert flatbuffers`.
"""

from pathlib import Path

import numpy as np

from imaging.guided_filter import resize_area
from training.matting.data import resize_to

SIDE = 256


class SelfieSegmenter:
    """Takes a picture, uint8 (H, W, 3), and returns where people are, float32 (H, W) in [0, 1].

    Raises ModuleNotFoundError where `ai-edge-litert` is not installed.
    """

    def __init__(self, model: Path):
        from ai_edge_litert.interpreter import Interpreter  # not among the requirements

        self.interpreter = Interpreter(str(model), num_threads=1)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]

    def __call__(self, rgb: np.ndarray) -> np.ndarray:
        square = resize_area(rgb, (SIDE, SIDE)).astype(np.float32) / 255
        self.interpreter.set_tensor(self.input, square[None])
        self.interpreter.invoke()
        return resize_to(self.interpreter.get_tensor(self.output)[0, :, :, 0], *rgb.shape[:2])
