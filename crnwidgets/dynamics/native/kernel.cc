// The fixed-step solver and its gradient as calls from XLA programs on the CPU. The arithmetic is in lanes.h, rows.h and
// chambers.h; here it is compiled for the machines there are, and the groups of states are shared out among XLA's own
// threads.

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <new>

#include "xla/ffi/api/ffi.h"

namespace {

namespace ffi = xla::ffi;

using Tensors = ffi::Buffer<ffi::F32, 4>;
using States = ffi::Buffer<ffi::F32, 3>;
using Permeability = ffi::Buffer<ffi::F32, 3>;
using Pairs = ffi::Span<const int64_t>;

constexpr int LARGEST = 32;     // species
constexpr int64_t LANE_BYTES = 64;  // the largest vector, of sixteen floats
constexpr int64_t NARROW = 8, WIDE = 16;  // lanes of AVX2, and of AVX-512
constexpr double WORTH_A_THREAD = 8e4;  // multiplications of vectors, some forty microseconds
constexpr double FORWARD_COST = 4, BACKWARD_COST = 11;  // multiplications in a step for each number in a tensor

// All arrays are dense, in C's order. Those of states hold for each saved time, each chamber and each species the numbers
// of all states, one after the other: (saves + 1, chambers, species, stride).
struct Problem {
  int64_t networks, batch, chambers, species, saves, every;
  int64_t stride;       // for so many states there is room: whole vectors, or no more than there are
  bool apart;           // forward: whether the result is (networks, batch, saves + 1, chambers, species) instead
  int64_t wide, width;  // how many groups have WIDE states, and how many states each of the others has
  float dt;
  const float* tensors;  // (networks, species, species, species)
  const float* start;    // forward: the states at the start; backward: the saved states
  const float* slopes;   // backward: the gradient for the saved states
  float* result;         // forward: the saved states; backward: the gradient for the states at the start
  float* parts;          // backward: (groups + networks, part_size), the groups' shares in the other gradients

  int64_t membranes;
  const int64_t* pairs;       // (membranes, 2)
  const float* permeability;  // (networks, membranes, species)
};

// Numbers in the gradient for one tensor, where the order of catalyst and input does not matter.
int64_t tensor_size(const Problem& problem) {
  return problem.species * (problem.species + 1) / 2 * problem.species;
}

// The same with those for the permeabilities after it.
int64_t part_size(const Problem& problem) { return tensor_size(problem) + problem.membranes * problem.species; }

// The first state of a group.
int64_t first_of(const Problem& problem, int64_t group) {
  return group < problem.wide ? group * WIDE : problem.wide * WIDE + (group - problem.wide) * problem.width;
}

// The group that a state belongs to.
int64_t group_of(const Problem& problem, int64_t state) {
  const int64_t left = state - problem.wide * WIDE;
  return left < 0 ? state / WIDE : problem.wide + left / problem.width;
}

int64_t groups_of(const Problem& problem) { return group_of(problem, problem.networks * problem.batch - 1) + 1; }

using Pass = void (*)(const Problem&, int64_t group, void* scratch);

struct Passes {
  Pass wide, narrow;
};

// Where there are faster instructions, all that the plain ones need is to be right, and not a version for each size.
#if defined(__x86_64__)
#define SPECIALIZED 0
#else
#define SPECIALIZED 1
#endif
#define LANES 8
namespace plain {
#include "lanes.h"
#include "chambers.h"
#include "rows.h"
}

#if defined(__x86_64__)
#undef SPECIALIZED
#define SPECIALIZED 1
#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace avx2 {
#include "lanes.h"
#include "chambers.h"
#include "rows.h"
}
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx2,fma")
#endif
#undef LANES
#define LANES 16
namespace avx512 {
#include "lanes.h"
#include "chambers.h"
}
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

bool has_avx2() {
  static const bool has = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return has;
}

bool has_avx512() {
  static const bool has = has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                          __builtin_cpu_supports("avx512dq");
  return has;
}
#else
bool has_avx2() { return false; }
bool has_avx512() { return false; }
namespace avx2 = plain;
namespace avx512 = plain;
#endif
#undef LANES

// Work that several threads take from. It outlives the call, for a thread that comes when all is done.
struct Work {
  Work(const Problem& problem, Passes passes, int64_t groups, int64_t workers, int64_t scratch)
      : problem(problem),
        passes(passes),
        groups(groups),
        bytes((scratch + 1) * LANE_BYTES),
        memory(new char[workers * bytes]) {}

  void run(int64_t worker) {
    void* start = memory.get() + worker * bytes;
    size_t room = static_cast<size_t>(bytes);
    void* scratch = std::align(LANE_BYTES, static_cast<size_t>(bytes - LANE_BYTES), start, room);
    for (int64_t group; (group = next++) < groups;) {
      (group < problem.wide ? passes.wide : passes.narrow)(problem, group, scratch);
      if (++done == groups) {
        std::lock_guard<std::mutex> lock(mutex);
        finished.notify_all();
      }
    }
  }

  void wait() {
    std::unique_lock<std::mutex> lock(mutex);
    finished.wait(lock, [this] { return done == groups; });
  }

  const Problem problem;
  const Passes passes;
  const int64_t groups, bytes;
  const std::unique_ptr<char[]> memory;
  std::atomic<int64_t> next{0}, done{0};
  std::mutex mutex;
  std::condition_variable finished;
};

// Puts the states into groups: each by itself where there is no room for whole vectors; else as many as there are lanes.
// Half the lanes are enough for the last one where few states are left.
Problem grouped(Problem problem) {
  const int64_t states = problem.networks * problem.batch;
  const bool few = problem.stride % NARROW;
  problem.width = few ? 1 : NARROW;
  problem.wide = !few && has_avx512() ? (states + WIDE - NARROW - 1) / WIDE : 0;
  return problem;
}

Passes forward_for(const Problem& problem) {
  const int64_t n = problem.species;
  if (problem.pairs) {
    return {avx512::chambers_forward_for(n),
            has_avx2() ? avx2::chambers_forward_for(n) : plain::chambers_forward_for(n)};
  }
  if (problem.width == 1) return {nullptr, has_avx2() ? avx2::row_forward_for(n) : plain::row_forward_for(n)};
  return {avx512::forward_for(n), has_avx2() ? avx2::forward_for(n) : plain::forward_for(n)};
}

Passes backward_for(const Problem& problem) {
  const int64_t n = problem.species;
  if (problem.pairs) {
    return {avx512::chambers_backward_for(n),
            has_avx2() ? avx2::chambers_backward_for(n) : plain::chambers_backward_for(n)};
  }
  if (problem.width == 1) return {nullptr, has_avx2() ? avx2::row_backward_for(n) : plain::row_backward_for(n)};
  return {avx512::backward_for(n), has_avx2() ? avx2::backward_for(n) : plain::backward_for(n)};
}

// Runs the passes over all groups. This thread takes its part, so that nothing waits for a thread that is not free.
void run(ffi::ThreadPool& threads, const Problem& problem, Passes passes, double cost, int64_t scratch) {
  const int64_t groups = groups_of(problem);
  cost *= static_cast<double>(problem.saves * problem.every) * tensor_size(problem) * problem.chambers * groups;
  int64_t workers = std::min(groups, threads.num_threads());
  if (cost / WORTH_A_THREAD < workers) workers = static_cast<int64_t>(cost / WORTH_A_THREAD);
  workers = std::max<int64_t>(workers, 1);
  auto work = std::make_shared<Work>(problem, passes, groups, workers, scratch);
  for (int64_t i = 1; i < workers; i++) threads.Schedule([work, i] { work->run(i); });
  work->run(0);
  work->wait();
}

ffi::Error run_forward(ffi::ThreadPool& threads, Problem problem, int64_t scratch) {
  problem = grouped(problem);
  try {
    run(threads, problem, forward_for(problem), FORWARD_COST, scratch);
  } catch (const std::bad_alloc&) {
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "There is not enough memory to integrate.");
  }
  return ffi::Error::Success();
}

ffi::Error run_backward(ffi::ThreadPool& threads, Problem problem, int64_t scratch, float* for_tensors,
                        float* for_permeability) {
  problem = grouped(problem);
  const int64_t n = problem.species, size = part_size(problem), passes = problem.membranes * n;
  try {
    const std::unique_ptr<float[]> parts(new float[(groups_of(problem) + problem.networks) * size]);
    problem.parts = parts.get();
    run(threads, problem, backward_for(problem), BACKWARD_COST, scratch);
    // In the order of the groups, so that the result does not depend on the threads.
    for (int64_t network = 0; network < problem.networks; network++) {
      const int64_t first = group_of(problem, network * problem.batch);
      const int64_t last = group_of(problem, (network + 1) * problem.batch - 1);
      float* sum = problem.parts + (first + network) * size;
      for (int64_t group = first + 1; group <= last; group++) {
        const float* part = problem.parts + (group + network) * size;
        for (int64_t i = 0; i < size; i++) sum[i] += part[i];
      }
      float* T = for_tensors + network * n * n * n;
      for (int64_t c = 0; c < n; c++) {
        for (int64_t a = 0; a <= c; a++, sum += n) {
          for (int64_t b = 0; b < n; b++) T[(c * n + a) * n + b] = T[(a * n + c) * n + b] = sum[b];
        }
      }
      for (int64_t i = 0; i < passes; i++) for_permeability[network * passes + i] = sum[i];
    }
  } catch (const std::bad_alloc&) {
    return ffi::Error(ffi::ErrorCode::kResourceExhausted, "There is not enough memory for the gradient.");
  }
  return ffi::Error::Success();
}

Problem problem_of(float dt, int64_t every, int64_t batch, const Tensors& tensors, const States& states) {
  Problem problem{};
  problem.networks = tensors.dimensions()[0];
  problem.species = tensors.dimensions()[1];
  problem.chambers = states.dimensions()[1] / problem.species;
  problem.stride = states.dimensions()[2];
  problem.batch = batch;
  problem.every = every;
  problem.dt = dt;
  problem.tensors = tensors.typed_data();
  return problem;
}

void set_forward(Problem& problem, bool apart, const States& start, ffi::AnyBuffer& states) {
  problem.apart = apart;
  problem.saves = states.dimensions()[apart ? 2 : 0] - 1;
  problem.start = start.typed_data();
  problem.result = states.typed_data<float>();
}

void set_backward(Problem& problem, const States& states, const States& slopes, States& for_start) {
  problem.saves = states.dimensions()[0] - 1;
  problem.start = states.typed_data();
  problem.slopes = slopes.typed_data();
  problem.result = for_start.typed_data();
}

void add_membranes(Problem& problem, Pairs membranes, const Permeability& permeability) {
  problem.membranes = static_cast<int64_t>(membranes.size() / 2);
  problem.pairs = membranes.begin();
  problem.permeability = permeability.typed_data();
}

ffi::Error forward(float dt, int64_t every, int64_t batch, bool apart, ffi::ThreadPool threads, Tensors tensors,
                   States start, ffi::Result<ffi::AnyBuffer> states) {
  Problem problem = problem_of(dt, every, batch, tensors, start);
  set_forward(problem, apart, start, *states);
  return run_forward(threads, problem, tensor_size(problem));
}

ffi::Error backward(float dt, int64_t every, int64_t batch, ffi::ThreadPool threads, Tensors tensors, States states,
                    States slopes, ffi::Result<Tensors> for_tensors, ffi::Result<States> for_start) {
  Problem problem = problem_of(dt, every, batch, tensors, states);
  set_backward(problem, states, slopes, *for_start);
  return run_backward(threads, problem, 2 * tensor_size(problem) + every * problem.species, for_tensors->typed_data(),
                      nullptr);
}

ffi::Error chambers_forward(float dt, int64_t every, int64_t batch, bool apart, Pairs membranes,
                            ffi::ThreadPool threads, Tensors tensors, Permeability permeability, States start,
                            ffi::Result<ffi::AnyBuffer> states) {
  Problem problem = problem_of(dt, every, batch, tensors, start);
  add_membranes(problem, membranes, permeability);
  set_forward(problem, apart, start, *states);
  return run_forward(threads, problem, part_size(problem) + 9 * problem.chambers * problem.species);
}

ffi::Error chambers_backward(float dt, int64_t every, int64_t batch, Pairs membranes, ffi::ThreadPool threads,
                             Tensors tensors, Permeability permeability, States states, States slopes,
                             ffi::Result<Tensors> for_tensors, ffi::Result<Permeability> for_permeability,
                             ffi::Result<States> for_start) {
  Problem problem = problem_of(dt, every, batch, tensors, states);
  add_membranes(problem, membranes, permeability);
  set_backward(problem, states, slopes, *for_start);
  return run_backward(threads, problem, 2 * part_size(problem) + (14 + every) * problem.chambers * problem.species,
                      for_tensors->typed_data(), for_permeability->typed_data());
}

}  // namespace

XLA_FFI_DEFINE_HANDLER_SYMBOL(crnwidgets_forward, forward,
                              ffi::Ffi::Bind()
                                  .Attr<float>("dt")
                                  .Attr<int64_t>("every")
                                  .Attr<int64_t>("batch")
                                  .Attr<bool>("apart")
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Tensors>()
                                  .Arg<States>()
                                  .Ret<ffi::AnyBuffer>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(crnwidgets_backward, backward,
                              ffi::Ffi::Bind()
                                  .Attr<float>("dt")
                                  .Attr<int64_t>("every")
                                  .Attr<int64_t>("batch")
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Tensors>()
                                  .Arg<States>()
                                  .Arg<States>()
                                  .Ret<Tensors>()
                                  .Ret<States>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(crnwidgets_chambers_forward, chambers_forward,
                              ffi::Ffi::Bind()
                                  .Attr<float>("dt")
                                  .Attr<int64_t>("every")
                                  .Attr<int64_t>("batch")
                                  .Attr<bool>("apart")
                                  .Attr<Pairs>("membranes")
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Tensors>()
                                  .Arg<Permeability>()
                                  .Arg<States>()
                                  .Ret<ffi::AnyBuffer>());
XLA_FFI_DEFINE_HANDLER_SYMBOL(crnwidgets_chambers_backward, chambers_backward,
                              ffi::Ffi::Bind()
                                  .Attr<float>("dt")
                                  .Attr<int64_t>("every")
                                  .Attr<int64_t>("batch")
                                  .Attr<Pairs>("membranes")
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<Tensors>()
                                  .Arg<Permeability>()
                                  .Arg<States>()
                                  .Arg<States>()
                                  .Ret<Tensors>()
                                  .Ret<Permeability>()
                                  .Ret<States>());
