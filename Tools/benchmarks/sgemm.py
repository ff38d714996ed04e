"""The other side of the `kernels` benchmark: NumPy's sgemm on the same shapes, asked line by line so that both run in the same minutes.

Reads `dense ROWS INPUTS OUTPUTS MATRICES SAMPLES`, one product with every matrix in turn, or `attention QUERIES KEYS HEADS WIDTH REPEATS SAMPLES`,
both products of each head; answers with the processor's seconds of each sample. One thread, and the instructions of the level: the caller sets
both in the environment, before NumPy loads its BLAS.
"""

import sys
import time

import numpy

generator = numpy.random.default_rng(1)


def numbers(*shape):
    return generator.standard_normal(shape, dtype=numpy.float32)


def dense(rows, inputs, outputs, count):
    matrices = [numbers(inputs, outputs) for _ in range(count)]
    rows_of_input = numbers(rows, inputs)
    result = numpy.empty((rows, outputs), dtype=numpy.float32)

    def run():
        for matrix in matrices:
            numpy.dot(rows_of_input, matrix, out=result)

    return run


def attention(rows, key_rows, heads, width, repeats):
    queries, keys, values = numbers(heads, rows, width), numbers(heads, key_rows, width), numbers(heads, key_rows, width)
    scores = numpy.empty((rows, key_rows), dtype=numpy.float32)
    result = numpy.empty((rows, width), dtype=numpy.float32)

    def run():
        for _ in range(repeats):
            for head in range(heads):
                numpy.dot(queries[head], keys[head].T, out=scores)
                numpy.dot(scores, values[head], out=result)

    return run


print("ready", flush=True)
for line in sys.stdin:
    kind, *sizes, samples = line.split()
    run = {"dense": dense, "attention": attention}[kind](*map(int, sizes))
    seconds = []
    for sample in range(int(samples) + 1):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    print(*seconds[1:], flush=True)
