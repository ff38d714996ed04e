"""The other side of the `kernels` benchmark: NumPy's sgemm on the same shapes, asked line by line so that both run in the same minutes.

Reads `ROWS INPUTS OUTPUTS MATRICES SAMPLES`, answers with the seconds of each sample: one product with every matrix in turn. One thread: the caller
sets it in the environment, before NumPy loads its BLAS.
"""

import sys
import time

import numpy

print("ready", flush=True)
generator = numpy.random.default_rng(1)
for line in sys.stdin:
    rows, inputs, outputs, count, samples = map(int, line.split())
    matrices = [generator.standard_normal((inputs, outputs), dtype=numpy.float32) for _ in range(count)]
    rows_of_input = generator.standard_normal((rows, inputs), dtype=numpy.float32)
    result = numpy.empty((rows, outputs), dtype=numpy.float32)
    seconds = []
    for sample in range(samples + 1):
        start = time.perf_counter()
        for matrix in matrices:
            numpy.dot(rows_of_input, matrix, out=result)
        seconds.append(time.perf_counter() - start)
    print(*seconds[1:], flush=True)
