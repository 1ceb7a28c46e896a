// From the last layers' outputs to the loss and its gradients in two passes over the statistics.
//
// What `network.py` (`BandNetwork.forward`) and `training/loss.py` (`separation_loss`) define by array operations, here without
// one array per operation: those took half of a training step. N = B·T frames, K bands of `gpb` groups, G = K·gpb.
//
// joint  [N, K, 12·gpb]  per band: 8 logits (stem-major, then channel), then 4 factors on the contrast
// detail [N, G, 8]       correction of the logits
// peaks  [N, G]          contrast
// pxx [B,T,2,G], pxs/pss [B,T,4,2,G] float32; accompaniment_only [B] bool; part_weights [4]; stem_weights [5], the accompaniment's last
#include <torch/extension.h>
#include <ATen/Parallel.h>
#include <cmath>
#include <vector>

namespace {

constexpr int kStems = 4, kRows = 8;

template <typename T>
void logits_of_frame(const T* joint, const T* detail, const float* peaks, float* logits, int64_t K, int64_t gpb) {
  const int64_t G = K * gpb;
  for (int64_t k = 0; k < K; ++k) {
    const T* band = joint + k * 12 * gpb;
    for (int64_t row = 0; row < kRows; ++row) {
      const T* direct = band + row * gpb;
      const T* factor = band + (kRows + row / 2) * gpb;
      float* out = logits + row * G + k * gpb;
      const float* contrast = peaks + k * gpb;
      for (int64_t j = 0; j < gpb; ++j) out[j] = float(direct[j]) + float(factor[j]) * contrast[j];
    }
  }
  if (detail)
    for (int64_t g = 0; g < G; ++g)
      for (int64_t row = 0; row < kRows; ++row) logits[row * G + g] += float(detail[g * kRows + row]);
}

void softmax_over_stems(float* x, int64_t G) {
  // Rows are stem-major with two channels: those of one channel lie 2·G apart.
  float *a = x, *b = a + 2 * G, *c = b + 2 * G, *d = c + 2 * G;
#pragma GCC ivdep
  for (int64_t i = 0; i < 2 * G; ++i) {
    const float top = std::max(std::max(a[i], b[i]), std::max(c[i], d[i]));
    const float ea = std::exp(a[i] - top), eb = std::exp(b[i] - top), ec = std::exp(c[i] - top), ed = std::exp(d[i] - top);
    const float inverse = 1.f / (ea + eb + ec + ed);
    a[i] = ea * inverse; b[i] = eb * inverse; c[i] = ec * inverse; d[i] = ed * inverse;
  }
}

// Masks that the errors of a frame are computed from, `[4, 2G]`: where only voice and accompaniment are known, the latter's is
// the sum of three and the other two are none.
void effective_masks(const float* masks, float* effective, int64_t stride, bool accompaniment_only) {
  std::copy(masks, masks + kStems * stride, effective);
  if (!accompaniment_only) return;
  for (int64_t at = 0; at < stride; ++at) {
    effective[3 * stride + at] += masks[stride + at] + masks[2 * stride + at];
    effective[stride + at] = effective[2 * stride + at] = 0.f;
  }
}

template <typename T>
std::vector<torch::Tensor> run(const torch::Tensor& joint, const torch::Tensor& detail, const torch::Tensor& peaks,
                               const torch::Tensor& pxx, const torch::Tensor& pxs, const torch::Tensor& pss,
                               const torch::Tensor& accompaniment_only, const torch::Tensor& part_weights,
                               const torch::Tensor& stem_weights, int64_t skip) {
  const int64_t B = pxx.size(0), steps = pxx.size(1), G = pxx.size(3), K = joint.size(1), gpb = G / K;
  const int64_t stride = 2 * G, frame = kStems * stride, counted = steps - skip;
  const double M = double(counted) * 2 * G;
  const bool fine = detail.numel() > 0;
  auto djoint = torch::zeros_like(joint), ddetail = torch::zeros_like(detail);
  auto masks = torch::empty({B, steps, kStems, 2, G}, torch::kFloat32);
  const T* pj = joint.data_ptr<T>();
  const T* pd = fine ? detail.data_ptr<T>() : nullptr;
  const float *pk = peaks.data_ptr<float>(), *xx = pxx.data_ptr<float>(), *xs = pxs.data_ptr<float>(), *ss = pss.data_ptr<float>();
  const bool* accompaniment = accompaniment_only.data_ptr<bool>();
  const float *pw = part_weights.data_ptr<float>(), *sw = stem_weights.data_ptr<float>();
  float* sh = masks.data_ptr<float>();
  T *dj = djoint.data_ptr<T>(), *dd = fine ? ddetail.data_ptr<T>() : nullptr;

  std::vector<float> spectrum(B * G, 0.f), scale(B, 0.f);
  for (int64_t b = 0; b < B; ++b) {
    for (int64_t t = skip; t < steps; ++t)
      for (int64_t c = 0; c < 2; ++c) {
        const float* row = xx + ((b * steps + t) * 2 + c) * G;
        for (int64_t g = 0; g < G; ++g) spectrum[b * G + g] += row[g];
      }
    double total = 0;
    for (int64_t g = 0; g < G; ++g) {
      spectrum[b * G + g] /= float(counted * 2);
      total += spectrum[b * G + g];
    }
    scale[b] = float(total / G) + 1e-3f;
  }

  // Sums of local, energy, linear, presence for every frame and stem; added up in order, so that threads change nothing.
  std::vector<double> sums(B * steps * kStems * 4, 0.0);
  at::parallel_for(0, B * steps, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> effective(frame);
    for (int64_t n = begin; n < end; ++n) {
      const int64_t b = n / steps, t = n % steps;
      float* s = sh + n * frame;
      logits_of_frame(pj + n * K * 12 * gpb, fine ? pd + n * G * kRows : nullptr, pk + n * G, s, K, gpb);
      softmax_over_stems(s, G);
      if (t < skip) continue;
      effective_masks(s, effective.data(), stride, accompaniment[b]);
      const float inverse = 1.f / scale[b], floor = 1e-5f * scale[b];
      const float* level = &spectrum[b * G];
      for (int stem = 0; stem < kStems; ++stem) {
        float local = 0, energy = 0, linear = 0, present = 0;
        for (int64_t c = 0; c < 2; ++c) {
          const int64_t at = n * frame + stem * stride + c * G;
          const float *x = xx + n * stride + c * G, *m = effective.data() + stem * stride + c * G, *cross = xs + at, *own = ss + at;
          for (int64_t g = 0; g < G; ++g) {
            const float error = std::max(m[g] * m[g] * x[g] - 2.f * m[g] * cross[g] + own[g], 0.f);
            local += std::min(error / (x[g] + 0.1f * level[g] + floor), 4.f);
            energy += error * inverse;
            linear += std::sqrt(error * inverse + 1e-6f);
            present += own[g] * inverse;
          }
        }
        double* to = &sums[(n * kStems + stem) * 4];
        to[0] = local; to[1] = energy; to[2] = linear; to[3] = present;
      }
    }
  });

  auto parts = torch::zeros({4}, torch::kFloat32);
  double totals[4] = {0, 0, 0, 0};
  std::vector<float> ratio_slope(B * kStems), weight(B * kStems);
  for (int64_t b = 0; b < B; ++b)
    for (int stem = 0; stem < kStems; ++stem) {
      double mean[4] = {0, 0, 0, 0};
      for (int64_t t = skip; t < steps; ++t)
        for (int i = 0; i < 4; ++i) mean[i] += sums[((b * steps + t) * kStems + stem) * 4 + i] / M;
      const float w = accompaniment[b] ? (stem == 0 ? sw[0] : stem == 3 ? sw[4] : 0.f) : sw[stem];
      const double inside = mean[1] + 0.01 * mean[3] + 0.003;
      const double value[4] = {mean[0], mean[1], mean[2], std::log10(inside / (mean[3] + 0.03))};
      for (int i = 0; i < 4; ++i) totals[i] += value[i] * w / (4.0 * B);
      weight[b * kStems + stem] = float(w / (4.0 * B * M));
      ratio_slope[b * kStems + stem] = float(1.0 / (std::log(10.0) * inside));
    }
  for (int i = 0; i < 4; ++i) parts.data_ptr<float>()[i] = float(totals[i]);

  at::parallel_for(0, B * steps, 1, [&](int64_t begin, int64_t end) {
    std::vector<float> slope(frame), effective(frame);
    for (int64_t n = begin; n < end; ++n) {
      const int64_t b = n / steps, t = n % steps;
      if (t < skip) continue;
      const float* s = sh + n * frame;
      effective_masks(s, effective.data(), stride, accompaniment[b]);
      const float inverse = 1.f / scale[b], floor = 1e-5f * scale[b];
      const float* level = &spectrum[b * G];
      for (int stem = 0; stem < kStems; ++stem) {
        const float w = weight[b * kStems + stem];
        const float steady = (pw[1] + pw[3] * ratio_slope[b * kStems + stem]) * inverse;
        for (int64_t c = 0; c < 2; ++c) {
          const int64_t at = n * frame + stem * stride + c * G;
          const float *x = xx + n * stride + c * G, *m = effective.data() + stem * stride + c * G, *cross = xs + at, *own = ss + at;
          float* to = slope.data() + stem * stride + c * G;
#pragma GCC ivdep
          for (int64_t g = 0; g < G; ++g) {
            const float raw = m[g] * m[g] * x[g] - 2.f * m[g] * cross[g] + own[g], error = std::max(raw, 0.f);
            const float under = x[g] + 0.1f * level[g] + floor;
            const float local = error < 4.f * under ? pw[0] / under : 0.f;
            const float linear = pw[2] * 0.5f * inverse / std::sqrt(error * inverse + 1e-6f);
            to[g] = raw > 0.f ? 2.f * (m[g] * x[g] - cross[g]) * w * (local + steady + linear) : 0.f;
          }
        }
      }
      if (accompaniment[b])
        for (int64_t at = 0; at < stride; ++at) slope[stride + at] = slope[2 * stride + at] = slope[3 * stride + at];
      for (int64_t at = 0; at < stride; ++at) {
        float mean = 0;
        for (int stem = 0; stem < kStems; ++stem) mean += s[stem * stride + at] * slope[stem * stride + at];
        for (int stem = 0; stem < kStems; ++stem)
          slope[stem * stride + at] = s[stem * stride + at] * (slope[stem * stride + at] - mean);
      }
      for (int64_t k = 0; k < K; ++k) {
        T* band = dj + (n * K + k) * 12 * gpb;
        const float* contrast = pk + n * G + k * gpb;
        for (int64_t row = 0; row < kRows; ++row) {
          const float* from = slope.data() + row * G + k * gpb;
          for (int64_t j = 0; j < gpb; ++j) band[row * gpb + j] = T(from[j]);
        }
        for (int stem = 0; stem < kStems; ++stem) {
          const float *left = slope.data() + 2 * stem * G + k * gpb, *right = left + G;
          for (int64_t j = 0; j < gpb; ++j) band[(kRows + stem) * gpb + j] = T((left[j] + right[j]) * contrast[j]);
        }
      }
      if (fine)
        for (int64_t g = 0; g < G; ++g)
          for (int64_t row = 0; row < kRows; ++row) dd[(n * G + g) * kRows + row] = T(slope[row * G + g]);
    }
  });
  auto total = torch::empty({}, torch::kFloat32);
  total.fill_(totals[0] * pw[0] + totals[1] * pw[1] + totals[2] * pw[2] + totals[3] * pw[3]);
  return {total, parts, djoint, ddetail};
}

std::tuple<torch::Tensor, torch::Tensor, torch::Tensor, torch::Tensor> head_loss(
    const torch::Tensor& joint, const torch::Tensor& detail, const torch::Tensor& peaks, const torch::Tensor& pxx,
    const torch::Tensor& pxs, const torch::Tensor& pss, const torch::Tensor& accompaniment_only, const torch::Tensor& part_weights,
    const torch::Tensor& stem_weights, int64_t skip) {
  for (const auto& t : {joint, detail, peaks, pxx, pxs, pss, accompaniment_only})
    TORCH_CHECK(t.is_contiguous(), "head_loss: every tensor must be contiguous");
  TORCH_CHECK(joint.scalar_type() == detail.scalar_type(), "head_loss: joint and detail must have one type");
  auto out = joint.scalar_type() == torch::kBFloat16
                 ? run<at::BFloat16>(joint, detail, peaks, pxx, pxs, pss, accompaniment_only, part_weights, stem_weights, skip)
                 : run<float>(joint, detail, peaks, pxx, pxs, pss, accompaniment_only, part_weights, stem_weights, skip);
  return {out[0], out[1], out[2], out[3]};
}

}  // namespace

TORCH_LIBRARY_FRAGMENT(unbraid, m) {
  m.def("head_loss(Tensor joint, Tensor detail, Tensor peaks, Tensor pxx, Tensor pxs, Tensor pss, Tensor accompaniment_only, "
        "Tensor part_weights, Tensor stem_weights, int skip) -> (Tensor, Tensor, Tensor, Tensor)");
}

TORCH_LIBRARY_IMPL(unbraid, CPU, m) { m.impl("head_loss", &head_loss); }
