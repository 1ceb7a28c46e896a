// Gated linear recurrence h[t] = f[t]·h[t−1] + (1 − f[t])·u[t] over the time axis, with exact gradients.
//
// f, u: contiguous [B, T, C] float32 or bfloat16; h0: [B, C] float32. Accumulates in float32.
// Everything but the time axis is independent, so threads take items × channel blocks.
#include <torch/extension.h>
#include <ATen/Parallel.h>

namespace {

constexpr int64_t kBlock = 256;  // channels per task: state stays in first-level cache

template <typename T>
void forward_kernel(const T* f, const T* u, const float* h0, T* h, int64_t B, int64_t steps, int64_t C) {
  const int64_t blocks = (C + kBlock - 1) / kBlock;
  at::parallel_for(0, B * blocks, 1, [&](int64_t begin, int64_t end) {
    float state[kBlock];
    for (int64_t task = begin; task < end; ++task) {
      const int64_t b = task / blocks, c0 = (task % blocks) * kBlock, n = std::min(kBlock, C - c0);
      for (int64_t i = 0; i < n; ++i) state[i] = h0[b * C + c0 + i];
      for (int64_t t = 0; t < steps; ++t) {
        const int64_t at = (b * steps + t) * C + c0;
        for (int64_t i = 0; i < n; ++i) {
          const float ft = float(f[at + i]), ut = float(u[at + i]);
          state[i] = ut + ft * (state[i] - ut);
          h[at + i] = T(state[i]);
        }
      }
    }
  });
}

template <typename T>
void backward_kernel(const T* g, const T* f, const T* u, const float* h0, const T* h, T* df, T* du, float* dh0,
                     int64_t B, int64_t steps, int64_t C) {
  const int64_t blocks = (C + kBlock - 1) / kBlock;
  at::parallel_for(0, B * blocks, 1, [&](int64_t begin, int64_t end) {
    float carry[kBlock];
    for (int64_t task = begin; task < end; ++task) {
      const int64_t b = task / blocks, c0 = (task % blocks) * kBlock, n = std::min(kBlock, C - c0);
      for (int64_t i = 0; i < n; ++i) carry[i] = 0.f;
      for (int64_t t = steps - 1; t >= 0; --t) {
        const int64_t at = (b * steps + t) * C + c0;
        for (int64_t i = 0; i < n; ++i) {
          const float before = t > 0 ? float(h[at - C + i]) : h0[b * C + c0 + i];
          const float total = carry[i] + float(g[at + i]);
          const float ft = float(f[at + i]);
          df[at + i] = T(total * (before - float(u[at + i])));
          du[at + i] = T(total * (1.f - ft));
          carry[i] = total * ft;
        }
      }
      for (int64_t i = 0; i < n; ++i) dh0[b * C + c0 + i] = carry[i];
    }
  });
}

torch::Tensor scan_forward(const torch::Tensor& f, const torch::Tensor& u, const torch::Tensor& h0) {
  auto h = torch::empty_like(u);
  if (u.scalar_type() == torch::kBFloat16) {
    forward_kernel(f.data_ptr<at::BFloat16>(), u.data_ptr<at::BFloat16>(), h0.data_ptr<float>(),
                   h.data_ptr<at::BFloat16>(), u.size(0), u.size(1), u.size(2));
  } else {
    forward_kernel(f.data_ptr<float>(), u.data_ptr<float>(), h0.data_ptr<float>(), h.data_ptr<float>(), u.size(0),
                   u.size(1), u.size(2));
  }
  return h;
}

std::tuple<torch::Tensor, torch::Tensor, torch::Tensor> scan_backward(const torch::Tensor& g, const torch::Tensor& f,
                                                                      const torch::Tensor& u, const torch::Tensor& h0,
                                                                      const torch::Tensor& h) {
  auto df = torch::empty_like(f), du = torch::empty_like(u), dh0 = torch::empty_like(h0);
  if (u.scalar_type() == torch::kBFloat16) {
    backward_kernel(g.data_ptr<at::BFloat16>(), f.data_ptr<at::BFloat16>(), u.data_ptr<at::BFloat16>(),
                    h0.data_ptr<float>(), h.data_ptr<at::BFloat16>(), df.data_ptr<at::BFloat16>(),
                    du.data_ptr<at::BFloat16>(), dh0.data_ptr<float>(), u.size(0), u.size(1), u.size(2));
  } else {
    backward_kernel(g.data_ptr<float>(), f.data_ptr<float>(), u.data_ptr<float>(), h0.data_ptr<float>(),
                    h.data_ptr<float>(), df.data_ptr<float>(), du.data_ptr<float>(), dh0.data_ptr<float>(), u.size(0),
                    u.size(1), u.size(2));
  }
  return {df, du, dh0};
}

}  // namespace

TORCH_LIBRARY(unbraid, m) {
  m.def("scan(Tensor f, Tensor u, Tensor h0) -> Tensor");
  m.def("scan_backward(Tensor g, Tensor f, Tensor u, Tensor h0, Tensor h) -> (Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(unbraid, CPU, m) {
  m.impl("scan", scan_forward);
  m.impl("scan_backward", scan_backward);
}
