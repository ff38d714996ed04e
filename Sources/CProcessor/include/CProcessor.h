#ifndef CPROCESSOR_H
#define CPROCESSOR_H

/// The x86-64 level of this machine that the kernels are made for: 4 (AVX-512 F, BW, CD, DQ and VL), 3 (AVX2, FMA, BMI1 and 2, F16C, LZCNT,
/// MOVBE), else 1. Counts only what the operating system saves too. 0 on other architectures.
///
/// In C, because Swift cannot ask the processor.
int processorLevel(void);

/// Binds the calling thread to one core; not 0 where it cannot be. In C, because Swift has no `sched_setaffinity`, nor its macros.
int runOnCore(int core);

/// Begins to bring what lies at the address into the second-level cache; any address will do, it is never read. In C, because Swift has no word
/// for it; inlined, so that it costs one instruction.
static inline void prefetch(const void *address) { __builtin_prefetch(address, 0, 2); }

#endif
