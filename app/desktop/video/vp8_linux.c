//go:build linux && cgo

#include "vp8_linux.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

struct bc_vp8 {
  vpx_codec_ctx_t codec;
  vpx_codec_enc_cfg_t cfg;
  vpx_image_t *image;
  uint8_t *packet;
  size_t room;
};

/* An encoder has some tens of megabytes, and comes and goes with what moves on
   the screen. glibc keeps what was freed in a pool of the thread that asked,
   and learns to put even the largest blocks there: after an hour each thread's
   pool was as large as an encoder. Blocks of this size are the system's again
   as soon as they are freed. */
static void give_back(void) {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 128 * 1024);
#endif
}

bc_vp8 *bc_vp8_new(int width, int height) {
  give_back();
  bc_vp8 *v = calloc(1, sizeof *v);
  if (!v) return NULL;
  if (vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &v->cfg, 0)) goto fail;
  v->cfg.g_w = width;
  v->cfg.g_h = height;
  /* Two threads wait for each other in loops: on a busy machine of two cores
     that took ten times as long. One does 25 frames of 1280 x 720 a second. */
  v->cfg.g_threads = 1;
  v->cfg.g_timebase.num = 1;
  v->cfg.g_timebase.den = 1000;
  v->cfg.g_lag_in_frames = 0; /* a frame comes out for each that goes in */
  v->cfg.g_error_resilient = 0;
  v->cfg.g_pass = VPX_RC_ONE_PASS;
  v->cfg.rc_end_usage = VPX_CBR;
  v->cfg.rc_target_bitrate = 4000;
  v->cfg.rc_min_quantizer = 4;
  v->cfg.rc_max_quantizer = 58;
  v->cfg.rc_undershoot_pct = 50;
  v->cfg.rc_overshoot_pct = 50;
  v->cfg.rc_buf_sz = 500;
  v->cfg.rc_buf_initial_sz = 250;
  v->cfg.rc_buf_optimal_sz = 300;
  v->cfg.rc_dropframe_thresh = 20;
  v->cfg.kf_mode = VPX_KF_DISABLED; /* only those that are asked for */
  if (vpx_codec_enc_init(&v->codec, vpx_codec_vp8_cx(), &v->cfg, 0)) goto fail;
  vpx_codec_control(&v->codec, VP8E_SET_CPUUSED, -16);
  vpx_codec_control(&v->codec, VP8E_SET_STATIC_THRESHOLD, 100);
  vpx_codec_control(&v->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT, 500);
  vpx_codec_control(&v->codec, VP8E_SET_NOISE_SENSITIVITY, 0);
  vpx_codec_control(&v->codec, VP8E_SET_TOKEN_PARTITIONS, VP8_ONE_TOKENPARTITION);
  v->image = vpx_img_alloc(NULL, VPX_IMG_FMT_I420, width, height, 32);
  if (!v->image) {
    vpx_codec_destroy(&v->codec);
    goto fail;
  }
  return v;
fail:
  free(v);
  return NULL;
}

void bc_vp8_free(bc_vp8 *v) {
  vpx_img_free(v->image);
  vpx_codec_destroy(&v->codec);
  free(v->packet);
  free(v);
}

/* One row of luma, BT.601, 16 to 235. */
static void luma(uint8_t *restrict y, const uint8_t *restrict p, int w) {
  for (int x = 0; x < w; x++) {
    y[x] = (uint8_t)((25 * p[4 * x] + 129 * p[4 * x + 1] + 66 * p[4 * x + 2] + 128 + (16 << 8)) >> 8);
  }
}

/* One row of colour from two rows of pixels. */
static void colour(uint8_t *restrict u, uint8_t *restrict v, const uint8_t *restrict p, const uint8_t *restrict q, int w) {
  int half = w / 2;
  for (int x = 0; x < half; x++) {
    int b = p[8 * x] + p[8 * x + 4] + q[8 * x] + q[8 * x + 4];
    int g = p[8 * x + 1] + p[8 * x + 5] + q[8 * x + 1] + q[8 * x + 5];
    int r = p[8 * x + 2] + p[8 * x + 6] + q[8 * x + 2] + q[8 * x + 6];
    u[x] = (uint8_t)((112 * b - 74 * g - 38 * r + 512 + (128 << 10)) >> 10);
    v[x] = (uint8_t)((112 * r - 94 * g - 18 * b + 512 + (128 << 10)) >> 10);
  }
  if (w & 1) { /* the last column has one pixel only */
    int x = half;
    int b = 2 * (p[8 * x] + q[8 * x]), g = 2 * (p[8 * x + 1] + q[8 * x + 1]), r = 2 * (p[8 * x + 2] + q[8 * x + 2]);
    u[x] = (uint8_t)((112 * b - 74 * g - 38 * r + 512 + (128 << 10)) >> 10);
    v[x] = (uint8_t)((112 * r - 94 * g - 18 * b + 512 + (128 << 10)) >> 10);
  }
}

static void convert(vpx_image_t *to, const uint8_t *p, int stride, int w, int h) {
  for (int y = 0; y < h; y++) {
    const uint8_t *row = p + (size_t)y * stride;
    luma(to->planes[0] + (size_t)y * to->stride[0], row, w);
    if (y % 2 == 0) {
      colour(to->planes[1] + (size_t)(y / 2) * to->stride[1], to->planes[2] + (size_t)(y / 2) * to->stride[2], row,
             y + 1 < h ? row + stride : row, w);
    }
  }
}

int bc_vp8_encode(bc_vp8 *v, const uint8_t *bgrx, int stride, int key, int kbits, int64_t at, int64_t took,
                  uint8_t **out, size_t *size, int *is_key) {
  *size = 0;
  *is_key = 0;
  if (kbits > 0 && (unsigned)kbits != v->cfg.rc_target_bitrate) {
    v->cfg.rc_target_bitrate = kbits;
    vpx_codec_err_t e = vpx_codec_enc_config_set(&v->codec, &v->cfg);
    if (e) return e;
  }
  convert(v->image, bgrx, stride, v->cfg.g_w, v->cfg.g_h);
  vpx_codec_err_t e = vpx_codec_encode(&v->codec, v->image, at, took, key ? VPX_EFLAG_FORCE_KF : 0, VPX_DL_REALTIME);
  if (e) return e;
  vpx_codec_iter_t iter = NULL;
  const vpx_codec_cx_pkt_t *p;
  while ((p = vpx_codec_get_cx_data(&v->codec, &iter))) {
    if (p->kind != VPX_CODEC_CX_FRAME_PKT) continue;
    size_t n = p->data.frame.sz;
    if (n > v->room) {
      uint8_t *more = realloc(v->packet, n);
      if (!more) return VPX_CODEC_MEM_ERROR;
      v->packet = more;
      v->room = n;
    }
    memcpy(v->packet, p->data.frame.buf, n);
    *out = v->packet;
    *size = n;
    *is_key = (p->data.frame.flags & VPX_FRAME_IS_KEY) != 0;
  }
  return 0;
}
