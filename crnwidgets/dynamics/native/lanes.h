// The arithmetic of the fixed-step solver, for a group of LANES states at a time, one in each lane of a vector.
// kernel.cc includes this once for each instruction set, within a namespace and with that set in force; so that no code
// of one instruction set is ever shared with another, nothing of the standard library is used here.
//
// The rate of change of species b is the sum over catalysts c and inputs a of x[c] x[a] T[c, a, b]. As c and a enter
// alike, pairs a <= c are enough, with S[c, a] = T[c, a] + T[a, c], and S[c, c] = T[c, c].

typedef float Lanes __attribute__((vector_size(4 * LANES)));
typedef float Alias __attribute__((may_alias));

// The number of species where it is known when compiling (M), else `species`.
#define COUNT(M) (M ? M : static_cast<int>(species))
#define ROOM(M) (M ? M : LARGEST)

// k = dx/dt
template <int M, typename E>
static inline void field(int64_t species, const E* S, const Lanes* x, Lanes* k) {
  const int n = COUNT(M);
  for (int b = 0; b < n; b++) k[b] = Lanes{};
  for (int c = 0; c < n; c++) {
    if constexpr (M > 0 && M <= 7) {
      // Sums by catalyst do not wait for each other; with more species the registers do not hold them.
      Lanes sum[ROOM(M)];
      for (int b = 0; b < n; b++) sum[b] = x[0] * S[b];
      S += n;
      for (int a = 1; a <= c; a++, S += n) {
        for (int b = 0; b < n; b++) sum[b] += x[a] * S[b];
      }
      for (int b = 0; b < n; b++) k[b] += x[c] * sum[b];
    } else {
      for (int a = 0; a <= c; a++, S += n) {
        const Lanes speed = x[c] * x[a];
        for (int b = 0; b < n; b++) k[b] += speed * S[b];
      }
    }
  }
}

// q = the gradient m for the field, brought back to x
template <int M, typename E>
static inline void pull(int64_t species, const E* S, const Lanes* x, const Lanes* m, Lanes* q) {
  const int n = COUNT(M);
  for (int b = 0; b < n; b++) q[b] = Lanes{};
  for (int c = 0; c < n; c++) {
    for (int a = 0; a <= c; a++, S += n) {
      Lanes s{};
      for (int b = 0; b < n; b++) s += S[b] * m[b];
      q[c] += s * x[a];
      q[a] += s * x[c];
    }
  }
}

// The states at which a step from points[0] evaluates the field, and the field at all but the last of them.
template <int M, typename E>
static inline void stages(int64_t species, const E* S, float dt, Lanes (*points)[ROOM(M)], Lanes (*slopes)[ROOM(M)]) {
  const int n = COUNT(M);
  const float part[] = {dt / 2, dt / 2, dt};
  for (int i = 0; i < 3; i++) {
    field<M>(species, S, points[i], slopes[i]);
    for (int b = 0; b < n; b++) points[i + 1][b] = points[0][b] + part[i] * slopes[i][b];
  }
}

// One step from x; `next` may be x.
template <int M, typename E>
static inline void step(int64_t species, const E* S, float dt, const Lanes* x, Lanes* next) {
  const int n = COUNT(M);
  Lanes points[4][ROOM(M)], k[4][ROOM(M)];
  for (int b = 0; b < n; b++) points[0][b] = x[b];
  stages<M>(species, S, dt, points, k);
  field<M>(species, S, points[3], k[3]);
  for (int b = 0; b < n; b++) next[b] = points[0][b] + dt / 6 * (k[0][b] + 2 * (k[1][b] + k[2][b]) + k[3][b]);
}

// The gradient `later` for the state after a step becomes that for the state x before it; D gathers that for S.
template <int M, typename E>
static inline void step_back(int64_t species, const E* S, float dt, const Lanes* x, Lanes* later, Lanes* D) {
  const int n = COUNT(M);
  Lanes points[4][ROOM(M)], m[4][ROOM(M)], pulled[4][ROOM(M)];
  for (int b = 0; b < n; b++) points[0][b] = x[b];
  stages<M>(species, S, dt, points, m);
  // How much a stage counts in the result, and how far it shifts the one after it.
  const float weight[] = {dt / 6, dt / 3, dt / 3, dt / 6}, part[] = {dt / 2, dt / 2, dt};
  for (int i = 3; i >= 0; i--) {
    for (int b = 0; b < n; b++) m[i][b] = weight[i] * later[b];
    if (i < 3) {
      for (int b = 0; b < n; b++) m[i][b] += part[i] * pulled[i + 1][b];
    }
    pull<M>(species, S, points[i], m[i], pulled[i]);
  }
  for (int b = 0; b < n; b++) later[b] += (pulled[0][b] + pulled[1][b]) + (pulled[2][b] + pulled[3][b]);
  // The four stages at once, so that D is loaded and stored once.
  for (int c = 0; c < n; c++) {
    for (int a = 0; a <= c; a++, D += n) {
      const Lanes p0 = points[0][c] * points[0][a], p1 = points[1][c] * points[1][a];
      const Lanes p2 = points[2][c] * points[2][a], p3 = points[3][c] * points[3][a];
      for (int b = 0; b < n; b++) D[b] = D[b] + p0 * m[0][b] + p1 * m[1][b] + p2 * m[2][b] + p3 * m[3][b];
    }
  }
}

// S is of vectors; but of plain numbers where all lanes are of one network, and vectors would not fit into the fastest
// memory.
#define PLAIN_NUMBERS(M) (M == 0 || M > 8)
template <bool plain>
struct Element { typedef Lanes Type; };
template <>
struct Element<true> { typedef float Type; };
template <int M>
using Number = typename Element<PLAIN_NUMBERS(M)>::Type;

// Which states and networks the lanes of a group are; past the last state there is room, and the last network again.
struct Places {
  int64_t first, network[LANES];
  int full;
  bool one_network() const { return network[0] == network[LANES - 1]; }
};

static inline Places places(const Problem& problem, int64_t group) {
  const int64_t first = first_of(problem, group), states = problem.networks * problem.batch;
  Places at;
  at.first = first;
  at.full = static_cast<int>(states - first < LANES ? states - first : LANES);
  for (int l = 0; l < LANES; l++) at.network[l] = (first + (l < at.full ? l : at.full - 1)) / problem.batch;
  return at;
}

static inline void set(Lanes& element, int lane, float number) { element[lane] = number; }
static inline void set(float& element, int, float number) { element = number; }

template <typename E>
static inline void load_tensors(const Problem& problem, const Places& at, E* S) {
  const int64_t n = problem.species;
  for (int l = 0; l < static_cast<int>(sizeof(E) / sizeof(float)); l++) {
    const float* T = problem.tensors + at.network[l] * n * n * n;
    int64_t i = 0;
    for (int64_t c = 0; c < n; c++) {
      for (int64_t a = 0; a <= c; a++) {
        const float *one = T + (c * n + a) * n, *other = T + (a * n + c) * n;
        for (int64_t b = 0; b < n; b++, i++) set(S[i], l, a == c ? one[b] : one[b] + other[b]);
      }
    }
  }
}

template <int M>
static inline void load(const Problem& problem, const Places& at, const float* array, int64_t row, Lanes* x) {
  const int64_t species = problem.species;
  const int n = COUNT(M);
  const float* from = array + row * n * problem.stride + at.first;
  for (int b = 0; b < n; b++) __builtin_memcpy(x + b, from + b * problem.stride, sizeof *x);
}

template <int M>
static inline void save(const Problem& problem, const Places& at, const Lanes* x, float* array, int64_t row) {
  const int64_t species = problem.species;
  const int n = COUNT(M);
  if (problem.apart) {
    const int64_t rows = problem.saves + 1;
    const Alias* numbers = reinterpret_cast<const Alias*>(x);  // as compilers take single numbers of vectors slowly
    float* to = array + (at.first * rows + row) * n;
    for (int l = 0; l < at.full; l++, to += rows * n) {
      for (int b = 0; b < n; b++) to[b] = numbers[b * LANES + l];
    }
    return;
  }
  float* to = array + row * n * problem.stride + at.first;
  for (int b = 0; b < n; b++) __builtin_memcpy(to + b * problem.stride, x + b, sizeof *x);
}

template <int M, typename E>
static inline void forward_in(const Problem& problem, const Places& at, E* S) {
  const int64_t species = problem.species, rows = problem.saves + 1;
  Lanes x[ROOM(M)];
  load_tensors(problem, at, S);
  load<M>(problem, at, problem.start, 0, x);
  save<M>(problem, at, x, problem.result, 0);
  for (int64_t row = 1; row < rows; row++) {
    for (int64_t i = 0; i < problem.every; i++) step<M>(species, S, problem.dt, x, x);
    save<M>(problem, at, x, problem.result, row);
  }
}

template <int M>
static void forward(const Problem& problem, int64_t group, void* scratch) {
  const Places at = places(problem, group);
  if (PLAIN_NUMBERS(M) && at.one_network()) {
    forward_in<M>(problem, at, static_cast<Number<M>*>(scratch));
  } else {
    forward_in<M>(problem, at, static_cast<Lanes*>(scratch));
  }
}

// The group's share in the gradients for the tensors, and for the permeabilities if there are any.
static inline void add_up(const Problem& problem, const Places& at, int64_t group, const Lanes* gained) {
  const int64_t size = part_size(problem);
  // Going from lane to lane, group or network or both go up, so that their sum names each part once.
  for (int l = 0; l < at.full; l++) {
    float* part = problem.parts + (group + at.network[l]) * size;
    const bool first = l == 0 || at.network[l] != at.network[l - 1];
    for (int64_t i = 0; i < size; i++) part[i] = first ? gained[i][l] : part[i] + gained[i][l];
  }
}

template <int M, typename E>
static inline void backward_in(const Problem& problem, const Places& at, int64_t group, Lanes* D, E* S) {
  const int64_t species = problem.species, rows = problem.saves + 1;
  const int64_t size = species * (species + 1) / 2 * species;
  const int n = COUNT(M);
  Lanes* path = D + size;
  Lanes later[ROOM(M)], slope[ROOM(M)];
  load_tensors(problem, at, S);
  for (int64_t i = 0; i < size; i++) D[i] = Lanes{};
  load<M>(problem, at, problem.slopes, rows - 1, later);
  for (int64_t row = rows - 2; row >= 0; row--) {
    load<M>(problem, at, problem.start, row, path);
    for (int64_t i = 0; i + 1 < problem.every; i++) step<M>(species, S, problem.dt, path + i * n, path + (i + 1) * n);
    for (int64_t i = problem.every - 1; i >= 0; i--) step_back<M>(species, S, problem.dt, path + i * n, later, D);
    load<M>(problem, at, problem.slopes, row, slope);
    for (int b = 0; b < n; b++) later[b] += slope[b];
  }
  save<M>(problem, at, later, problem.result, 0);
  add_up(problem, at, group, D);
}

template <int M>
static void backward(const Problem& problem, int64_t group, void* scratch) {
  const int64_t size = problem.species * (problem.species + 1) / 2 * problem.species;
  const Places at = places(problem, group);
  Lanes *D = static_cast<Lanes*>(scratch), *S = D + size + problem.every * problem.species;
  if (PLAIN_NUMBERS(M) && at.one_network()) {
    backward_in<M>(problem, at, group, D, reinterpret_cast<Number<M>*>(S));
  } else {
    backward_in<M>(problem, at, group, D, S);
  }
}

static Pass forward_for(int64_t species) {
#if SPECIALIZED
  static const Pass by_size[] = {forward<0>, forward<0>, forward<2>, forward<3>,  forward<4>,  forward<5>, forward<6>,
                                 forward<7>, forward<8>, forward<9>, forward<10>, forward<11>, forward<12>};
  if (species <= 12) return by_size[species];
#endif
  return forward<0>;
}

static Pass backward_for(int64_t species) {
#if SPECIALIZED
  static const Pass by_size[] = {backward<0>, backward<0>, backward<2>, backward<3>,  backward<4>,
                                 backward<5>, backward<6>, backward<7>, backward<8>,  backward<9>,
                                 backward<10>, backward<11>, backward<12>};
  if (species <= 12) return by_size[species];
#endif
  return backward<0>;
}

#undef PLAIN_NUMBERS
#undef COUNT
#undef ROOM
