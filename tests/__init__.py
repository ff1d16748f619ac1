"""Tests of Revive. What is set here is set before any of them imports NumPy."""

import os

# Two processes of tests, with a thread for each core in both, wait for each other most of the time: to find the
# eigenvectors that Colorize asks for takes thirty times as long on a busy machine as with one thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
