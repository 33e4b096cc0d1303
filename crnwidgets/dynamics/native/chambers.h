// The same for chambers that membranes join ([DCRN] eq. 4): a state is that of all chambers, one after the other, and
// species b passes the membrane e from one to the other at the rate D[e, b] times what the one has more than the other.
// Included after lanes.h, within the same namespace.

#define COUNT(M) (M ? M : static_cast<int>(species))

// What the parts of a state need in vectors: one for each chamber and species.
struct Room {
  Lanes* next;
  Lanes* take(int64_t count) {
    Lanes* here = next;
    next += count;
    return here;
  }
};

// Adds to k what passes through the membranes while chambers hold x. As much as one gains the other loses.
template <int M>
static inline void exchange(const Problem& problem, const Lanes* D, const Lanes* x, Lanes* k) {
  const int64_t species = problem.species;
  const int n = COUNT(M);
  for (int64_t e = 0; e < problem.membranes; e++, D += n) {
    const int64_t one = problem.pairs[2 * e] * n, other = problem.pairs[2 * e + 1] * n;
    for (int b = 0; b < n; b++) {
      const Lanes flow = D[b] * (x[other + b] - x[one + b]);
      k[one + b] += flow;
      k[other + b] -= flow;
    }
  }
}

template <int M>
static inline void chambers_field(const Problem& problem, const Lanes* S, const Lanes* D, const Lanes* x, Lanes* k) {
  const int64_t species = problem.species, width = problem.chambers * species;
  for (int64_t at = 0; at < width; at += COUNT(M)) field<M>(species, S, x + at, k + at);
  exchange<M>(problem, D, x, k);
}

// The states at which a step from points[0] evaluates the field, and the field at all of them but the last, (4, width).
template <int M>
static inline void chambers_stages(const Problem& problem, const Lanes* S, const Lanes* D, Lanes* points, Lanes* slopes) {
  const int64_t width = problem.chambers * problem.species;
  const float part[] = {problem.dt / 2, problem.dt / 2, problem.dt};
  for (int i = 0; i < 3; i++) {
    Lanes *at = points + i * width, *slope = slopes + i * width, *next = at + width;
    chambers_field<M>(problem, S, D, at, slope);
    for (int64_t b = 0; b < width; b++) next[b] = points[b] + part[i] * slope[b];
  }
}

template <int M>
static inline void chambers_step(const Problem& problem, const Lanes* S, const Lanes* D, const Lanes* x, Lanes* next,
                                 Lanes* points, Lanes* slopes) {
  const int64_t width = problem.chambers * problem.species;
  for (int64_t b = 0; b < width; b++) points[b] = x[b];
  chambers_stages<M>(problem, S, D, points, slopes);
  chambers_field<M>(problem, S, D, points + 3 * width, slopes + 3 * width);
  for (int64_t b = 0; b < width; b++) {
    const Lanes middle = slopes[width + b] + slopes[2 * width + b];
    next[b] = points[b] + problem.dt / 6 * (slopes[b] + 2 * middle + slopes[3 * width + b]);
  }
}

// The gradient `later` for the state after a step becomes that for the state x before it; those for S and D are added to.
template <int M>
static inline void chambers_step_back(const Problem& problem, const Lanes* S, const Lanes* D, const Lanes* x, Lanes* later,
                                      Lanes* for_S, Lanes* for_D, Lanes* points, Lanes* m, Lanes* pulled) {
  const int64_t species = problem.species, width = problem.chambers * species;
  const int n = COUNT(M);
  const float dt = problem.dt;
  const float weight[] = {dt / 6, dt / 3, dt / 3, dt / 6}, part[] = {dt / 2, dt / 2, dt};
  for (int64_t b = 0; b < width; b++) points[b] = x[b];
  chambers_stages<M>(problem, S, D, points, m);
  for (int i = 3; i >= 0; i--) {
    Lanes *at = points + i * width, *slope = m + i * width, *back = pulled + i * width;
    for (int64_t b = 0; b < width; b++) slope[b] = weight[i] * later[b];
    if (i < 3) {
      for (int64_t b = 0; b < width; b++) slope[b] += part[i] * back[width + b];
    }
    for (int64_t c = 0; c < width; c += n) pull<M>(species, S, at + c, slope + c, back + c);
    // Membranes act alike in both directions, and so on gradients as on concentrations.
    exchange<M>(problem, D, slope, back);
    Lanes* gain = for_D;
    for (int64_t e = 0; e < problem.membranes; e++, gain += n) {
      const int64_t one = problem.pairs[2 * e] * n, other = problem.pairs[2 * e + 1] * n;
      for (int b = 0; b < n; b++) gain[b] += (at[other + b] - at[one + b]) * (slope[one + b] - slope[other + b]);
    }
  }
  for (int64_t b = 0; b < width; b++) {
    later[b] += (pulled[b] + pulled[width + b]) + (pulled[2 * width + b] + pulled[3 * width + b]);
  }
  for (int64_t chamber = 0; chamber < width; chamber += n) {
    const Lanes *p = points + chamber, *g = m + chamber;
    Lanes* gain = for_S;
    for (int c = 0; c < n; c++) {
      for (int a = 0; a <= c; a++, gain += n) {
        const Lanes p0 = p[c] * p[a], p1 = p[width + c] * p[width + a];
        const Lanes p2 = p[2 * width + c] * p[2 * width + a], p3 = p[3 * width + c] * p[3 * width + a];
        for (int b = 0; b < n; b++) {
          gain[b] = gain[b] + p0 * g[b] + p1 * g[width + b] + p2 * g[2 * width + b] + p3 * g[3 * width + b];
        }
      }
    }
  }
}

// Loading and saving take all chambers for one, of many species.
static inline Problem in_one(Problem problem) {
  problem.species *= problem.chambers;
  return problem;
}

static inline void load_permeability(const Problem& problem, const Places& at, Lanes* D) {
  const int64_t size = problem.membranes * problem.species;
  for (int l = 0; l < LANES; l++) {
    for (int64_t i = 0; i < size; i++) D[i][l] = problem.permeability[at.network[l] * size + i];
  }
}

template <int M>
static void chambers_forward(const Problem& problem, int64_t group, void* scratch) {
  const Places at = places(problem, group);
  const Problem flat = in_one(problem);
  const int64_t width = flat.species, rows = problem.saves + 1;
  Room room{static_cast<Lanes*>(scratch)};
  Lanes *S = room.take(tensor_size(problem)), *D = room.take(problem.membranes * problem.species);
  Lanes *x = room.take(width), *points = room.take(4 * width), *slopes = room.take(4 * width);
  load_tensors(problem, at, S);
  load_permeability(problem, at, D);
  load<0>(flat, at, problem.start, 0, x);
  save<0>(flat, at, x, problem.result, 0);
  for (int64_t row = 1; row < rows; row++) {
    for (int64_t i = 0; i < problem.every; i++) chambers_step<M>(problem, S, D, x, x, points, slopes);
    save<0>(flat, at, x, problem.result, row);
  }
}

template <int M>
static void chambers_backward(const Problem& problem, int64_t group, void* scratch) {
  const Places at = places(problem, group);
  const Problem flat = in_one(problem);
  const int64_t width = flat.species, rows = problem.saves + 1;
  const int64_t size = tensor_size(problem), passes = problem.membranes * problem.species;
  Room room{static_cast<Lanes*>(scratch)};
  Lanes *S = room.take(size), *D = room.take(passes), *gained = room.take(size + passes);
  Lanes *path = room.take(problem.every * width), *later = room.take(width), *slope = room.take(width);
  Lanes *points = room.take(4 * width), *m = room.take(4 * width), *pulled = room.take(4 * width);
  load_tensors(problem, at, S);
  load_permeability(problem, at, D);
  for (int64_t i = 0; i < size + passes; i++) gained[i] = Lanes{};
  load<0>(flat, at, problem.slopes, rows - 1, later);
  for (int64_t row = rows - 2; row >= 0; row--) {
    load<0>(flat, at, problem.start, row, path);
    for (int64_t i = 0; i + 1 < problem.every; i++) {
      chambers_step<M>(problem, S, D, path + i * width, path + (i + 1) * width, points, m);
    }
    for (int64_t i = problem.every - 1; i >= 0; i--) {
      chambers_step_back<M>(problem, S, D, path + i * width, later, gained, gained + size, points, m, pulled);
    }
    load<0>(flat, at, problem.slopes, row, slope);
    for (int64_t b = 0; b < width; b++) later[b] += slope[b];
  }
  save<0>(flat, at, later, problem.result, 0);
  add_up(problem, at, group, gained);
}

static Pass chambers_forward_for(int64_t species) {
#if SPECIALIZED
  static const Pass by_size[] = {chambers_forward<0>, chambers_forward<0>, chambers_forward<2>,
                                 chambers_forward<3>, chambers_forward<4>, chambers_forward<5>,
                                 chambers_forward<6>, chambers_forward<7>, chambers_forward<8>};
  if (species <= 8) return by_size[species];
#endif
  return chambers_forward<0>;
}

static Pass chambers_backward_for(int64_t species) {
#if SPECIALIZED
  static const Pass by_size[] = {chambers_backward<0>, chambers_backward<0>, chambers_backward<2>,
                                 chambers_backward<3>, chambers_backward<4>, chambers_backward<5>,
                                 chambers_backward<6>, chambers_backward<7>, chambers_backward<8>};
  if (species <= 8) return by_size[species];
#endif
  return chambers_backward<0>;
}

#undef COUNT
