"""How many operations on float32 numbers a processor can do in a second: measured, with a loop of nothing else."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from crnwidgets.dynamics.native.build import compiler

# Twelve vectors hide the latency of a multiply-add on every processor there is; all are in registers.
_SOURCE = """
#include <chrono>
#include <cstdio>
#if defined(__AVX512F__)
constexpr int LANES = 16;
#elif defined(__AVX__)
constexpr int LANES = 8;
#else
constexpr int LANES = 4;
#endif
#if defined(__x86_64__)
#define REGISTER "+x"
#else
#define REGISTER "+w"
#endif
typedef float Lanes __attribute__((vector_size(4 * LANES)));
constexpr long TURNS = 1000000;

void work(float* result) {
  Lanes x0{}, x1{}, x2{}, x3{}, x4{}, x5{}, x6{}, x7{}, x8{}, x9{}, x10{}, x11{};
  const Lanes factor = Lanes{} + 0.999f, summand = Lanes{} + *result;
  for (long i = 0; i < TURNS; i++) {
    x0 = x0 * factor + summand; x1 = x1 * factor + summand; x2 = x2 * factor + summand; x3 = x3 * factor + summand;
    x4 = x4 * factor + summand; x5 = x5 * factor + summand; x6 = x6 * factor + summand; x7 = x7 * factor + summand;
    x8 = x8 * factor + summand; x9 = x9 * factor + summand; x10 = x10 * factor + summand; x11 = x11 * factor + summand;
    // Lest the compiler sees that all twelve are the same.
    asm volatile("" : REGISTER(x0), REGISTER(x1), REGISTER(x2), REGISTER(x3), REGISTER(x4), REGISTER(x5));
    asm volatile("" : REGISTER(x6), REGISTER(x7), REGISTER(x8), REGISTER(x9), REGISTER(x10), REGISTER(x11));
  }
  *result = (((x0 + x1) + (x2 + x3)) + ((x4 + x5) + (x6 + x7)) + ((x8 + x9) + (x10 + x11)))[0];
}

int main() {
  double best = 0;
  for (int turn = 0; turn < 20; turn++) {
    float result = 1e-3f;
    const auto start = std::chrono::steady_clock::now();
    work(&result);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double rate = 2.0 * 12 * LANES * TURNS / seconds;
    if (rate > best) best = rate;
  }
  std::printf("%.6g\\n", best);
}
"""


def peak() -> float | None:
    """Operations a second of one thread, the best of twenty tries; None where nothing compiles it."""
    command = compiler()
    if command is None or shutil.which(command[0]) is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder, "peak.cc"), Path(folder, "peak")
        source.write_text(_SOURCE)
        options = ["-std=c++17", "-O2", "-march=native", "-ffp-contract=fast", "-Wno-psabi"]
        done = subprocess.run([*command, *options, str(source), "-o", str(program)], capture_output=True, text=True)
        if done.returncode:
            return None
        return float(subprocess.run([program], capture_output=True, text=True, check=True).stdout)
