/* Little-endian numbers in the vault's bodies. */
#ifndef INGLE_GUARD_VAULT_VAULT_BYTES_H
#define INGLE_GUARD_VAULT_VAULT_BYTES_H

#include <stdint.h>

static inline void vault_put_u32(uint8_t *out, uint32_t value) {
    for (int i = 0; i < 4; i++) out[i] = (uint8_t)(value >> 8 * i);
}

static inline uint32_t vault_get_u32(const uint8_t *in) {
    return (uint32_t)in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static inline void vault_put_u64(uint8_t *out, uint64_t value) {
    vault_put_u32(out, (uint32_t)value);
    vault_put_u32(out + 4, (uint32_t)(value >> 32));
}

static inline uint64_t vault_get_u64(const uint8_t *in) {
    return (uint64_t)vault_get_u32(in + 4) << 32 | vault_get_u32(in);
}

#endif
