// The arithmetic for a single state at a time, its species in the lanes of a vector: where there are too few states to
// fill the lanes of lanes.h. Included like lanes.h and after it; a pass takes one state as its group, and no more scratch
// than a pass there.
//
// Rows are over outputs b for the field and over catalysts c for its gradient, with S[c, a] as in lanes.h and
// R[b, a] = T[., a, b] + T[a, ., b]. Lanes past the last species stay zero.

typedef float Row __attribute__((vector_size(32)));  // of at most eight species

// The numbers of a row one by one, to be spread over all lanes: loading them again is the fastest way.
struct Spread {
  alignas(32) float at[8];
  explicit Spread(const Row& row) { __builtin_memcpy(at, &row, sizeof row); }
};

static inline Row row_from(const float* numbers, int n, int64_t stride = 1) {
  Row row{};
  for (int b = 0; b < n; b++) row[b] = numbers[b * stride];
  return row;
}

template <int M>
static inline Row row_field(const Row* S, const Spread& x) {
  Row k{};
  for (int c = 0; c < M; c++) {
    Row sum = x.at[0] * *S++;
    for (int a = 1; a <= c; a++) sum += x.at[a] * *S++;
    k += x.at[c] * sum;
  }
  return k;
}

template <int M>
static inline Row row_pull(const Row* R, const Spread& x, const Spread& m) {
  Row q{};
  for (int b = 0; b < M; b++) {
    Row sum = x.at[0] * *R++;
    for (int a = 1; a < M; a++) sum += x.at[a] * *R++;
    q += m.at[b] * sum;
  }
  return q;
}

template <int M>
static inline Row row_step(const Row* S, float dt, const Row& x) {
  const Row k0 = row_field<M>(S, Spread(x)), k1 = row_field<M>(S, Spread(x + dt / 2 * k0));
  const Row k2 = row_field<M>(S, Spread(x + dt / 2 * k1)), k3 = row_field<M>(S, Spread(x + dt * k2));
  return x + dt / 6 * (k0 + 2 * (k1 + k2) + k3);
}

// The gradient for the state after a step becomes that for the state x before it; D gathers that for S.
template <int M>
static inline Row row_step_back(const Row* S, const Row* R, float dt, const Row& x, const Row& later, Row* D) {
  const Spread x0(x), x1(x + dt / 2 * row_field<M>(S, x0)), x2(x + dt / 2 * row_field<M>(S, x1));
  const Spread x3(x + dt * row_field<M>(S, x2));
  const Row m3 = dt / 6 * later, q3 = row_pull<M>(R, x3, Spread(m3));
  const Row m2 = dt / 3 * later + dt * q3, q2 = row_pull<M>(R, x2, Spread(m2));
  const Row m1 = dt / 3 * later + dt / 2 * q2, q1 = row_pull<M>(R, x1, Spread(m1));
  const Row m0 = dt / 6 * later + dt / 2 * q1, q0 = row_pull<M>(R, x0, Spread(m0));
  for (int c = 0; c < M; c++) {
    const Row w0 = x0.at[c] * m0, w1 = x1.at[c] * m1, w2 = x2.at[c] * m2, w3 = x3.at[c] * m3;
    for (int a = 0; a <= c; a++, D++) *D += (x0.at[a] * w0 + x1.at[a] * w1) + (x2.at[a] * w2 + x3.at[a] * w3);
  }
  return later + ((q0 + q1) + (q2 + q3));
}

static inline void load_rows(const float* T, int n, Row* S) {
  for (int c = 0; c < n; c++) {
    for (int a = 0; a <= c; a++) {
      const Row one = row_from(T + (c * n + a) * n, n), other = row_from(T + (a * n + c) * n, n);
      *S++ = a == c ? one : one + other;
    }
  }
}

template <int M>
static void row_forward(const Problem& problem, int64_t group, void* scratch) {
  const int64_t rows = problem.saves + 1;
  Row* S = static_cast<Row*>(scratch);
  load_rows(problem.tensors + group / problem.batch * M * M * M, M, S);
  Row x = row_from(problem.start + group, M, problem.stride);
  const int64_t stride = problem.apart ? 1 : problem.stride;
  float* to = problem.result + group * (problem.apart ? rows * M : 1);
  for (int64_t row = 0; row < rows; row++) {
    for (int64_t i = 0; row && i < problem.every; i++) x = row_step<M>(S, problem.dt, x);
    for (int b = 0; b < M; b++, to += stride) *to = x[b];
  }
}

template <int M>
static void row_backward(const Problem& problem, int64_t group, void* scratch) {
  constexpr int PAIRS = M * (M + 1) / 2;
  const int64_t rows = problem.saves + 1, network = group / problem.batch, stride = problem.stride;
  Row *S = static_cast<Row*>(scratch), *D = S + PAIRS, *R = D + PAIRS, *path = R + M * M;
  const float* T = problem.tensors + network * M * M * M;
  load_rows(T, M, S);
  for (int i = 0; i < PAIRS; i++) D[i] = Row{};
  for (int b = 0; b < M; b++) {
    for (int a = 0; a < M; a++) {
      R[b * M + a] = Row{};
      for (int c = 0; c < M; c++) R[b * M + a][c] = T[(c * M + a) * M + b] + T[(a * M + c) * M + b];
    }
  }
  const float *start = problem.start + group, *slopes = problem.slopes + group;
  Row later = row_from(slopes + (rows - 1) * M * stride, M, stride);
  for (int64_t row = rows - 2; row >= 0; row--) {
    path[0] = row_from(start + row * M * stride, M, stride);
    for (int64_t i = 0; i + 1 < problem.every; i++) path[i + 1] = row_step<M>(S, problem.dt, path[i]);
    for (int64_t i = problem.every - 1; i >= 0; i--) later = row_step_back<M>(S, R, problem.dt, path[i], later, D);
    later += row_from(slopes + row * M * stride, M, stride);
  }
  for (int b = 0; b < M; b++) problem.result[b * stride + group] = later[b];
  float* part = problem.parts + (group + network) * PAIRS * M;
  for (int i = 0; i < PAIRS; i++) {
    for (int b = 0; b < M; b++) part[i * M + b] = D[i][b];
  }
}

// The passes for two to eight species.
static Pass row_forward_for(int64_t species) {
  static const Pass by_size[] = {row_forward<2>, row_forward<3>, row_forward<4>, row_forward<5>,
                                 row_forward<6>, row_forward<7>, row_forward<8>};
  return by_size[species - 2];
}

static Pass row_backward_for(int64_t species) {
  static const Pass by_size[] = {row_backward<2>, row_backward<3>, row_backward<4>, row_backward<5>,
                                 row_backward<6>, row_backward<7>, row_backward<8>};
  return by_size[species - 2];
}
