#include <stddef.h>
#include <stdint.h>

typedef struct bc_vp8 bc_vp8;

/* NULL when there is no memory or no such encoder. */
bc_vp8 *bc_vp8_new(int width, int height, int threads);

/* 0, or libvpx's error. kbits 0 keeps the rate. What out points to is valid
   until the next call; size 0: the frame is left out. */
int bc_vp8_encode(bc_vp8 *v, const uint8_t *bgrx, int stride, int key, int kbits, int64_t at, int64_t took,
                  uint8_t **out, size_t *size, int *is_key);

void bc_vp8_free(bc_vp8 *v);
